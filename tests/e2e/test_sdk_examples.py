"""The examples of the SDK, run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sdk import Machine
from tests.support.server import Server

SDK = Path(__file__).parent.parent.parent / "examples/sdk"
FRAMEWORKS = str(Path(sys.prefix) / "frameworks/bin/python")

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server, {"HF_HUB_OFFLINE": "1"})


def run(machine: Machine, name: str, python: str = sys.executable) -> str:
    done = subprocess.run(
        [python, str(SDK / name)], cwd=machine.home, env=machine.variables(), check=True,
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert machine.server is not None
    machine.server.settle()
    return done.stdout


def test_every_example_is_tested() -> None:
    tested = Path(__file__).read_text()
    assert all(f'"{path.name}"' in tested for path in SDK.glob("*.py"))


def test_chat_agent(machine: Machine) -> None:
    run(machine, "chat_agent.py")
    (trace,) = machine.get("/v1/traces", session="demo-session")["traces"]
    assert (trace["name"], trace["span_count"]) == ("weather in two cities", 11)
    spans = machine.get(f"/v1/traces/{trace['trace_id']}")["spans"]
    calls = [s for s in spans if s["attributes"].get("tracehouse.span.kind") == "tool_use"]
    assert all(call["duration_ms"] > 45 for call in calls)
    assert spans[0]["attributes"]["tracehouse.subject.id"] == "customer-42"


def test_training_loop(machine: Machine) -> None:
    said = run(machine, "training_loop.py")
    found = machine.one_run(project="circles")
    assert found["id"] in said
    assert found["summary"]["train/accuracy"] > 0.9
    assert len(machine.history(found["id"], "train/loss")) == 200
    assert len(machine.get(f"/v1/runs/{found['id']}/media")["media"]) == 4
    assert (found["experiment"], found["variant"]) == ("learning-rate", "high")
    lines = machine.get(f"/v1/runs/{found['id']}/console")["lines"]
    assert lines[0]["text"].startswith("step 0: loss 0.693")


def test_rl_loop(machine: Machine) -> None:
    run(machine, "rl_loop.py")
    found = machine.one_run(project="guessing")
    rollouts = machine.get(f"/v1/runs/{found['id']}/rollouts")["rollouts"]
    assert [rollout["step"] for rollout in rollouts] == [n for n in range(10) for _ in range(4)]
    assert all(0 <= rollout["metadata"]["reward"] <= 1 for rollout in rollouts)
    assert len(machine.history(found["id"], "reward/mean")) == 10


def test_finetune_with_wandb_code(machine: Machine) -> None:
    run(machine, "finetune_with_wandb_code.py", FRAMEWORKS)
    (found,) = machine.get("/v1/runs", name="tiny-bert")["runs"]
    assert len(machine.history(found["id"], "train/loss")) == 4


def test_offline_then_sync(machine: Machine) -> None:
    run(machine, "offline_then_sync.py")
    assert machine.get("/v1/runs", project="field")["runs"] == []
    machine.tracehouse("sync")
    found = machine.one_run(project="field")
    assert (found["status"], found["summary"]) == ("finished", {"temperature": 29.9})


def test_ab_experiment(machine: Machine) -> None:
    said = run(machine, "../ab_experiment.py")
    assert "by trace (control 120, treatment 120), beside control:" in said
    told = dict(line.split(": ", 1) for line in said.splitlines() if "(decided by" in line)
    assert told == {
        "flag_rate": "better (decided by pairs)",
        "loop_rate": "better (decided by pairs)",
        "error_rate": "not enough data (decided by pairs)",
        "cost_usd": "worse (decided by pairs)",
        "latency_ms": told["latency_ms"],
        "total_tokens": "worse (decided by pairs)",
    }
