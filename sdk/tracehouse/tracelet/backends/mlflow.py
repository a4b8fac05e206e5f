"""MLflow: an experiment is a run (of the MLflow experiment that is named like the project)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracehouse import complain
from tracehouse.tracelet.backends.files import as_file, from_manifest, manifest_of, number
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginMetadata, PluginType
from tracehouse.values import to_json

_MANIFEST = "tracelet.artifact."
_NOT_ALLOWED = re.compile(r"[^\w\-. :/]")
_LONGEST_PARAMETER = 6000
_PARAMETERS_AT_ONCE = 100
_TYPES_AS_FILES = frozenset(MetricType) - {MetricType.SCALAR, MetricType.SYSTEM}


class MlflowBackend(BackendPlugin):
    """`config` may have `mlflow_tracking_uri`; otherwise `backend_url`, and then MLflow's own
    settings. Artifacts lie below their name in the run; their version is the run's id."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata(
            "mlflow", "1", PluginType.BACKEND, "MLflow tracking", dependencies=["mlflow"]
        )

    def initialize(self, config: dict[str, Any]) -> None:
        self._config = config
        self._status = "FINISHED"
        self._known: dict[str, str] = {}
        self._readings: dict[str, int] = {}

    def start(self) -> None:
        config = self._config
        uri = config.get("tracking_uri") or config.get("backend_url")
        self._client: Any = import_module("mlflow.tracking").MlflowClient(uri)
        self._entities: Any = import_module("mlflow.entities")
        project = config.get("experiment") or config["project"]
        found = self._client.get_experiment_by_name(project)
        if found is None:
            try:
                self._experiment_id = self._client.create_experiment(project)
            except import_module(
                "mlflow.exceptions"
            ).MlflowException:  # another process made it in between
                found = self._client.get_experiment_by_name(project)
                if found is None:
                    raise
        if found is not None:
            self._experiment_id = found.experiment_id
        run = self._client.create_run(
            self._experiment_id,
            run_name=config["experiment_name"],
            tags={
                "tracelet.experiment_id": config["experiment_id"],
                "tracelet.tags": ",".join(config["tags"]),
            },
        )
        self.run_id: str = run.info.run_id

    def stop(self) -> None:
        self._client.set_terminated(self.run_id, self._status)

    def record_failure(self, status: str, error: BaseException | None) -> None:
        self._status = "KILLED" if status == "killed" else "FAILED"
        if error is not None:
            self._client.set_tag(self.run_id, "error", f"{type(error).__name__}: {error}"[:5000])

    def get_status(self) -> dict[str, Any]:
        return {"run_id": self.run_id}

    # --- metrics ---------------------------------------------------------------------------------

    def receive_metrics(self, metrics: Sequence[MetricData]) -> None:
        params = {m.name: m.value for m in metrics if m.type is MetricType.PARAMETER}
        if params:
            self.log_params(params)
        numbers = [
            self._entities.Metric(_key(m.name), value, int(m.timestamp * 1000), self._step(m))
            for m in metrics
            if m.type not in _TYPES_AS_FILES and (value := number(m.value)) is not None
        ]
        if numbers:
            self._client.log_batch(self.run_id, metrics=numbers)
        for metric in metrics:
            if metric.type is MetricType.ARTIFACT:
                self.log_artifact(str(metric.value), metric.name)
            elif metric.type is not MetricType.PARAMETER and (
                metric.type in _TYPES_AS_FILES or number(metric.value) is None
            ):
                self.log_metric(metric.name, metric.value, metric.iteration)

    def _step(self, metric: MetricData) -> int:
        """MLflow has no values without a step: readings of the machine are counted."""
        if metric.iteration is None:
            count = self._readings[metric.name] = self._readings.get(metric.name, -1) + 1
            return count
        return metric.iteration

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        if (scalar := number(value)) is not None:
            self._client.log_metric(self.run_id, _key(name), scalar, step=iteration or 0)
        else:
            with as_file(name, iteration, value) as path:
                self._client.log_artifact(self.run_id, str(path), f"values/{_key(name)}")

    def log_params(self, params: dict[str, Any]) -> None:
        """A parameter of MLflow never changes: the first value stays, a later one becomes a tag."""
        new: list[Any] = []
        changed: list[Any] = []
        for name, value in params.items():
            key, text = _key(name), _text(value)
            if key not in self._known:
                self._known[key] = text
                new.append(self._entities.Param(key, text))
            elif self._known[key] != text:
                changed.append(self._entities.RunTag(f"changed.{key}", text))
        for start in range(0, len(new), _PARAMETERS_AT_ONCE):
            part = new[start : start + _PARAMETERS_AT_ONCE]
            self._client.log_batch(self.run_id, params=part)
        if changed:
            self._client.log_batch(self.run_id, tags=changed)

    def save_experiment(self, facts: dict[str, Any]) -> None:
        """As a file, and git's commit where MLflow looks for it."""
        git: Any = facts.get("git") or {}
        if commit := git.get("commit"):
            self._client.set_tag(self.run_id, "mlflow.source.git.commit", commit)
        with as_file("environment", None, facts) as path:
            self._client.log_artifact(self.run_id, str(path))

    # --- artifacts -------------------------------------------------------------------------------

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        folder = Path(artifact_path).parent.as_posix() if artifact_path else "."
        self._client.log_artifact(self.run_id, local_path, None if folder == "." else folder)

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        listed: list[dict[str, Any]] = []
        with TemporaryDirectory(prefix="artifact-") as temporary:
            for path, local in artifact.materialize(temporary):
                folder = Path(artifact.name, path).parent.as_posix()
                named = local
                if local.name != Path(path).name:  # MLflow keeps a file by the name that it has
                    named = Path(temporary) / "renamed" / path
                    named.parent.mkdir(parents=True, exist_ok=True)
                    named.symlink_to(local.resolve())
                self._client.log_artifact(self.run_id, str(named), folder)
                listed.append({"path": path, "size": local.stat().st_size})
        manifest = to_json(manifest_of(artifact, listed))
        self._client.set_tag(self.run_id, _MANIFEST + artifact.name, manifest)
        uri = f"runs:/{self.run_id}/{artifact.name}"
        size = sum(file["size"] for file in listed)
        return ArtifactResult(self.run_id, uri, size, self.name)

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        tag = _MANIFEST + name
        for run in self._runs():
            if tag in run.data.tags and version in ("latest", run.info.run_id):
                return self._read(name, run, tag)
        return None

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        found: dict[str, TraceletArtifact] = {}
        for run in self._runs():
            for tag in run.data.tags:
                name = tag.removeprefix(_MANIFEST)
                if name != tag and name not in found:
                    found[name] = self._read(name, run, tag)
        return [a for a in found.values() if type_filter in (None, a.type)]

    def _runs(self) -> list[Any]:
        """The runs of the project, the newest first."""
        return list(
            self._client.search_runs(
                [self._experiment_id], order_by=["attributes.start_time DESC"], max_results=1000
            )
        )

    def _read(self, name: str, run: Any, tag: str) -> TraceletArtifact:
        run_id = run.info.run_id
        manifest = json.loads(run.data.tags[tag])
        return from_manifest(manifest, run_id, lambda file: self._file(run_id, name, file))

    def _file(self, run_id: str, name: str, file: dict[str, Any]) -> ArtifactFile:
        client = self._client

        def fetch(target: Path) -> None:
            with TemporaryDirectory(prefix="artifact-") as temporary:
                got = client.download_artifacts(run_id, f"{name}/{file['path']}", temporary)
                Path(got).rename(target)

        return ArtifactFile(None, file["path"], size_bytes=file["size"], fetch=fetch)


def _key(name: str) -> str:
    """A name with what MLflow's names may hold."""
    return _NOT_ALLOWED.sub("_", name)[:250]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else to_json(value)
    if len(text) > _LONGEST_PARAMETER:
        complain.once("MLflow keeps 6,000 characters of a parameter: a longer one is cut")
    return text[:_LONGEST_PARAMETER]
