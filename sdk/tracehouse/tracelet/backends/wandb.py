"""Weights & Biases: an experiment is a run, its iterations the axis `iteration`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracehouse import media
from tracehouse.tracelet.backends.files import media_suffix
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginMetadata, PluginType
from tracehouse.tracelet.exceptions import BackendError
from tracehouse.values import as_scalar, jsonable

_ITERATION = "iteration"


class WandbBackend(BackendPlugin):
    """`config` may have `wandb_project`, `_entity`, `_mode`, `_group`, `_dir` and `_api_key`;
    otherwise wandb's own settings hold. Iterations may come in any order."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata(
            "wandb", "1", PluginType.BACKEND, "Weights & Biases", dependencies=["wandb"]
        )

    def initialize(self, config: dict[str, Any]) -> None:
        self._config = config
        self._exit_code = 0
        self._folder = TemporaryDirectory(prefix="wandb-media-")  # wandb copies files by and by
        self._files = 0

    def start(self) -> None:
        config = self._config
        wandb: Any = import_module("wandb")
        if key := config.get("api_key"):
            wandb.login(key=key, host=config.get("backend_url"))
        given = {name: config[name] for name in ("entity", "mode", "group", "dir", "notes", "id")
                 if name in config}  # fmt: skip
        self._run: Any = wandb.init(
            project=config.get("project"),
            name=config["experiment_name"],
            tags=[tag[:64] for tag in config["tags"]],
            reinit="create_new",
            **given,
        )
        self._run.define_metric("*", step_metric=_ITERATION)

    def stop(self) -> None:
        self._run.finish(exit_code=self._exit_code)
        self._folder.cleanup()

    def record_failure(self, status: str, error: BaseException | None) -> None:
        self._exit_code = 255 if status == "killed" else 1
        if error is not None:
            self._run.summary["error"] = f"{type(error).__name__}: {error}"

    def get_status(self) -> dict[str, Any]:
        return {"run_id": self._run.id, "url": self._run.url}

    # --- metrics ---------------------------------------------------------------------------------

    def receive_metrics(self, metrics: Sequence[MetricData]) -> None:
        """A row for each iteration: those that follow one another with the same one are one row."""
        params = {m.name: m.value for m in metrics if m.type is MetricType.PARAMETER}
        if params:
            self.log_params(params)
        row: dict[str, Any] = {}
        for metric in metrics:
            if metric.type is MetricType.ARTIFACT:
                self.log_artifact(str(metric.value), metric.name)
            elif metric.type is not MetricType.PARAMETER:
                at = {} if metric.iteration is None else {_ITERATION: metric.iteration}
                if row and (metric.name in row or at.get(_ITERATION) != row.get(_ITERATION)):
                    self._run.log(row)
                    row = {}
                row |= at | {metric.name: self._shown(metric.value)}
        if row:
            self._run.log(row)

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        at = {} if iteration is None else {_ITERATION: iteration}
        self._run.log({name: self._shown(value), **at})

    def _shown(self, value: Any) -> Any:
        """A value as wandb's own object."""
        wandb: Any = import_module("wandb")
        if (number := as_scalar(value)) is not None or isinstance(value, str):
            return value if number is None else number
        if isinstance(value, media.Image):
            return wandb.Image(_picture(value), caption=value.caption)
        if isinstance(value, media.Histogram):
            return wandb.Histogram(np_histogram=(value.counts, value.edges))
        if isinstance(value, media.Table):
            return wandb.Table(columns=list(value.columns), data=value.data)
        if isinstance(value, media.Media):
            self._files += 1
            path = Path(self._folder.name) / f"{self._files}{media_suffix(value)}"
            path.write_bytes(value.content)
            kind = wandb.Audio if isinstance(value, media.Audio) else wandb.Video
            return kind(str(path), caption=value.caption)
        return jsonable(value)

    def log_params(self, params: dict[str, Any]) -> None:
        self._run.config.update(jsonable(params), allow_val_change=True)

    def save_experiment(self, facts: dict[str, Any]) -> None:
        """wandb looks at the machine and at git itself: what collectors found goes beside it."""
        self.log_params({"environment": facts})

    # --- artifacts -------------------------------------------------------------------------------

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        name = Path(artifact_path or local_path).name
        artifact = TraceletArtifact(name, ArtifactType.CUSTOM)
        self.store_artifact(artifact.add_file(local_path, artifact_path))

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        wandb: Any = import_module("wandb")
        kept = wandb.Artifact(
            artifact.name.replace("/", "-").replace(":", "-"),
            artifact.type.value,
            artifact.description,
            artifact.described_metadata(),
        )
        with TemporaryDirectory(prefix="artifact-") as folder:
            for path, local in artifact.materialize(folder):
                kept.add_file(str(local), path)
        for reference in artifact.references:
            kept.add_reference(reference.uri, checksum=False)
        logged = self._run.log_artifact(kept)
        offline = bool(self._run.offline)
        version = kept.digest if offline else str(logged.wait().version)
        uri = f"wandb://{self._run.path}/{kept.name}"
        return ArtifactResult(version, uri, int(kept.size), self.name, {"offline": offline})

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        wandb: Any = import_module("wandb")
        path = f"{self._run.entity}/{self._run.project}/{name}:{version}"
        try:
            return _read(self._api().artifact(path))
        except wandb.errors.CommError:
            return None

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        api, project = self._api(), f"{self._run.entity}/{self._run.project}"
        kinds = [kind for kind in ArtifactType if type_filter in (None, kind)]
        known = {kind.name for kind in api.artifact_types(project)}
        return [
            _read(next(iter(collection.artifacts())))
            for kind in kinds
            if kind.value in known
            for collection in api.artifact_type(kind.value, project).collections()
        ]

    def _api(self) -> Any:
        wandb: Any = import_module("wandb")
        if self._run.offline:
            raise BackendError("wandb is offline: artifacts can be had from its server alone")
        return wandb.Api()


def _read(found: Any) -> TraceletArtifact:
    kinds = {kind.value for kind in ArtifactType}
    kind = ArtifactType(found.type) if found.type in kinds else ArtifactType.CUSTOM
    name = str(found.name).partition(":")[0]
    artifact = TraceletArtifact(name, kind, found.description, dict(found.metadata))
    artifact.version = str(found.version)
    for path, entry in found.manifest.entries.items():
        if entry.ref is not None:
            artifact.add_reference(entry.ref, entry.size)
        else:
            artifact.files.append(_file(found, path, entry))
    return artifact


def _file(found: Any, path: str, entry: Any) -> ArtifactFile:
    def fetch(target: Path) -> None:
        with TemporaryDirectory(prefix="artifact-") as folder:
            Path(found.get_entry(path).download(root=folder)).rename(target)

    return ArtifactFile(None, path, size_bytes=int(entry.size or 0), fetch=fetch)


def _picture(image: media.Image) -> Any:
    pillow: Any = import_module("PIL.Image")
    return pillow.open(io.BytesIO(image.content))
