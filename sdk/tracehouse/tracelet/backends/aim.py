"""Aim: an experiment is a run of the Aim experiment that is named like the project."""

from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracehouse import media
from tracehouse.tracelet.backends.files import from_manifest, manifest_of, number
from tracehouse.tracelet.core.artifacts import (
    ArtifactFile,
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
)
from tracehouse.tracelet.core.plugins import BackendPlugin, PluginMetadata, PluginType
from tracehouse.tracelet.exceptions import BackendError
from tracehouse.values import jsonable, to_json

_MANIFESTS = "tracelet_artifacts"


class AimBackend(BackendPlugin):
    """`config` may have `aim_repo` (otherwise `backend_url`, and then the working directory) and
    `aim_artifacts_uri` (otherwise `artifacts` in the repository). The version of an artifact is the
    hash of its run."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("aim", "1", PluginType.BACKEND, "Aim", dependencies=["aim"])

    def initialize(self, config: dict[str, Any]) -> None:
        self._config = config

    def start(self) -> None:
        config = self._config
        self._run: Any = import_module("aim").Run(
            repo=config.get("repo") or config.get("backend_url"),
            experiment=config.get("experiment") or config["project"],
            system_tracking_interval=None,
            capture_terminal_logs=config["track_stdout"],
        )
        self._run.name = config["experiment_name"]
        for tag in config["tags"]:
            self._run.add_tag(tag)
        self._manifests: dict[str, str] = {}

    def stop(self) -> None:
        self._run.close()

    def record_failure(self, status: str, error: BaseException | None) -> None:
        self._run["status"] = status
        if error is not None:
            self._run["error"] = f"{type(error).__name__}: {error}"

    def get_status(self) -> dict[str, Any]:
        return {"run_hash": self._run.hash}

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        if (scalar := number(value)) is not None:
            self._run.track(scalar, name=name, step=iteration)
        elif (tracked := _object(value)) is not None:
            self._run.track(tracked, name=name, step=iteration)
        else:
            shown = value if isinstance(value, str) else to_json(_plain(value))
            self._run.track(import_module("aim").Text(shown), name=name, step=iteration)

    def log_params(self, params: dict[str, Any]) -> None:
        for name, value in params.items():
            self._run["hparams", name] = jsonable(value)

    def save_experiment(self, facts: dict[str, Any]) -> None:
        self._run["environment"] = jsonable(facts)

    # --- artifacts -------------------------------------------------------------------------------

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        self._where()
        self._run.log_artifact(local_path, artifact_path or Path(local_path).name, block=True)

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        listed: list[dict[str, Any]] = []
        with TemporaryDirectory(prefix="artifact-") as folder:
            for path, local in artifact.materialize(folder):
                self.log_artifact(str(local), f"{artifact.name}/{path}")
                listed.append({"path": path, "size": local.stat().st_size})
        self._manifests[artifact.name] = to_json(manifest_of(artifact, listed))
        self._run[_MANIFESTS] = self._manifests
        uri = f"{self._where()}/{self._run.hash}/{artifact.name}"
        size = sum(file["size"] for file in listed)
        return ArtifactResult(self._run.hash, uri, size, self.name)

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        for run in self._runs():
            manifest = _manifests(run).get(name)
            if manifest is not None and version in ("latest", run.hash):
                return _read(run, manifest)
        return None

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        found: dict[str, TraceletArtifact] = {}
        for run in self._runs():
            for name, manifest in _manifests(run).items():
                if name not in found:
                    found[name] = _read(run, manifest)
        return [a for a in found.values() if type_filter in (None, a.type)]

    def _runs(self) -> list[Any]:
        """This run, and then the others of its experiment, the newest first."""
        kind, repo, own = type(self._run), self._run.repo, self._run.hash
        others = [kind(each, repo=repo, read_only=True) for each in repo.list_all_runs()]
        same = [r for r in others if r.hash != own and r.experiment == self._run.experiment]
        return [self._run, *sorted(same, key=lambda run: run.creation_time, reverse=True)]

    def _where(self) -> str:
        """Where artifacts go. Raises BackendError where it cannot be guessed."""
        if self._run.artifacts_uri is None:
            uri = self._config.get("artifacts_uri")
            if not uri and self._run.repo.is_remote_repo:
                raise BackendError("aim: give aim_artifacts_uri (s3:// or file://) for artifacts")
            self._run.set_artifacts_uri(
                uri or f"file://{Path(self._run.repo.path).resolve() / 'artifacts'}"
            )
        return str(self._run.artifacts_uri)


def _manifests(run: Any) -> dict[str, str]:
    return run.get(_MANIFESTS) or {}


def _read(run: Any, manifest: str) -> TraceletArtifact:
    body = json.loads(manifest)
    return from_manifest(body, run.hash, lambda file: _file(run, body["name"], file))


def _file(run: Any, name: str, file: dict[str, Any]) -> ArtifactFile:
    def fetch(target: Path) -> None:
        with TemporaryDirectory(prefix="artifact-") as folder:
            got = run.artifacts[f"{name}/{file['path']}"].download(folder)
            Path(got).rename(target)

    return ArtifactFile(None, file["path"], size_bytes=file["size"], fetch=fetch)


def _object(value: Any) -> Any:
    """Aim's own object for media; None for what it has none for."""
    aim: Any = import_module("aim")
    if isinstance(value, media.Image):
        pillow: Any = import_module("PIL.Image")
        return aim.Image(pillow.open(io.BytesIO(value.content)), caption=value.caption or "")
    if isinstance(value, media.Audio):
        return aim.Audio(value.content, format=value.mime.rpartition("/")[2])
    if isinstance(value, media.Histogram):
        return aim.Distribution(hist=value.counts, bin_range=(value.edges[0], value.edges[-1]))
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, media.Media):
        return value.reference()
    return value.jsonable() if isinstance(value, media.Table) else value
