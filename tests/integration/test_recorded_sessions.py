"""Sessions read from transcripts, beside what the agents send of them themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import claude_transcript, codex_rollout
from tests.support.claude_transcript import ClaudeTranscript, text, tool_use
from tests.support.codex_rollout import CodexRollout
from tests.unit.agent.recorder.reading import steps
from tracehouse_agent.recorder.claude_code import ClaudeCodeReader
from tracehouse_agent.recorder.codex import CodexReader
from tracehouse_agent.recorder.otlp import encode_steps
from tracehouse_agent.recorder.reader import Reader

CAPTURES = Path(__file__).parents[1] / "fixtures/captures"


def record(stored: Stored, reader: Reader, lines: bytes) -> str:
    """As the recorder sends it; the session."""
    found = list(steps(reader, lines).values())
    resource = {"service.name": reader.agent, "tracehouse.project": "recorded"}
    request = encode_steps(reader.agent, reader.session, found, resource)
    assert stored.server.post("traces", request).status_code == 200
    stored.server.settle()
    return reader.session


def capture(stored: Stored, *names: str) -> None:
    for name in names:
        signal = name.split("-")[-2]
        answer = stored.server.post(signal, (CAPTURES / name).read_bytes())
        assert answer.status_code == 200
    stored.server.settle()


def usage(stored: Stored, session: str) -> tuple[int, int, int]:
    found = stored.get(f"/v1/sessions/{session}")["usage"]
    return found["calls"], found["input_tokens"], found["output_tokens"]


def test_claude_code_s_own_telemetry_counts_once(stored_server: Stored) -> None:
    t = ClaudeTranscript(start=datetime(2026, 11, 21, 0, 16, tzinfo=UTC))
    t.user("List the files")
    used = {"input_tokens": 20, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 5,
            "output_tokens": 12}  # fmt: skip
    t.assistant("msg_a", tool_use("toolu_a", "Bash", command="ls"), usage=used,
                request="req_c81f0c0244")  # fmt: skip
    t.result("toolu_a", "a.py")
    t.assistant("msg_b", text("One file."), usage=used, request="req_c81f0c0247")
    session = record(stored_server, ClaudeCodeReader(t.session), t.lines)
    assert usage(stored_server, session) == (2, 70, 24)
    capture(stored_server, "claude-code-traces-0.pb", "claude-code-logs-0.pb")
    assert usage(stored_server, session) == (2, 70, 24)
    traces = stored_server.get("/v1/traces", session=session)["traces"]
    assert {trace["service"] for trace in traces} == {"claude-code"}
    assert len(traces) > 1, "both are there, in one session"


@pytest.mark.parametrize("order", ["recorded first", "sent first"])
def test_codex_s_own_telemetry_counts_once(stored_server: Stored, order: str) -> None:
    thread = "01a1fb76-1007-70b1-b053-fc22514e6d6d"
    r = CodexRollout(thread)
    r.meta()
    r.turn("turn-1")
    r.user("List the files")
    for number in range(2):
        r.say(f"Answer {number}")
        r.count(input_tokens=30, cached_input_tokens=10, output_tokens=12)
    own = ("codex-traces-0.pb", "codex-traces-1.pb", "codex-logs-0.pb")
    if order == "sent first":
        capture(stored_server, *own)
    record(stored_server, CodexReader(thread), r.lines)
    if order == "recorded first":
        capture(stored_server, *own)
    assert usage(stored_server, thread) == (2, 60, 24)


def test_a_session_reads_as_a_tree(stored_server: Stored) -> None:
    session = record(
        stored_server,
        ClaudeCodeReader(claude_transcript.SESSION.replace("8", "9")),
        claude_transcript.everything().lines,
    )
    agent = ClaudeCodeReader(session, "a1")
    agent.link("toolu_3")
    record(stored_server, agent, claude_transcript.subagent().lines)
    (trace,) = stored_server.get("/v1/traces", session=session)["traces"]
    assert trace["name"] == "The basket"
    assert trace["pending"] is False
    spans = stored_server.get(f"/v1/traces/{trace['trace_id']}")["spans"]
    by_id: dict[str, Any] = {span["span_id"]: span for span in spans}
    (agent_span,) = (span for span in spans if span["name"] == "agent a1")
    task = by_id[agent_span["parent_span_id"]]
    assert (task["name"], task["meaning"]["kind"]) == ("Task", "tool")
    assert by_id[task["parent_span_id"]]["name"] == "Fix the basket"
    kinds = {span["name"]: span["meaning"]["kind"] for span in spans}
    assert kinds["chat claude-sonnet-4-5"] == "generation"
    assert kinds["agent a1"] == kinds["The basket"] == "agent"
    assert kinds["thinking"] == kinds["user_msg"] == "event"
    assert trace["usage"]["calls"] == 8 + 2


def test_sent_again_nothing_is_added(stored_server: Stored) -> None:
    lines = codex_rollout.everything().lines
    session = record(stored_server, CodexReader("x"), lines)
    before = stored_server.get(f"/v1/sessions/{session}")["usage"]
    (trace,) = stored_server.get("/v1/traces", session=session)["traces"]
    assert record(stored_server, CodexReader("x"), lines) == session
    (again,) = stored_server.get("/v1/traces", session=session)["traces"]
    assert again["span_count"] == trace["span_count"]
    assert stored_server.get(f"/v1/sessions/{session}")["usage"] == before
