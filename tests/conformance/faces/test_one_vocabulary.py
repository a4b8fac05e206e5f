"""One vocabulary: the same program, written with any face and in either language, is the same rows.

What is expected stands here once. A face that has no word for a part of it (AgentTrace knows no
outcome, wandb no rollouts) is held to the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.faces import programs
from tests.support.node import NodeMachine, remove_modules
from tests.support.server import Server
from tracehouse.artifacts import describe_data

CHAT: dict[str, Any] = {
    "messages": [
        ("user", "2 + 2?"),
        ("assistant", "4"),
        ("user", "and the weather?"),
        ("assistant", "It rains."),
    ],
    "calls": [("m-1", 5, 1), ("m-1", 9, 3)],
    "usage": {"calls": 2, "input_tokens": 14, "output_tokens": 4, "total_tokens": 18},
}
TOOLS = {
    "tools": [("weather", {"city": "Oslo"}, "rain")],
    "root": {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": "m-1",
        "tracehouse.outcome": "good",
        "tracehouse.metadata": '{"turns":2}',
        "tracehouse.subject.id": "u-1",
        "tracehouse.experiment.name": "e",
        "tracehouse.experiment.variant": "b",
    },
}
CHATS = {
    "tracehouse": (programs.PYTHON_CHAT, CHAT | TOOLS),
    "js": (programs.JAVASCRIPT_CHAT, CHAT | TOOLS),
    "agenttrace": (programs.AGENTTRACE_CHAT, CHAT),
    "rollouts": (programs.ROLLOUTS_CHAT, CHAT),
}

RUN: dict[str, Any] = {
    "project": "words",
    "status": "finished",
    "config": {"lr": 0.1, "layers": [8, 8]},
    "tags": ["a"],
    "loss": {0: 1.0, 1: 0.5, 2: 1 / 3},
    "n": {0: 0.0, 1: 1.0, 2: 2.0},
    "values": [("norms", 2, [0.1, 0.2])],
    "last_step": 2,
}
MORE: dict[str, Any] = {
    "cohort": ("u-1", "e", "b"),
    "links": ("me/model", "r1"),
    "artifacts": [("params", "json", describe_data({"warmup": 0.5}, "json")[1]["digest"])],
    "rollouts": [(1, [("user", "state"), ("assistant", "action")])],
}
# tracelet's metrics are numbers, and it tags an experiment with its project.
NUMBERS = {name: value for name, value in RUN.items() if name != "values"}
RUNS = {
    "tracehouse": (programs.PYTHON_RUN, RUN | MORE),
    "js": (programs.JAVASCRIPT_RUN, RUN | MORE),
    "wandb": (programs.WANDB_RUN, RUN),
    "tracelet": (programs.TRACELET_RUN, NUMBERS | {"tags": ["a", "project:words"]}),
}


@pytest.fixture(scope="module")
def machine(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Everything is written first, by each face in turn, on one machine."""
    home: Path = tmp_path_factory.mktemp("machine")
    environment = {"AGENTTRACE_API_KEY": server.key, "AGENTTRACE_API_URL": server.http}
    made = NodeMachine(home, server, environment)
    for table in (CHATS, RUNS):
        for face, (program, _) in table.items():
            (made.run_node if face == "js" else made.run)(program)
    yield made
    remove_modules()


@pytest.mark.parametrize("face", CHATS)
def test_a_chat_is_the_same_rows(machine: NodeMachine, face: str) -> None:
    expected = CHATS[face][1]
    found = chat(machine, face)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("face", RUNS)
def test_a_training_run_is_the_same_rows(machine: NodeMachine, face: str) -> None:
    expected = RUNS[face][1]
    found = training_run(machine, face)
    assert {name: found[name] for name in expected} == expected


def test_both_languages_write_the_same_attributes(machine: NodeMachine) -> None:
    """Byte for byte, beside what names the program and the moment."""
    python, javascript = (
        [(s["name"], attributes(s)) for s in spans(machine, trace_of(machine, face))]
        for face in ("tracehouse", "js")
    )
    assert [name for name, _ in python[1:]] == [name for name, _ in javascript[1:]]
    assert [found for _, found in python] == [found for _, found in javascript]


# --- what is looked at ----------------------------------------------------------------------------


def trace_of(machine: NodeMachine, face: str) -> dict[str, Any]:
    if face == "rollouts":
        (rollout,) = machine.get("/v1/rollouts", run="chat-rollouts")["rollouts"]
        return machine.get(f"/v1/traces/{rollout['trace_id']}")
    (found,) = machine.get("/v1/traces", session=f"chat-{face}")["traces"]
    return machine.get(f"/v1/traces/{found['trace_id']}")


def spans(machine: NodeMachine, trace: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(trace["spans"], key=lambda span: (span["parent_span_id"] or "") != "")


def chat(machine: NodeMachine, face: str) -> dict[str, Any]:
    trace = trace_of(machine, face)
    listed = machine.get("/v1/traces", limit=100)["traces"]
    (summary,) = (t for t in listed if t["trace_id"] == trace["trace_id"])
    root, *steps = trace["spans"]
    contents = [content(machine, span) for span in steps]
    tools = [s for s in steps if s["meaning"]["kind"] == "tool"]
    calls = [s["meaning"] for s in steps if s["meaning"]["kind"] == "generation"]
    return {
        "messages": [said for found in contents for said in said_in(found)],
        "calls": [(c["request_model"], c["input_tokens"], c["output_tokens"]) for c in calls],
        "usage": {name: summary["usage"][name] for name in CHAT["usage"]},
        "tools": [
            (s["meaning"]["tool_name"], found["arguments"], found["result"])
            for s in tools
            for found in [content(machine, s)]
        ],
        "root": {name: root["attributes"].get(name) for name in TOOLS["root"]},
    }


def content(machine: NodeMachine, span: dict[str, Any]) -> dict[str, Any]:
    return machine.get(f"/v1/traces/{span['trace_id']}/spans/{span['span_id']}/content")


def said_in(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (message["role"], part["content"])
        for side in ("input", "output")
        for message in found[side]
        for part in message["parts"]
        if part["type"] == "text"
    ]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    own = {"gen_ai.conversation.id", "gen_ai.tool.call.id"}
    return {name: value for name, value in span["attributes"].items() if name not in own}


def training_run(machine: NodeMachine, face: str) -> dict[str, Any]:
    run = machine.one_run(name=f"run-{face}")
    values = machine.get(f"/v1/runs/{run['id']}/history", keys="norms")["values"]
    artifacts = machine.get(f"/v1/runs/{run['id']}/artifacts")["artifacts"]
    rollouts = machine.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"]
    return {
        **{name: run[name] for name in ("project", "status", "config", "tags", "last_step")},
        "loss": machine.history(run["id"], "loss"),
        "n": machine.history(run["id"], "n"),
        "values": [(v["key"], v["step"], v["value"]) for v in values],
        "cohort": (run["subject_id"], run["experiment"], run["variant"]),
        "links": (run["links"]["model"], run["links"]["model_revision"]),
        "artifacts": [(a["name"], a["kind"], a["digest"]) for a in artifacts],
        "rollouts": [(r["step"], rollout_messages(machine, r["trace_id"])) for r in rollouts],
    }


def rollout_messages(machine: NodeMachine, trace_id: str) -> list[tuple[str, str]]:
    _, *steps = machine.get(f"/v1/traces/{trace_id}")["spans"]
    return [said for span in steps for said in said_in(content(machine, span))]
