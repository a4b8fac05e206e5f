"""ClearML: an experiment is a task."""

from __future__ import annotations

import io
import json
import shutil
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from tracehouse import media
from tracehouse.tracelet.backends.files import from_manifest, manifest_of, media_suffix, number
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginMetadata, PluginType
from tracehouse.tracelet.exceptions import BackendError
from tracehouse.values import jsonable, to_json

# What ClearML would do by itself and an experiment does for all backends: listen to frameworks, and
# look for the repository, for which it takes minutes at the exit of some programs.
_NOT_CONNECTED = (
    "catboost", "detect_repository", "fastai", "gradio", "hydra", "joblib", "jsonargparse",
    "lightgbm", "matplotlib", "megengine", "pytorch", "scikit", "tensorboard", "tensorflow",
    "tfdefines", "xgboost",
)  # fmt: skip


class ClearmlBackend(BackendPlugin):
    """`config` may have `clearml_project` and `clearml_offline`; where its server is, ClearML's own
    settings say. The version of an artifact is the id of its task."""

    patience: ClassVar[float] = 60.0  # closing a task takes ClearML some 15 seconds

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata(
            "clearml", "1", PluginType.BACKEND, "ClearML", dependencies=["clearml"]
        )

    def initialize(self, config: dict[str, Any]) -> None:
        self._config = config
        self._failure: str | None = None

    def start(self) -> None:
        config = self._config
        tasks: Any = import_module("clearml").Task
        if config.get("offline"):
            tasks.set_offline(True)
        self.task: Any = tasks.init(
            project_name=config.get("project"),
            task_name=config["experiment_name"],
            tags=config["tags"],
            reuse_last_task_id=False,
            auto_connect_arg_parser=False,
            auto_connect_frameworks=dict.fromkeys(_NOT_CONNECTED, False),
            auto_resource_monitoring=False,
            auto_connect_streams=config["track_stdout"],
        )
        self._logger: Any = self.task.get_logger()

    def stop(self) -> None:
        if self._failure is not None:
            self.task.mark_failed(status_message=self._failure, ignore_errors=True)
        self.task.close()

    def record_failure(self, status: str, error: BaseException | None) -> None:
        self._failure = status if error is None else f"{type(error).__name__}: {error}"

    def get_status(self) -> dict[str, Any]:
        return {"task_id": self.task.id}

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        title, _, series = name.partition("/")
        series, at = series or title, iteration or 0
        if (scalar := number(value)) is not None:
            self._logger.report_scalar(title, series, scalar, at)
        elif isinstance(value, media.Histogram):
            labels = [f"{edge:.4g}" for edge in value.edges[:-1]]
            self._logger.report_histogram(title, series, value.counts, at, xlabels=labels)
        elif isinstance(value, media.Table):
            self._logger.report_table(title, series, at, table_plot=[value.columns, *value.data])
        elif isinstance(value, media.Media):
            extension = media_suffix(value).removeprefix(".")
            self._logger.report_media(
                title, series, at, stream=io.BytesIO(value.content), file_extension=extension
            )
        else:
            shown = value if isinstance(value, str) else to_json(value)
            self._logger.report_text(f"{name} at {at}: {shown}", print_console=False)

    def log_params(self, params: dict[str, Any]) -> None:
        self.task.update_parameters({f"General/{k}": jsonable(v) for k, v in params.items()})

    def save_experiment(self, facts: dict[str, Any]) -> None:
        self.task.upload_artifact("environment", artifact_object=jsonable(facts))

    # --- artifacts -------------------------------------------------------------------------------

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        name = artifact_path or Path(local_path).name
        self.task.upload_artifact(name, artifact_object=str(local_path), wait_on_upload=True)

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        listed: list[dict[str, Any]] = []
        with TemporaryDirectory(prefix="artifact-") as temporary:
            folder = Path(temporary, "files")
            folder.mkdir()
            for path, local in artifact.materialize(temporary):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(local, target)
                listed.append({"path": path, "size": local.stat().st_size})
            self.task.upload_artifact(
                artifact.name,
                artifact_object=str(folder),
                metadata={"tracelet": to_json(manifest_of(artifact, listed))},
                wait_on_upload=True,
            )
        size = sum(file["size"] for file in listed)
        uri = f"clearml://{self.task.id}/{artifact.name}"
        return ArtifactResult(self.task.id, uri, size, self.name)

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        found = {artifact.name: artifact for artifact in self._of(version)}
        return found.get(name)

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        return [a for a in self._of("latest") if type_filter in (None, a.type)]

    def _of(self, version: str) -> list[TraceletArtifact]:
        """The artifacts of this task, or of the one that `version` names."""
        tasks: Any = import_module("clearml").Task
        if tasks.is_offline():
            raise BackendError("clearml is offline: artifacts can be had from its server alone")
        task = self.task if version == "latest" else tasks.get_task(task_id=version)
        found: list[TraceletArtifact] = []
        for name, kept in task.artifacts.items():
            manifest = (kept.metadata or {}).get("tracelet")
            if manifest is not None:
                found.append(_read(name, str(task.id), kept, manifest))
        return found


def _read(name: str, version: str, kept: Any, manifest: str) -> TraceletArtifact:
    def file(each: dict[str, Any]) -> ArtifactFile:
        def fetch(target: Path) -> None:
            shutil.copyfile(Path(kept.get_local_copy()) / each["path"], target)

        return ArtifactFile(None, each["path"], size_bytes=each["size"], fetch=fetch)

    return from_manifest(json.loads(manifest) | {"name": name}, version, file)
