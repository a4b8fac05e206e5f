"""What the rows of Codex mean."""

from __future__ import annotations

import pytest

from tests.support import codex_rollout as codex
from tests.support.codex_rollout import THREAD, CodexRollout
from tests.unit.agent.recorder.reading import feed, steps, tokens
from tracehouse_agent.recorder.codex import CodexReader
from tracehouse_agent.recorder.step import Step

Steps = dict[str, Step]
FORK = "019b0000-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def session() -> Steps:
    return steps(CodexReader(THREAD), codex.everything().lines)


def calls(found: Steps) -> list[Step]:
    return [step for key, step in found.items() if key.startswith("model/")]


def test_tokens_are_differences_of_totals_and_repeats_are_nothing(session: Steps) -> None:
    assert tokens(session) == (1000 + 1200 + 1500 + 900 + 400, 50 + 70 + 10 + 30 + 8)
    first = calls(session)[0].attributes
    assert first["gen_ai.usage.cache_read.input_tokens"] == 800
    assert first["gen_ai.usage.reasoning.output_tokens"] == 20


def test_an_answer_is_the_items_up_to_its_tokens(session: Steps) -> None:
    found = calls(session)
    assert [call.name for call in found[:4]] == ["chat gpt-5.1-codex"] * 4
    assert "call_1" in str(found[0].attributes["gen_ai.output.messages"])
    assert "call_1" not in str(found[1].attributes["gen_ai.output.messages"])
    assert str(found[3].attributes["gen_ai.output.messages"]).count("Done.") == 1


def test_a_record_of_usage_and_a_total_of_the_same_answer_count_once(session: Steps) -> None:
    (call,) = (c for c in calls(session) if c.attributes.get("gen_ai.response.id") == "resp_4")
    assert call.attributes["gen_ai.usage.input_tokens"] == 400


def test_totals_that_begin_anew_are_not_subtracted() -> None:
    r = CodexRollout()
    r.meta()
    r.turn("t")
    r.user("Go")
    r.say("One")
    r.count(input_tokens=100, output_tokens=10)
    r.totals = {}
    r.say("Two")
    r.count(input_tokens=50, output_tokens=5)
    assert tokens(steps(CodexReader(THREAD), r.lines)) == (150, 15)


def test_turns_and_prompts(session: Steps) -> None:
    turns = [step for key, step in session.items() if key.startswith("turn/")]
    assert [turn.name for turn in turns] == ["Fix the basket", "And the docs", "Go on"]
    prompts = [step for key, step in session.items() if key.startswith("prompt/")]
    assert len(prompts) == 4, "each is written twice; what was injected is none"
    assert turns[1].attributes["tracehouse.interrupted"] is True
    assert turns[1].attributes["tracehouse.effort"] == "high"


def test_results_of_tools_in_all_their_forms(session: Steps) -> None:
    shell, patch, listing = (session[f"tool/call_{n}"] for n in (1, 2, 3))
    assert shell.failure is None
    assert "class Basket" in str(shell.attributes["gen_ai.tool.call.result"])
    assert patch.failure == "exit code 1"
    assert patch.attributes["gen_ai.tool.call.result"] == "no such file"
    assert str(patch.attributes["gen_ai.tool.call.arguments"]).startswith("*** Begin Patch")
    assert listing.attributes["gen_ai.tool.call.result"] == "basket.py"
    assert any(step.name == "web_search" for step in session.values())


def test_thoughts_are_summaries_and_may_be_empty(session: Steps) -> None:
    thoughts = [step for key, step in session.items() if key.startswith("thought/")]
    assert len(thoughts) == 2
    assert not any("gAAAA" in str(step.attributes) for step in session.values())


def test_the_session_is_described(session: Steps) -> None:
    root = session[""]
    assert root.name == "The basket"
    assert root.attributes["vcs.ref.head.name"] == "main"
    assert root.attributes["service.version"] == "0.153.0"


def test_unknown_rows_are_counted_by_version() -> None:
    reader = CodexReader(THREAD)
    feed(reader, codex.everything().lines)
    assert set(reader.unknown) == {
        "0.153.0 event_msg/holographic_event",
        "0.153.0 response_item/telepathy",
        "0.153.0 hyperspace",
    }


def test_a_fork_s_copy_is_recorded_with_its_parent() -> None:
    parent = codex.everything()
    turns = frozenset(("turn-1", "turn-2", "turn-3"))
    found = steps(CodexReader(FORK, lambda _: turns), codex.fork(parent, FORK).lines)
    assert tokens(found) == (77, 5), "the totals go on from the parent's"
    assert found[""].attributes["tracehouse.forked_from"] == THREAD
    assert [s.name for k, s in found.items() if k.startswith("turn/")] == ["Another way"]


def test_without_its_parent_a_fork_is_recorded_whole() -> None:
    parent = codex.everything()
    found = steps(CodexReader(FORK, lambda _: None), codex.fork(parent, FORK).lines)
    assert tokens(found)[0] == 5000 + 77


def test_a_sub_agent_is_in_its_parent_s_trace() -> None:
    agent = "019a0000-0000-7000-8000-000000000009"
    r = CodexRollout(agent)
    r.meta(parent_thread_id=THREAD, session_id=THREAD, agent_nickname="Scout",
           source={"subagent": "thread_spawn"})  # fmt: skip
    r.turn("turn-a")
    r.user("Look around")
    r.say("Nothing.")
    parent = CodexReader(THREAD)
    feed(parent, codex.everything().lines)
    assert parent.links == {agent: "call_4"}
    reader = CodexReader(agent)
    reader.link("call_4")
    found = steps(reader, r.lines)
    assert reader.session == THREAD
    assert found[f"agent/{agent}"].parent == "tool/call_4"
    assert found[f"agent/{agent}"].name == "agent Scout"
    assert found[f"turn/{agent}/turn-a"].parent == f"agent/{agent}"


def test_the_oldest_format_is_read() -> None:
    found = steps(CodexReader(THREAD), codex.oldest())
    assert found[""].name == "Hello"
    assert found["tool/call_1"].attributes["gen_ai.tool.call.result"] == "a.py"
    assert "There is a.py" in str(calls(found)[-1].attributes)


def test_odd_values_raise_nothing() -> None:
    reader = CodexReader(THREAD)
    inners = ("message", "reasoning", "function_call", "function_call_output", "token_count",
              "user_message", "task_started", "web_search_call")  # fmt: skip
    for odd in (None, [], {}, 1, "x", [None], True, {"output": 5, "content": [1]}):
        for kind in ("session_meta", "turn_context", "response_item", "event_msg",
                     "token_usage_record", "compacted", odd):  # fmt: skip
            for inner in (*inners, odd):
                payload = {"type": inner, "content": odd, "output": odd, "call_id": odd, "id": odd,
                           "info": odd, "usage": odd, "turn_id": odd, "role": "user",
                           "arguments": odd, "git": odd, "message": odd}  # fmt: skip
                row = {"timestamp": "2026-01-01T00:00:00Z", "type": kind, "payload": payload}
                reader.read(reader.slim(row))
                reader.read(reader.slim({**row, "payload": odd}))
                reader.read(reader.slim(payload))
