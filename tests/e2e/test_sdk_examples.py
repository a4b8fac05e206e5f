"""The examples of the SDK, run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from examples._demo.programs import run_js_sdk_example
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
    examples = [*SDK.glob("*.py"), *(SDK.parent / "sdk_js").glob("*.js")]
    assert all(f'"{path.name}"' in tested for path in examples)


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


def test_grpo_rollouts(machine: Machine) -> None:
    assert run(machine, "grpo_rollouts.py") == "delivered\n"
    found = machine.get("/v1/rollouts", run="grpo-sums")["rollouts"]
    assert len(found) == 24
    assert {rollout["status"] for rollout in found} == {"COMPLETED", "TRUNCATED"}
    assert all(rollout["tool_calls"] == 1 and rollout["turns"] == 1 for rollout in found)
    steps = machine.get("/v1/rollouts/steps", run="grpo-sums")["steps"]
    assert [step["rollouts"] for step in steps] == [8, 8, 8]
    assert all(0 <= step["mean"] <= 1 for step in steps)


def test_agent_with_agenttrace(machine: Machine) -> None:
    trace_id = run(machine, "agent_with_agenttrace.py").strip()
    (trace,) = machine.get("/v1/traces", session="ticket-17")["traces"]
    assert (trace["trace_id"], trace["name"], trace["span_count"]) == (trace_id, "mend add()", 7)
    (score,) = machine.get("/v1/scores", trace_id=trace_id)["scores"]
    assert (score["name"], score["data_type"]) == ("mended", "boolean")


def run_js(machine: Machine, name: str) -> str:
    said = run_js_sdk_example(name, machine.variables())
    assert machine.server is not None
    machine.server.settle()
    return said


def test_agent_in_javascript(machine: Machine) -> None:
    said = run_js(machine, "agent.js")
    assert said == "Lisbon fulfilled\nOslo fulfilled\nAtlantis rejected\n"
    for city, spans in (("Lisbon", 7), ("Oslo", 7), ("Atlantis", 5)):
        (trace,) = machine.get("/v1/traces", session=f"weather-{city}")["traces"]
        assert (trace["name"], trace["span_count"]) == (f"weather in {city}", spans)
        assert trace["status"] == ("error" if city == "Atlantis" else "unset")
        shown = machine.get(f"/v1/traces/{trace['trace_id']}")["spans"]
        (looked_up,) = (span for span in shown if span["name"] == "lookUp")
        assert looked_up["parent_span_id"] == trace["root_span_id"]


def test_training_loop_in_javascript(machine: Machine) -> None:
    said = run_js(machine, "training_loop.js")
    found = machine.one_run(project="bandit")
    assert found["id"] in said
    assert found["summary"]["chance/best"] > 0.5
    assert len(machine.history(found["id"], "reward/mean")) == 100
    rollouts = machine.get(f"/v1/runs/{found['id']}/rollouts")["rollouts"]
    assert [rollout["step"] for rollout in rollouts] == [0, 25, 50, 75]
    assert machine.get(f"/v1/runs/{found['id']}/artifacts")["artifacts"][0]["name"] == "preferences"


def test_tracelet_training(machine: Machine) -> None:
    said = run(machine, "tracelet_training.py")
    found = machine.one_run(project="tracelet")
    assert found["id"] in said
    assert found["name"] == "parabola"
    assert found["config"] == {"learning_rate": 0.1, "epochs": 20, "momentum": 0.5}
    losses = machine.history(found["id"], "train/loss")
    assert len(losses) == 20
    assert losses[19] < losses[0]
    (artifact,) = machine.get("/v1/artifacts", project="tracelet")["artifacts"]
    assert (artifact["name"], artifact["type"]) == ("minimum", "sample")


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
