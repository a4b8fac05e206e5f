"""The same program with the real wandb, offline, and with ours: equal rows, summary and config."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.sdk import Machine
from tests.support.server import Server

FRAMEWORKS = str(Path(sys.prefix) / "frameworks/bin/python")
REAL = str(Path(sys.prefix) / "real-wandb")
READER = Path(__file__).parent.parent.parent / "support/wandb_file.py"
OURS = "import sys, tracehouse.wandb\nsys.modules['wandb'] = tracehouse.wandb\n"
HEAD = """
import math
import numpy as np
import wandb
run = wandb.init(project="compare", id=ID, config={"lr": 0.1, "layers": (1, 2), "nested": {"a": 1}},
                 settings=wandb.Settings(console="off"))
"""

# What wandb notes for itself, and we keep otherwise or not at all.
OWN = ("_timestamp", "_runtime", "_step", "_wandb")

PROGRAMS = {
    "steps": """
        wandb.log({"a": 1})
        wandb.log({"b": 1}, commit=False)
        wandb.log({"c": 1})
        wandb.log({"a": 10}, step=10)
        wandb.log({"b": 10}, step=10)
        wandb.log({"c": 10})
        wandb.log({"a": 3}, step=3)
        wandb.log({"a": 11}, step=20, commit=True)
        wandb.log({"a": 12})
        wandb.log({"a": 13}, commit=False)
    """,
    "values": """
        wandb.log({"int": 1, "float": 0.5, "true": True, "np": np.float32(0.25), "i64": np.int64(7),
                   "none": None, "text": "t", "zero": 0, "negative": -1.5, "big": 2**60})
        wandb.log({"n": {"x": 1, "y": {"z": 2}}, "a/b": 3})
        wandb.log({"nan": float("nan"), "inf": float("inf"), "list": [1, 2], "small": np.arange(3)})
        wandb.log({"n": {"x": 5}})
    """,
    "summary": """
        run.define_metric("loss", summary="min")
        run.define_metric("acc", summary="max,mean,last,first")
        run.define_metric("hidden", summary="none")
        run.define_metric("val/*", summary="max")
        for n in (3.0, 1.0, 2.0):
            wandb.log({"loss": n, "acc": n, "hidden": n, "val/x": n, "plain": n})
        run.summary["by_hand"] = 7
        run.summary.update({"other": 1.5})
    """,
    "axes": """
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch")
        run.define_metric("free/*", step_metric="epoch", step_sync=False)
        wandb.log({"val/a": 1})
        wandb.log({"epoch": 3})
        wandb.log({"val/a": 2})
        wandb.log({"free/a": 2})
        wandb.log({"train": 2})
        wandb.log({"val/b": 2, "epoch": 4})
    """,
    "config": """
        run.config.update({"new": [1, 2]})
        run.config.setdefaults({"lr": 9, "late": "x"})
        run.config["item"] = True
        run.config.attribute = 1.5
        run.config.update({"lr": 0.2}, allow_val_change=True)
        wandb.log({"a": 1})
    """,
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield Machine(tmp_path_factory.mktemp("machine"), server)


def real(folder: Path, program: str) -> dict[str, Any]:
    """What the real wandb records."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": REAL}
    for arguments in (["-c", program], [str(READER)]):
        done = subprocess.run(
            [FRAMEWORKS, *arguments], cwd=folder, env=environment | {"WANDB_MODE": "offline"},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def ours(machine: Machine, run_id: str, program: str) -> dict[str, Any]:
    """What ours records, in the same form."""
    machine.run(program, head=OURS, python=FRAMEWORKS)
    (listed,) = [
        run
        for run in machine.get("/v1/runs")["runs"]
        if run["client_run_id"] == f"compare/{run_id}"
    ]
    found = machine.get(f"/v1/runs/{listed['id']}/history", max_points=1000)
    rows: dict[str, dict[str, Any]] = {}
    for series in found["series"]:
        for step, value in zip(series["step"], series["last"], strict=True):
            rows.setdefault(str(step), {})[series["key"]] = value
    for value in found["values"]:
        rows.setdefault(str(value["step"]), {})[value["key"]] = value["value"]
    return {"history": rows, "summary": listed["summary"], "config": listed["config"]}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Without wandb's own keys and nulls; numbers as numbers, booleans too."""
    return {
        key: _number(value)
        for key, value in values.items()
        if not key.startswith(OWN) and value is not None
    }


def _number(value: Any) -> Any:
    if value in ("NaN", "Infinity"):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity"
    return float(value) if isinstance(value, (bool, int, float)) else value


def nested(summary: dict[str, Any]) -> dict[str, Any]:
    """`{"acc": {"max": 3}}` as `{"acc.max": 3}`, as the real one writes it."""
    flat: dict[str, Any] = {}
    for key, value in summary.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_record_the_same(machine: Machine, tmp_path: Path, name: str) -> None:
    run_id = f"cmp-{name}"
    program = HEAD.replace("ID", repr(run_id), 1) + textwrap.dedent(PROGRAMS[name])
    program += "\nwandb.finish()\n"
    theirs, mine = real(tmp_path, program), ours(machine, run_id, program)
    rows = {step: plain(row) for step, row in theirs["history"].items()}
    assert {step: plain(row) for step, row in mine["history"].items()} == {
        step: row for step, row in rows.items() if row
    }
    assert plain(nested(mine["summary"])) | _texts(rows) == plain(nested(theirs["summary"]))
    assert plain(mine["config"]) == plain(theirs["config"])


def _texts(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Our stored summary has numbers and what was set by hand; texts and lists are read from the
    history, where they are compared."""
    return {
        key: value
        for row in rows.values()
        for key, value in row.items()
        if not isinstance(value, float) and value not in ("NaN", "Infinity")
    }
