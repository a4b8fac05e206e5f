"""The same experiment in tracehouse and in each other backend, by their own libraries."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sdk import Machine, last_json
from tests.support.server import Server

PYTHON = str(Path(sys.prefix) / "frameworks/bin/python")
WANDB = str(Path(sys.prefix) / "real-wandb")
WRITTEN = Path(__file__).parent.parent.parent / "support/wandb_file.py"
HEAD = """
import json, time
import numpy
import tracehouse as cm
import tracehouse.tracelet as tracelet
from tracehouse.tracelet import ArtifactType
"""
PROGRAM = """
from pathlib import Path
Path("data").mkdir(exist_ok=True)
Path("data/a.txt").write_text("one")
with tracelet.start_logging("both", project=NAME, backend=["tracehouse", NAME], config={
        "artifacts": True, "track_env": False, "tags": ["x"], **MORE}) as experiment:
    experiment.log_params({"lr": 0.1, "nested": {"a": [1, 2]}})
    for step in range(1000):
        experiment.log_metric("train/loss", 1 / (step + 1), step)
    experiment.log_metric("hist", cm.Histogram([1, 2, 2, 3]), 1)
    experiment.log_metric("image", cm.Image(numpy.zeros((4, 4, 3), dtype="uint8")), 2)
    experiment.log_metric("audio", cm.Audio([0.0, 0.5, -0.5], sample_rate=8000), 2)
    experiment.log_metric("table", cm.Table(["a", "b"], [[1, "x"]]), 2)
    experiment.log_metric("note", "some text", 3)
    experiment.log_metric("values", [1, 2], 3)
    made = experiment.create_artifact("set", ArtifactType.DATASET, "described")
    made.add_file("data/a.txt", "in/a.txt").add_object({"n": 1}, "facts")
    made.add_reference("s3://bucket/key", 5)
    results = experiment.log_artifact(made)
    assert results.keys() == {"tracehouse", NAME}, results
    experiment.log_artifact("data/a.txt")
    told = {name: [r.backend, r.uri] for name, r in results.items()}
"""
READ = """
    back = experiment.get_artifact("set", backend=NAME)
    again = experiment.get_artifact("set", results[NAME].version, backend=NAME)
    assert again.version == back.version
    assert experiment.get_artifact("nothing", backend=NAME) is None
    assert [a.name for a in experiment.list_artifacts(ArtifactType.DATASET, NAME)] == ["set"]
    folder = Path(back.download())
    assert (folder / "in/a.txt").read_text() == "one"
    assert json.loads((folder / "facts.json").read_text()) == {"n": 1}
    assert [(r.uri, r.size_bytes) for r in back.references] == [("s3://bucket/key", 5)]
    assert (back.type, back.description) == (ArtifactType.DATASET, "described")
"""
END = """
stats = experiment.orchestrator.get_stats()["backends"][NAME]
assert stats["metrics_dropped"] == stats["processing_errors"] == stats["queue_size"] == 0, stats
"""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server)


def program(name: str, more: dict[str, Any], *parts: str) -> str:
    head = f"NAME, MORE = {name!r}, {more!r}\n"
    return head + PROGRAM + "".join(parts) + END


def ours_is_whole(machine: Machine, project: str) -> None:
    found = machine.one_run(project=project)
    assert found["config"] == {"lr": 0.1, "nested": {"a": [1, 2]}}
    assert len(machine.history(found["id"], "train/loss")) == 1000
    media = machine.get(f"/v1/runs/{found['id']}/media")["media"]
    assert {m["key"] for m in media} == {"image", "audio"}
    assert found["status"] == "finished"


def test_mlflow(machine: Machine) -> None:
    more = {"mlflow_tracking_uri": f"sqlite:///{machine.home}/mlflow.db"}
    read = """
from mlflow.tracking import MlflowClient
client = MlflowClient(MORE["mlflow_tracking_uri"])
(run,) = client.search_runs([client.get_experiment_by_name("mlflow").experiment_id])
history = client.get_metric_history(run.info.run_id, "train/loss")
assert sorted((m.step, m.value) for m in history) == [(n, 1 / (n + 1)) for n in range(1000)]
assert run.data.params == {"lr": "0.1", "nested": '{"a":[1,2]}'}, run.data.params
assert (run.info.run_name, run.info.status) == ("both", "FINISHED")
assert run.data.tags["tracelet.tags"] == "x,project:mlflow"
files = [f.path for part in ("image", "audio", "table", "hist", "note", "values")
         for f in client.list_artifacts(run.info.run_id, f"values/{part}")]
print(json.dumps(files))
"""
    said = machine.run(program("mlflow", more, READ, read), head=HEAD, python=PYTHON, timeout=200)
    assert last_json(said) == [
        "values/image/image_2.png", "values/audio/audio_2.wav", "values/table/table_2.json",
        "values/hist/hist_1.json", "values/note/note_3.txt", "values/values/values_3.json",
    ]  # fmt: skip
    ours_is_whole(machine, "mlflow")


def test_mlflow_is_told_how_the_process_ended(machine: Machine) -> None:
    code = """
        experiment = tracelet.start_logging("ends", backend="mlflow", config={"track_env": False})
        experiment.log_metric("loss", 1.0, 0)
        raise ValueError("exploded")
    """
    database = machine.home / "mlflow.db"
    machine.run(
        code, head=HEAD, python=PYTHON, timeout=200, fails=True,
        MLFLOW_TRACKING_URI=f"sqlite:///{database}",
    )  # fmt: skip
    with sqlite3.connect(database) as opened:
        assert opened.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]
        said = opened.execute("SELECT value FROM tags WHERE key = 'error'").fetchall()
    assert said == [("ValueError: exploded",)]


def test_wandb(machine: Machine) -> None:
    """Offline: artifacts are written, and reading them back says why it cannot be."""
    read = """
    try:
        experiment.get_artifact("set", backend=NAME)
        raise SystemExit("it was read from nowhere")
    except tracelet.BackendError as error:
        assert "offline" in str(error)
    assert experiment.get_artifact("set").version == "v0"   # ours has it
"""
    machine.run(
        program("wandb", {"wandb_mode": "offline"}, read),
        head=HEAD,
        python=PYTHON,
        timeout=200,
        PYTHONPATH=f"{os.environ.get('PYTHONPATH', '')}:{WANDB}",
    )
    done = subprocess.run(
        [PYTHON, str(WRITTEN)], cwd=machine.home, env=machine.variables(PYTHONPATH=WANDB),
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    written = json.loads(done.stdout)
    rows = [row for row in written["history"].values() if "train/loss" in row]
    found = sorted((row["iteration"], row["train/loss"]) for row in rows)
    assert found == [(n, 1 / (n + 1)) for n in range(1000)]
    assert written["config"]["lr"] == 0.1
    kinds = {k.removesuffix("._type"): v for row in written["history"].values()
             for k, v in row.items() if k.endswith("_type")}  # fmt: skip
    assert kinds == {
        "hist": "histogram", "image": "image-file", "audio": "audio-file", "table": "table-file"
    }  # fmt: skip
    ours_is_whole(machine, "wandb")


def test_aim(machine: Machine) -> None:
    """Read by Aim's own run, while it is open."""
    read = """
    from aim.storage.context import Context
    run = next(b for b in experiment.backends if b.name == NAME)._run
    assert (run.name, run.experiment, run.tags) == ("both", "aim", ["x", "project:aim"])
    assert run["hparams"] == {"lr": 0.1, "nested": {"a": [1, 2]}}, run["hparams"]
    steps, columns = run.get_metric("train/loss", Context({})).data.items_list()
    print(json.dumps([steps, columns[0]]))
"""
    (machine.home / "repo").mkdir(parents=True)
    said = machine.run(
        program("aim", {"aim_repo": "repo"}, READ, read), head=HEAD, python=PYTHON, timeout=200
    )
    assert last_json(said) == [list(range(1000)), [1 / (n + 1) for n in range(1000)]]
    ours_is_whole(machine, "aim")


def test_clearml(machine: Machine) -> None:
    """Offline: what would be sent is in a folder."""
    read = """
    folder = next(b for b in experiment.backends if b.name == NAME).task.get_offline_mode_folder()
    try:
        experiment.get_artifact("set", backend=NAME)
        raise SystemExit("it was read from nowhere")
    except tracelet.BackendError as error:
        assert "offline" in str(error)
"""
    said = machine.run(
        program("clearml", {"clearml_offline": True, "track_system": False}, read, SHOW_TASK),
        head=HEAD,
        python=PYTHON,
        timeout=100,
        CLEARML_CACHE_DIR=str(machine.home / "clearml"),
        HOME=str(machine.home),
    )
    scalars, params, artifacts, files = last_json(said)
    assert scalars == [[n, 1 / (n + 1)] for n in range(1000)]
    assert params == {"lr": "0.1", "nested": '{"a": [1, 2]}'}
    assert artifacts == ["a.txt", "environment", "set"]
    assert {Path(name).suffix for name in files} >= {".png", ".wav"}
    ours_is_whole(machine, "clearml")


SHOW_TASK = """
task = json.loads((folder / "task.json").read_text())
events = [event for line in (folder / "metrics.jsonl").read_text().splitlines()
          for event in json.loads(line)]
names = [str(path) for path in folder.rglob("*")]
scalars = sorted([e["iter"], e["value"]] for e in events
                 if (e["type"], e["metric"]) == ("training_stats_scalar", "train"))
params = {name: each["value"] for name, each in task["hyperparams"]["General"].items()}
artifacts = sorted({a["key"] for a in task["execution"]["artifacts"]})
print(json.dumps([scalars, params, artifacts, names]))
"""


def test_a_package_that_is_missing_is_named(machine: Machine) -> None:
    said = machine.run(
        """
        for name in ("aim", "clearml", "nothing"):
            try:
                tracelet.start_logging("none", backend=["tracehouse", name])
            except tracelet.TraceletException as error:
                print(type(error).__name__, error)
        assert tracelet.get_active_experiment() is None
        """,
        head="import tracehouse.tracelet as tracelet\n",
    )
    assert said.out.splitlines() == [
        "BackendError the backend aim needs aim: pip install aim",
        "BackendError the backend clearml needs clearml: pip install clearml",
        "ConfigurationError there is no backend 'nothing': choose tracehouse, mlflow, wandb, aim, "
        "clearml",
    ]
