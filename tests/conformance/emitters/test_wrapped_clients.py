"""`openai` and `anthropic`, unmodified, wrapped by `tracehouse.agenttrace`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.emitters.running import Arrived, World, counted, said, with_sdk
from tests.conformance.emitters.truth import (
    ANSWERED,
    ASKED,
    CALLS,
    CLAUDE,
    EMBEDDER,
    GPT,
    GPT_COST,
    TOLD,
)

Json = dict[str, Any]


def run(world: World, program: str, folder: Path) -> Arrived:
    """A program in the clients' environment, with the SDK beside it."""
    return world.run_python(program, **with_sdk(world.server, folder))


def calls(arrived: Arrived, trace: str) -> dict[str, Json]:
    """The calls in the only trace of this name, by the name of the span around them."""
    (found,) = [one for one in arrived.traces if one["name"] == trace]
    names = {span["span_id"]: span["name"] for span in found["spans"]}
    return {
        names[span["parent_span_id"]]: span
        for span in found["spans"]
        if span["meaning"]["kind"] == "generation"
    }


def output(arrived: Arrived, span: Json) -> list[tuple[str, Any]]:
    return said(arrived.content(span)["output"])


def tokens(span: Json) -> tuple[int, int]:
    return span["meaning"]["input_tokens"], span["meaning"]["output_tokens"]


@pytest.fixture(scope="module")
def openai(world: World, tmp_path_factory: pytest.TempPathFactory) -> Arrived:
    return run(world, "openai_wrapped", tmp_path_factory.mktemp("beside"))


def test_a_conversation_is_there_as_it_was(openai: Arrived) -> None:
    (trace,) = [trace for trace in openai.traces if trace["name"] == "conversation"]
    whole = openai.world.get("/v1/sessions/wrapped-1")
    assert counted(whole["usage"]) == (5, 128, 48, 40, 0)
    assert whole["usage"]["cost_usd"] == pytest.approx(4 * GPT_COST + 8 * 0.02 / 1e6)
    root, *spans = sorted(trace["spans"], key=lambda span: span["start_time"])
    assert {span["parent_span_id"] for span in spans} == {root["span_id"]}
    assert [span["name"] for span in spans] == [
        *["openai.chat.completions.create"] * 3,
        "openai.responses.create",
        "openai.embeddings.create",
        "openai.chat.completions.create",
    ]
    first, second, streamed, response, embedding, refused = spans
    assert said(openai.content(first)["input"]) == ASKED
    assert output(openai, first) == [CALLS]
    assert openai.content(first)["tools"][0]["parameters"]["required"] == ["city"]
    assert said(openai.content(second)["input"]) == [*ASKED, CALLS, ("tool", TOLD)]
    for span in (second, streamed, response):
        assert output(openai, span) == ANSWERED
        meaning = span["meaning"]
        assert (meaning["provider"], meaning["response_model"]) == ("openai", GPT)
        assert (meaning["cache_read_tokens"], meaning["reasoning_tokens"]) == (10, 4)
    reasons = [span["meaning"]["finish_reason"] for span in (first, second, streamed, response)]
    assert reasons == ["tool_call", "stop", "stop", "stop"]
    assert 0 < streamed["meaning"]["ttft_ms"] <= streamed["duration_ms"]
    assert embedding["meaning"]["kind"] == "embedding"
    assert embedding["meaning"]["request_model"] == EMBEDDER
    assert refused["status"] == "error"
    assert "too many" in refused["status_message"]


def test_a_stream_of_openai_is_recorded_however_it_ends(openai: Arrived) -> None:
    found = calls(openai, "streams")
    assert output(openai, found["a tool, in pieces"]) == [CALLS]
    for name in ("chat.completions.stream", "responses, in pieces", "responses.stream",
                 "a raw response", "a raw stream"):  # fmt: skip
        assert output(openai, found[name]) == ANSWERED, name
    for name in ("a tool, in pieces", "responses, in pieces", "responses.stream", "a raw stream"):
        assert tokens(found[name]) == (30, 12), name
        assert found[name]["meaning"]["ttft_ms"] is not None, name
    assert output(openai, found["closed"]) == [("assistant", "It is ")]
    for name in ("left by a break", "dropped", "chat.completions.stream, left"):
        assert tokens(found[name]) == (0, 0), name
    for name, span in found.items():
        assert not span["pending"], name
        assert span["status"] != "error", name


def test_asynchronous_calls_lie_where_they_were_made(openai: Arrived) -> None:
    found = calls(openai, "asynchronous")
    names = [f"asked {number}" for number in range(3)]
    assert sorted(found) == sorted(
        [*names, "in pieces", "left by a break", "chat.completions.stream", "refused"]
    )
    for name in (*names, "in pieces", "chat.completions.stream"):
        assert output(openai, found[name]) == ANSWERED, name
    assert found["refused"]["status"] == "error"
    assert not any(span["pending"] for span in found.values())


def test_a_call_alone_is_a_trace_and_an_unwrapped_client_is_silent(openai: Arrived) -> None:
    alone = [t for t in openai.traces if t["name"] == "openai.chat.completions.create"]
    assert [len(trace["spans"]) for trace in alone] == [2]


@pytest.fixture(scope="module")
def anthropic(world: World, tmp_path_factory: pytest.TempPathFactory) -> Arrived:
    return run(world, "anthropic_wrapped", tmp_path_factory.mktemp("beside"))


def test_a_conversation_with_anthropic_is_there_with_its_cache(anthropic: Arrived) -> None:
    whole = anthropic.world.get("/v1/sessions/wrapped-2")
    assert counted(whole["usage"]) == (3, 105, 36, 30, 15)
    (trace,) = [trace for trace in anthropic.traces if trace["name"] == "conversation"]
    first, second, streamed = sorted(trace["spans"], key=lambda s: s["start_time"])[1:]
    assert said(anthropic.content(first)["input"]) == ASKED
    assert output(anthropic, first) == [CALLS]
    assert said(anthropic.content(second)["input"]) == [*ASKED, CALLS, ("user", TOLD)]
    assert output(anthropic, second) == output(anthropic, streamed) == ANSWERED
    assert streamed["meaning"]["response_model"] == CLAUDE
    assert streamed["meaning"]["ttft_ms"] > 0
    assert [s["meaning"]["finish_reason"] for s in (first, second)] == ["tool_call", "stop"]


def test_a_stream_of_anthropic_is_recorded_however_it_ends(anthropic: Arrived) -> None:
    found = calls(anthropic, "streams") | calls(anthropic, "asynchronous")
    assert output(anthropic, found["in pieces"]) == ANSWERED
    for name in ("closed", "of the beta", "whole", "messages.stream"):
        assert output(anthropic, found[name]) == ANSWERED, name
        assert tokens(found[name])[0] == 35, name
    assert found["refused"]["status"] == "error"
    for name, span in found.items():
        assert span["name"] == "anthropic.messages.create"
        assert not span["pending"], name
    (streams,) = [trace for trace in anthropic.traces if trace["name"] == "streams"]
    named = {span["span_id"]: span["name"] for span in streams["spans"]}
    (tool,) = [s for s in streams["spans"] if named.get(s["parent_span_id"]) == "in pieces"]
    assert output(anthropic, tool) == [CALLS]


def test_what_the_document_of_agenttrace_shows_does_what_it_says(
    world: World, tmp_path: Path
) -> None:
    for labels in ([], ["production"], ["production"]):
        body = {"name": "code-review", "prompt": "Review {{language}}: {{code}}", "labels": labels}
        world.server.client.post(
            f"{world.server.http}/v1/prompts", json=body, headers=world.server.headers
        ).raise_for_status()
    arrived = run(world, "agenttrace_document", tmp_path)
    assert "the program goes on" in arrived.out
    found = {trace["name"]: trace for trace in arrived.traces}
    shape = {name: [span["name"] for span in trace["spans"]] for name, trace in found.items()}
    assert sorted(shape) == sorted([
        "simple", "custom-name", "full_capture", "asynchronous", "parent_function", "my-task",
        "parent-task", "chat", "openai-chat", "anthropic-chat", "review", "edit-task", "task-1",
        "task-2", "risky-task", "after shutdown",
    ])  # fmt: skip
    assert shape["parent_function"] == ["parent_function", "child_function", "simple"]
    assert shape["parent-task"] == ["parent-task", "step-1", "step-2"]
    assert shape["task-2"] == ["task-2", "simple"]
    assert set(shape["edit-task"]) == {
        "edit-task", "checkpoint before-edit", "file.update", "terminal.command", "git.link",
    }  # fmt: skip
    assert {found[f"task-{n}"]["session"] for n in (1, 2)} == {"user-123-session"}
    assert set(found["my-task"]["tags"]) == {"production", "important"}
    assert found["risky-task"]["status"] == "error"
    assert arrived.usage()["gpt-4o-mini"][:3] == (1, 30, 12)
    trace_123 = hashlib.sha256(b"trace-123").hexdigest()[:32]
    scores = arrived.world.get("/v1/scores", trace_id=trace_123)["scores"]
    assert {score["name"] for score in scores} == {"quality", "correct", "rating"}
