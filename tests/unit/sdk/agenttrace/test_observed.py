"""What is said of an observation: what a function was given, usage, files, what goes wrong."""

from __future__ import annotations

import asyncio
import enum
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sdk.agenttrace.conftest import Recorded
from tracehouse.agenttrace import AgentTrace, observe

INPUT, OUTPUT = "langfuse.observation.input", "langfuse.observation.output"


def attributes(recorded: Recorded, name: str) -> dict[str, Any]:
    return dict(recorded.spans()[name].attributes or {})


def test_a_functions_input_is_what_it_was_given(recorded: Recorded, at: AgentTrace) -> None:
    @observe
    def changing(messages: list[str]) -> list[str]:
        messages.append("answer")
        return messages

    changing(["question"])
    said = attributes(recorded, "changing")
    assert json.loads(said[INPUT]) == {"messages": ["question"]}
    assert json.loads(said[OUTPUT]) == ["question", "answer"]


def test_an_asynchronous_generator_is_sent_to_and_thrown_into(
    recorded: Recorded, at: AgentTrace
) -> None:
    @observe
    async def echo() -> AsyncIterator[Any]:
        said: Any = None
        while said != "end":
            try:
                said = yield said
            except ValueError as error:
                said = f"caught {error}"

    async def talk() -> list[Any]:
        running: Any = echo()
        heard = [await anext(running), await running.asend("hi")]
        heard.append(await running.athrow(ValueError("no")))
        with pytest.raises(StopAsyncIteration):
            await running.asend("end")
        return heard

    assert asyncio.run(talk()) == [None, "hi", "caught no"]
    assert recorded.spans()["echo"].status.is_ok


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}, {"input": 3, "output": 2}),
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details":
          {"cached_tokens": 1}, "completion_tokens_details": {"reasoning_tokens": 1}},
         {"input": 3, "output": 2, "cache_read": 1, "reasoning": 1}),
        ({"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 4,
          "cache_creation_input_tokens": 5},
         {"input": 12, "output": 2, "cache_read": 4, "cache_write": 5}),
        ({"totalTokens": 7}, {"total": 7}),
        ({"inputTokens": True}, {}),
        ("many", {}),
    ],
)  # fmt: skip
def test_usage_in_whoevers_words(
    recorded: Recorded, at: AgentTrace, usage: Any, told: dict[str, int]
) -> None:
    names = {
        "input": "input_tokens", "output": "output_tokens", "total": "total_tokens",
        "cache_read": "cache_read.input_tokens", "cache_write": "cache_write.input_tokens",
        "reasoning": "reasoning.output_tokens",
    }  # fmt: skip
    with at.trace("t") as trace:
        trace.generation("call", model="m").end(usage=usage)
    said = attributes(recorded, "call")
    found = {key: count for key, count in said.items() if key.startswith("gen_ai.usage.")}
    assert found == {f"gen_ai.usage.{names[name]}": count for name, count in told.items()}


def test_counts_of_other_names_are_kept(recorded: Recorded, at: AgentTrace) -> None:
    with at.trace("t") as trace:
        trace.generation("call").end(usage={"input": 3, "output": 2, "audio_tokens": 9})
    details = json.loads(attributes(recorded, "call")["langfuse.observation.usage_details"])
    assert details == {"input": 3, "output": 2, "total": 5, "audio_tokens": 9}


def test_what_is_assigned_wrongly_ends_nevertheless(recorded: Recorded, at: AgentTrace) -> None:
    with at.trace("t") as trace:
        trace.tags = 5  # type: ignore[assignment]
        trace.prompt = "no prompt"  # type: ignore[assignment]
        trace.level = "error"
    assert not recorded.spans()["t"].status.is_ok


def test_a_checkpoint_keeps_contents_where_it_is_told_to(
    recorded: Recorded, at: AgentTrace, tmp_path: Path
) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    with at.trace("t") as trace:
        plain = trace.checkpoint("plain", files=[str(file), str(tmp_path), "a\0b"])
        assert recorded.files == {}
        kept = trace.checkpoint("kept", files=[str(file)], content=True)
    assert recorded.files == {digest: b"x = 1\n"}
    assert (plain.total_files, plain.total_size_bytes) == (1, 6)
    assert [file.get("missing") for file in plain.files] == [None, True, True]
    assert kept.files == ({"path": str(file), "size": 6, "sha256": digest, "kept": True},)


def test_an_unsampled_checkpoint_uploads_nothing(recorded: Recorded, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x")
    with AgentTrace(sample_rate=0.0).trace("t") as trace:
        trace.checkpoint("kept", files=[str(file)], content=True)
    assert (recorded.files, recorded.ended) == ({}, [])


def test_operations_and_outputs_of_other_types(recorded: Recorded, at: AgentTrace) -> None:
    class Operation(enum.Enum):
        EDIT = "edit"

    with at.trace("t") as trace:
        trace.file_op(Operation.EDIT, file_path="a", content_before="x", content_after="y")
        trace.terminal_cmd("ls", stdout=b"\xff", stderr=None)  # type: ignore[arg-type]
    assert json.loads(attributes(recorded, "file.update")[OUTPUT])["lines_added"] == 1
    assert json.loads(attributes(recorded, "terminal.command")[OUTPUT])["stderr"] == ""


def test_a_commit_lies_in_its_trace_while_the_program_has_it(
    recorded: Recorded, at: AgentTrace
) -> None:
    with at.trace("t") as trace:
        at.git_link(trace.id, "abc", "main")
    assert at.flush()
    assert recorded.parents()["git.link"] == "t"
    recorded.ended.clear()
    at.git_link("another", "abc")
    assert at.flush()
    assert recorded.parents() == {"git.link": None}
    said = json.loads(attributes(recorded, "git.link")[OUTPUT])
    assert said == {"commit_sha": "abc"}


def test_a_call_that_fails_alone_fails_its_trace(recorded: Recorded, at: AgentTrace) -> None:
    @observe(as_type="generation")
    def call() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        call()
    assert [span.status.is_ok for span in recorded.ended] == [False, False]
