"""Our own: an experiment is a training run, its metrics are points, its artifacts artifacts.

It never waits: a run writes to a buffer on disk, and its recorder sends from there.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from tracehouse.artifacts import describe, describe_file, stored_file
from tracehouse.errors import ApiError, ClaudeMonitorError
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactReference,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginMetadata, PluginType
from tracehouse.tracelet.exceptions import BackendError, ConfigurationError
from tracehouse.training import TrainingRun

_SETTINGS = ("subject_id", "experiment", "variant", "notes", "group", "job_type", "mode")


class TracehouseBackend(BackendPlugin):
    """`config` may have `tracehouse_subject_id`, `_experiment`, `_variant`, `_notes`, `_group`,
    `_job_type` and `_mode`, as arguments of `TrainingRun`."""

    waits: ClassVar[bool] = False
    run: TrainingRun

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("tracehouse", "1", PluginType.BACKEND, "tracehouse's training runs")

    def initialize(self, config: dict[str, Any]) -> None:
        self._config = config
        self._status = "finished"

    def start(self) -> None:
        config = self._config
        try:
            self.run = TrainingRun(
                project=config["project"],
                name=config["experiment_name"],
                client_run_id=config["experiment_id"],
                tags=config["tags"],
                api_key=config.get("api_key"),
                api_base=config.get("backend_url"),
                capture_env=False,
                capture_console=config["track_stdout"],
                system_metrics=False,
                auto_finish=False,  # its experiment does that
                **{name: config[name] for name in _SETTINGS if name in config},
            )
        except ClaudeMonitorError as error:
            raise ConfigurationError(str(error)) from error

    def stop(self) -> None:
        self.run.finish(status=self._status)

    def record_failure(self, status: str, error: BaseException | None) -> None:
        self._status = status
        if error is not None:
            self.run.record_exception(error)

    def get_status(self) -> dict[str, Any]:
        return {"run_id": self.run.id, "url": self.run.url, "status": str(self.run.status)}

    # --- metrics ---------------------------------------------------------------------------------

    def receive_metrics(self, metrics: Sequence[MetricData]) -> None:
        if len(metrics) == 1 and metrics[0].type is MetricType.SCALAR:  # a training loop's call
            metric = metrics[0]
            self.run.log({metric.name: metric.value}, step=metric.iteration)
            return
        params = {m.name: m.value for m in metrics if m.type is MetricType.PARAMETER}
        if params:
            self.log_params(params)
        readings = {m.name: float(m.value) for m in metrics if m.type is MetricType.SYSTEM}
        if readings:
            self.run.log_readings(readings)
        for metric in metrics:
            if metric.type is MetricType.ARTIFACT:
                self.log_artifact(str(metric.value), metric.name)
            elif metric.type not in (MetricType.PARAMETER, MetricType.SYSTEM):
                self.log_metric(metric.name, metric.value, metric.iteration)

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        self.run.log({name: value}, step=iteration)

    def log_params(self, params: dict[str, Any]) -> None:
        self.run.config.update(params)

    def save_experiment(self, facts: dict[str, Any]) -> None:
        self.run.record_environment(facts)

    # --- artifacts -------------------------------------------------------------------------------

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        name = Path(artifact_path or local_path).name
        artifact = TraceletArtifact(name, ArtifactType.CUSTOM)
        self.store_artifact(artifact.add_file(local_path, artifact_path))

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        with tempfile.TemporaryDirectory(prefix="artifact-") as folder:
            files = [
                describe_file(path, local, self.run.keep_file)
                for path, local in artifact.materialize(folder)
            ]
        files += [_reference(reference) for reference in artifact.references]
        body = describe(
            artifact.type.value,
            files,
            action="logged",
            aliases=["latest"],
            metadata=artifact.described_metadata(),
            description=artifact.description,
        )
        self.run.record_artifact(artifact.name, body)
        size = sum(int(file["size"]) for file in files)
        uri = f"{self.run.url}#artifacts/{quote(artifact.name)}"
        return ArtifactResult(body["digest"], uri, size, self.name, {"files": len(files)})

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        """`version` is v0, v1 …, an alias such as latest, or what `log_artifact` returned."""
        for found in reversed(self._ask(f"/v1/artifacts/{quote(name, safe='')}", "versions")):
            if version in (found["version"], found["digest"], *found["aliases"]):
                return self._read(name, found)
        return None

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        kind = type_filter.value if type_filter else None
        names = self._ask("/v1/artifacts", "artifacts", type=kind)
        found = (self.get_artifact(each["name"], each["latest"]) for each in names)
        return [artifact for artifact in found if artifact is not None]

    def _ask(self, path: str, what: str, **parameters: Any) -> list[dict[str, Any]]:
        self.run.flush()
        try:
            return self.run.api().get(path, project=self.run.project, **parameters)[what]
        except ApiError as error:
            if error.status == 404:
                return []
            raise BackendError(f"tracehouse: {error}") from error

    def _read(self, name: str, found: dict[str, Any]) -> TraceletArtifact:
        kinds = {kind.value for kind in ArtifactType}
        kind = found["type"] if found["type"] in kinds else ArtifactType.CUSTOM.value
        artifact = TraceletArtifact(
            name, ArtifactType(kind), found["description"], found["metadata"]
        )
        artifact.version = found["version"]
        for file in found["files"]:
            if (uri := file.get("ref")) is not None:
                artifact.add_reference(uri, file["size"] or None, file.get("description"))
            else:
                artifact.files.append(self._file(name, found["version"], file))
        return artifact

    def _file(self, name: str, version: str, file: dict[str, Any]) -> ArtifactFile:
        api, project = self.run.api(), self.run.project

        def fetch(target: Path) -> None:
            try:
                target.write_bytes(stored_file(api, project, name, version, file["path"]))
            except ApiError as error:
                raise BackendError(f"tracehouse: {error}") from error

        return ArtifactFile(
            None, file["path"], size_bytes=file["size"], checksum=file["sha256"], fetch=fetch
        )


def _reference(reference: ArtifactReference) -> dict[str, Any]:
    path = reference.uri.rstrip("/").rpartition("/")[2] or reference.uri
    digest = hashlib.sha256(reference.uri.encode()).hexdigest()
    found = {"path": path, "ref": reference.uri, "sha256": digest}
    return found | {"size": reference.size_bytes or 0, "description": reference.description}
