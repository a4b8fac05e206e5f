"""`wandb.sweep` and `wandb.agent` against our server."""

from __future__ import annotations

from tests.integration.sdk.wandb.test_semantics import wandb_run
from tests.support.sdk import Machine, last_json

TRAIN = """
        def train():
            run = wandb.init(settings=quiet)
            wandb.config.update({"x": 99, "mine": 1}, allow_val_change=True)   # x is the sweep's
            wandb.log({"loss": (wandb.config.x - 3) ** 2})
            seen.append(wandb.config.x)
        seen = []
"""


def test_a_grid_over_two_agents(machine: Machine) -> None:
    program = wandb_run(
        machine,
        TRAIN
        + """
        sweep = wandb.sweep({"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
                             "parameters": {"x": {"values": [1, 2, 3, 4]}}}, project="swept")
        wandb.agent(sweep, train, count=3)
        wandb.agent(f"me/swept/{sweep}", train)
        print(json.dumps([sweep, seen]))
        """,
    )
    sweep, seen = last_json(program)
    assert seen == [1, 2, 3, 4]
    found = machine.get(f"/v1/sweeps/{sweep}")
    assert found["config"]["method"] == "grid"
    assert [run["config"] for run in found["runs"]] == [{"x": n, "mine": 1} for n in (1, 2, 3, 4)]
    assert {run["status"] for run in found["runs"]} == {"finished"}
    assert len(machine.get("/v1/runs", sweep=sweep, project="swept")["runs"]) == 4


def test_bayes_a_failing_function_and_bad_definitions(machine: Machine) -> None:
    program = wandb_run(
        machine,
        TRAIN
        + """
        def fails():
            wandb.init(settings=quiet)
            raise RuntimeError("in a run")
        sweep = wandb.sweep({"method": "bayes", "metric": {"name": "loss"}, "early_terminate": {},
                             "parameters": {"x": {"min": 0.0, "max": 10.0}}}, project="bayes")
        wandb.agent(sweep, fails, count=1)
        wandb.agent(sweep, train, count=4)
        print(json.dumps([sweep, seen]))
        for call in (lambda: wandb.sweep({"method": "magic"}), lambda: wandb.agent("nope", train)):
            try:
                call()
            except wandb.Error as error:
                print(type(error).__name__, error, file=sys.stderr)
        """,
    )
    sweep, seen = last_json(program)
    assert len(set(seen)) == 4
    assert all(0 <= x <= 10 for x in seen)
    statuses = [run["status"] for run in machine.get(f"/v1/sweeps/{sweep}")["runs"]]
    assert statuses == ["failed", "finished", "finished", "finished", "finished"]
    assert "early_terminate is not applied" in program.err
    assert "UsageError HTTP 422: method: choose one of grid, random, bayes" in program.err
    assert "CommError HTTP 404: there is no sweep nope" in program.err
