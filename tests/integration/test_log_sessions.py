"""A coding agent that sends log records and no traces still has a readable session."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import captures


@pytest.fixture(scope="module")
def logged(stored_server: Stored) -> Stored:
    for emitter in ("claude-code-logs", "codex-logs", "gemini-cli-logs"):
        captures.send(stored_server.server, emitter)
    return stored_server


def turn(stored: Stored, service: str) -> dict[str, Any]:
    """The one turn of an agent's one session with a prompt."""
    records = stored.get("/v1/logs", service=service, limit=1000)["logs"]
    keys = ("session.id", "conversation.id")
    sessions = {r["attributes"][k] for r in records for k in keys if k in r["attributes"]}
    found = [
        made
        for session in sorted(sessions)
        for made in stored.get(f"/v1/sessions/{session}")["turns"]
    ]
    (only,) = found
    return only


@pytest.mark.parametrize(
    ("service", "asked", "tool", "arguments"),
    [
        ("claude-code", "Say hi using bash", "Bash",
         {"command": "echo hi", "description": "say hi"}),
        ("codex_exec", "Say hi using shell", "exec_command", {"cmd": "echo hi"}),
        ("gemini-cli", "Say hi using shell", "run_shell_command", {"command": "echo hi"}),
    ],
)  # fmt: skip
def test_a_turn_holds_what_was_asked_and_done(
    logged: Stored, service: str, asked: str, tool: str, arguments: dict[str, Any]
) -> None:
    found = turn(logged, service)
    assert found["input"] == asked
    steps = [(step["kind"], step["name"]) for step in found["steps"]]
    assert ("tool", tool) in steps
    (call,) = (step for step in found["steps"] if step["kind"] == "tool")
    assert call["status"] == "ok"
    assert call["arguments"].items() >= arguments.items()
    models = [step for step in found["steps"] if step["kind"] == "generation"]
    assert len(models) == 2
    assert all(step["output_tokens"] == 12 for step in models)


def test_claude_code_says_what_it_answered_and_what_it_cost(logged: Stored) -> None:
    found = turn(logged, "claude-code")
    assert found["output"] == "It is sunny in Paris."
    costs = [step["cost_usd"] for step in found["steps"] if step["kind"] == "generation"]
    assert costs == [pytest.approx(0.00026175)] * 2
