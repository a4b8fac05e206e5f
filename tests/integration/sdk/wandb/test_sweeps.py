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


PROGRAM = """
import sys
import tracehouse.wandb
sys.modules["wandb"] = tracehouse.wandb
import wandb
run = wandb.init(settings=wandb.Settings(console="off", x_disable_stats=True))
wandb.log({"loss": run.config.x})
print("given", *sys.argv[1:])
if run.config.x == 2:
    raise RuntimeError("in a run")
"""


def test_a_sweep_runs_its_own_program(machine: Machine) -> None:
    machine.home.mkdir(parents=True, exist_ok=True)
    (machine.home / "train.py").write_text(PROGRAM)
    program = wandb_run(
        machine,
        """
        sweep = wandb.sweep({"method": "grid", "program": "train.py", "parameters":
                             {"x": {"values": [1, 2, 3]}, "opt": {"value": "adam"}}},
                            project="programs")
        wandb.agent(sweep)
        print(json.dumps(sweep))
        """,
    )
    found = machine.get(f"/v1/sweeps/{last_json(program)}")["runs"]
    assert [run["config"] for run in found] == [{"x": n, "opt": "adam"} for n in (1, 2, 3)]
    assert [run["status"] for run in found] == ["finished", "crashed", "finished"]
    given = [line.split()[1:] for line in program.out.splitlines() if line.startswith("given")]
    assert [sorted(words) for words in given] == [["--opt=adam", f"--x={n}"] for n in (1, 2, 3)]
    assert "ended with 1" in program.err


def test_an_agent_whose_first_runs_all_fail_gives_up(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        def fails():
            raise RuntimeError("at once")
        sweep = wandb.sweep({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}},
                            project="failing")
        wandb.agent(sweep, fails)
        try:
            wandb.agent(sweep)
        except wandb.Error as error:
            print(type(error).__name__, error, file=sys.stderr)
        """,
    )
    assert program.err.count("RuntimeError: at once") == 5
    assert "the first 5 runs" in program.err
    assert "UsageError agent() without a function runs the sweep's `program`" in program.err
