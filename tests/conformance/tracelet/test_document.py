"""The code blocks of tracelet's own API reference, as they stand but for the import. Where its code
did not do what its documents say, the documents win."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sdk import Machine, last_json
from tests.support.server import Server

PYTHON = str(Path(sys.prefix) / "frameworks/bin/python")
WANDB = str(Path(sys.prefix) / "real-wandb")
HEAD = "import tracehouse.tracelet as tracelet\n"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    database = f"sqlite:///{tmp_path}/mlflow.db"
    return Machine(tmp_path, server, {"MLFLOW_TRACKING_URI": database})


def mlflow_rows(machine: Machine, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(machine.home / "mlflow.db") as database:
        return database.execute(query).fetchall()


def test_basic_usage(machine: Machine) -> None:
    (machine.home / "model.pth").write_bytes(b"weights")
    machine.run(
        """
        from torch.utils.tensorboard import SummaryWriter

        # Start experiment tracking
        experiment = tracelet.start_logging(
            exp_name="my_experiment",
            project="my_project",
            backend="mlflow"
        )

        # Use TensorBoard normally - metrics automatically captured
        writer = SummaryWriter()
        writer.add_scalar('loss', 0.5, 0)
        writer.add_scalar('accuracy', 0.95, 0)

        # Direct API usage
        experiment.log_params({
            "learning_rate": 0.01,
            "batch_size": 32
        })
        experiment.log_artifact("model.pth")

        # Stop tracking
        tracelet.stop_logging()
        """,
        head=HEAD,
        python=PYTHON,
        timeout=200,
    )
    metrics = mlflow_rows(machine, "SELECT key, value, step FROM metrics WHERE key NOT LIKE 'sys%'")
    assert sorted(metrics) == [("accuracy", 0.95, 0), ("loss", 0.5, 0)]
    assert sorted(mlflow_rows(machine, "SELECT key, value FROM params")) == [
        ("batch_size", "32"), ("learning_rate", "0.01")
    ]  # fmt: skip
    (run,) = mlflow_rows(
        machine,
        "SELECT r.name, r.status, e.name FROM runs r JOIN experiments e USING (experiment_id)",
    )
    assert run == ("my_experiment", "FINISHED", "my_project")
    assert next(machine.home.glob("mlruns/**/model.pth/model.pth")).read_bytes() == b"weights"


def test_advanced_configuration(machine: Machine) -> None:
    """The MLflow of the example is not there: that delays nobody, and wandb gets everything."""
    program = machine.run(
        """
        # Multi-backend logging with custom configuration
        experiment = tracelet.start_logging(
            exp_name="advanced_experiment",
            project="research_project",
            backend=["mlflow", "wandb"],
            config={
                "track_system": True,
                "track_git": True,
                "track_env": True,
                "metrics_interval": 10.0,
                "mlflow_tracking_uri": "http://localhost:5000",
                "wandb_project": "my-wandb-project"
            }
        )

        # Get current experiment for direct manipulation
        current_exp = tracelet.get_active_experiment()
        print(f"Experiment ID: {current_exp.experiment_id}")
        print(f"Active backends: {[b.name for b in current_exp.backends]}")

        import json, time
        began = time.perf_counter()
        current_exp.log_metric("loss", 0.25, 3)
        logged = time.perf_counter() - began
        tracelet.stop_logging()
        print(json.dumps([logged, time.perf_counter() - began, current_exp.id]))
        """,
        head=HEAD,
        python=PYTHON,
        timeout=200,
        WANDB_MODE="offline",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="2",
        PYTHONPATH=f"{os.environ.get('PYTHONPATH', '')}:{WANDB}",
    )
    first, second = program.out.splitlines()[:2]
    logged, stopped, experiment_id = last_json(program)
    assert first == f"Experiment ID: {experiment_id}"
    assert second == "Active backends: ['mlflow', 'wandb']"
    assert logged < 0.1
    assert stopped < 60
    (file,) = machine.home.glob("wandb/offline-run-*/*.wandb")
    written = file.read_bytes()
    assert b"my-wandb-project" in written
    assert b"advanced_experiment" in written


def test_context_manager_usage(machine: Machine) -> None:
    machine.run(
        """
        def train_epoch():
            return 0.5

        # Use as context manager for automatic cleanup
        with tracelet.start_logging("context_experiment", backend="mlflow") as exp:
            # Training code here
            for epoch in range(10):
                loss = train_epoch()
                exp.log_metric("loss", loss, epoch)

        # Experiment automatically closed when exiting context
        assert tracelet.get_active_experiment() is None
        """,
        head=HEAD,
        python=PYTHON,
        timeout=200,
    )
    query = "SELECT step, value FROM metrics WHERE key = 'loss' ORDER BY step"
    assert mlflow_rows(machine, query) == [(n, 0.5) for n in range(10)]
    assert mlflow_rows(machine, "SELECT status FROM runs") == [("FINISHED",)]


def test_type_hints(machine: Machine) -> None:
    machine.run(
        """
        from typing import Dict, List, Optional, Union
        from tracehouse.tracelet.core.experiment import Experiment
        from tracehouse.tracelet.core.plugins import BackendPlugin

        def my_training_function(
            experiment: Experiment,
            hyperparams: Dict[str, Union[str, int, float]],
            backends: Optional[List[str]] = None
        ) -> None:
            \"\"\"Example function with proper type hints\"\"\"
            experiment.log_params(hyperparams)
            # Training logic here

        with tracelet.start_logging("typed", project="typed") as experiment:
            assert all(isinstance(backend, BackendPlugin) for backend in experiment.backends)
            my_training_function(experiment, {"optimizer": "adam", "layers": 2, "lr": 0.1})
        """,
        head=HEAD,
    )
    found = machine.one_run(project="typed")
    assert found["config"] == {"optimizer": "adam", "layers": 2, "lr": 0.1}


def test_the_signatures_and_classes_that_are_listed(tmp_path: Path) -> None:
    """Each constructor, property and field of the reference, at its documented default."""
    code = """
import dataclasses, datetime, inspect, json
from tracehouse.tracelet import *
from tracehouse.tracelet import Experiment, ExperimentConfig, TraceletSettings

parameters = inspect.signature(Experiment).parameters
assert {name: p.default for name, p in list(parameters.items())[1:8]} == {
    "config": None, "backend": None, "tags": None, "automagic": False, "automagic_config": None,
    "artifacts": False, "automagic_artifacts": False}
assert {f.name: f.default for f in dataclasses.fields(ExperimentConfig)} == {
    "track_metrics": True, "track_environment": True, "track_args": True, "track_stdout": True,
    "track_checkpoints": True, "track_system_metrics": True, "track_git": True,
    "enable_automagic": False, "automagic_frameworks": None, "enable_artifacts": False,
    "automagic_artifacts": False, "artifact_watch_dirs": None, "watch_filesystem": False}

class ArtifactTypes(__import__("enum").Enum):
    # ML Assets
    MODEL = "model" # Trained models
    CHECKPOINT = "checkpoint" # Training checkpoints
    WEIGHTS = "weights" # Model weights only
    # Data Assets
    DATASET = "dataset" # Training/validation datasets
    SAMPLE = "sample" # Evaluation samples/predictions
    # Media Assets
    IMAGE = "image" # Images or image batches
    AUDIO = "audio" # Audio files or arrays
    VIDEO = "video" # Video files
    # Analysis Assets
    VISUALIZATION = "viz" # Plots, charts, attention maps
    REPORT = "report" # HTML reports, notebooks
    # Configuration Assets
    CONFIG = "config" # Configuration files
    CODE = "code" # Source code snapshots
    # General Assets
    CUSTOM = "custom" # User-defined artifacts

assert {a.name: a.value for a in ArtifactTypes} == {a.name: a.value for a in ArtifactType}
for name in ("project backend track_system track_git track_env metrics_interval enable_automagic "
             "automagic_frameworks enable_artifacts automagic_artifacts watch_filesystem "
             "artifact_watch_dirs").split():
    assert hasattr(TraceletSettings(), name), name
experiment = Experiment("listed", ExperimentConfig(track_stdout=False), tags=["t"], artifacts=True)
for name in ("start stop end log_metric log_params log_hyperparameter set_iteration "
             "create_artifact log_artifact get_artifact list_artifacts log_file_artifact "
             "capture_hyperparams capture_model capture_dataset").split():
    assert callable(getattr(experiment, name)), name
assert (experiment.iteration, experiment.name, experiment.tags) == (0, "listed", ["t"])
assert experiment.created_at.tzinfo is datetime.timezone.utc and len(experiment.id) == 36
for name in "start stop route_metric add_backend remove_backend".split():
    assert callable(getattr(Orchestrator, name)), name
assert [t.name for t in PluginType] == ["BACKEND", "FRAMEWORK", "COLLECTOR"]
assert issubclass(BackendPlugin, PluginInterface) and issubclass(FrameworkPlugin, PluginInterface)
assert PluginMetadata("n", "1", PluginType.BACKEND, "d").description == "d"
assert issubclass(BackendError, TraceletException)
assert issubclass(ConfigurationError, TraceletException)
artifact = experiment.create_artifact("a", ArtifactType.MODEL, "described")
open("f.txt", "w").write("12345")
assert artifact.add_file("f.txt", "in/f.txt", "a file") is artifact
assert artifact.add_object({"a": 1}, "o") is artifact
assert artifact.add_reference("s3://b/k", 7, "far") is artifact
assert artifact.add_model({"w": 1}, "mine") is artifact
(file,), (obj,), (far,) = artifact.files, artifact.objects, artifact.references
assert (file.local_path, file.artifact_path, file.description) == ("f.txt", "in/f.txt", "a file")
assert (file.size_bytes, len(file.checksum)) == (5, 64)
assert (obj.obj, obj.name, obj.serializer, obj.description) == ({"a": 1}, "o", "json", None)
assert (far.uri, far.size_bytes, far.description) == ("s3://b/k", 7, "far")
assert (artifact.size_bytes, artifact.type, artifact.description) == (
    12, ArtifactType.MODEL, "described")
assert json.loads(open(artifact.serialize_object(obj, ".")).read()) == {"a": 1}
json.dumps(artifact.to_dict())
"""
    environment = os.environ | {"TRACEHOUSE_MODE": "disabled", "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_variable_of_the_table(tmp_path: Path) -> None:
    given = {
        "TRACELET_PROJECT": "p",
        "TRACELET_BACKEND": "tracehouse,mlflow",
        "TRACELET_TRACK_SYSTEM": "false",
        "TRACELET_TRACK_GIT": "0",
        "TRACELET_TRACK_ENV": "no",
        "TRACELET_ENABLE_AUTOMAGIC": "true",
        "TRACELET_AUTOMAGIC_FRAMEWORKS": "pytorch, sklearn",
        "TRACELET_ENABLE_ARTIFACTS": "1",
        "TRACELET_AUTOMAGIC_ARTIFACTS": "yes",
        "TRACELET_WATCH_FILESYSTEM": "on",
        "TRACELET_ARTIFACT_WATCH_DIRS": '["a", "b"]',
    }
    code = """
import json
from tracehouse.tracelet import TraceletSettings
s = TraceletSettings()
print(json.dumps([s.project, s.backend, s.track_system, s.track_git, s.track_env,
    s.enable_automagic, sorted(s.automagic_frameworks), s.enable_artifacts, s.automagic_artifacts,
    s.watch_filesystem, s.artifact_watch_dirs]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | given, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [
        "p", ["tracehouse", "mlflow"], False, False, False, True, ["pytorch", "sklearn"], True,
        True, True, ["a", "b"],
    ]  # fmt: skip
