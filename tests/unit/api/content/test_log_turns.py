"""Turns out of log records."""

from __future__ import annotations

from typing import Any

from tracehouse_api.content.log_turns import LogRecord, turns


def record(at: int, name: str, **said: Any) -> LogRecord:
    return LogRecord(at, name, {key.replace("__", "."): value for key, value in said.items()})


def test_without_ids_a_turn_lasts_until_the_next_prompt() -> None:
    found = turns(
        [
            record(1, "codex.conversation_starts"),
            record(2, "codex.user_prompt", prompt="one"),
            record(4, "codex.user_prompt", prompt="two"),
            record(3, "codex.tool_result", tool_name="sh", success="false", output="no"),
            record(5, "codex.sse_event", model="m"),  # a piece of a stream
        ]
    )
    assert [(turn["input"], len(turn["steps"])) for turn in found] == [("one", 1), ("two", 0)]
    (step,) = found[0]["steps"]
    assert (step["status"], step["result"]) == ("error", "no")


def test_an_id_keeps_together_what_is_interleaved() -> None:
    found = turns(
        [
            record(1, "user_prompt", prompt="one", prompt__id="a"),
            record(2, "user_prompt", prompt="two", prompt__id="b"),
            record(3, "api_request", model="m", input_tokens="3", prompt__id="a"),
            record(4, "api_error", error="overloaded", prompt__id="b"),
        ]
    )
    assert [[step["kind"] for step in turn["steps"]] for turn in found] == [
        ["generation"], ["error"],
    ]  # fmt: skip
    assert found[1]["steps"][0]["error"] == "overloaded"
    assert found[0]["steps"][0]["input_tokens"] == 3


def test_records_of_one_time_stand_in_their_sequence() -> None:
    found = turns(
        [
            record(1, "tool_result", tool_name="second", prompt__id="a", event__sequence=2),
            record(1, "tool_result", tool_name="first", prompt__id="a", event__sequence=1),
        ]
    )
    assert [step["name"] for step in found[0]["steps"]] == ["first", "second"]


def test_odd_values_raise_nothing() -> None:
    odd = record(1, "api_response", input_token_count="many", duration_ms=None, prompt_id=7)
    (turn,) = turns([odd])
    assert turn["steps"][0]["input_tokens"] is None
