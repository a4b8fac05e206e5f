"""`Experiment`: what a program logs to."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tracehouse import autofinish, complain
from tracehouse.media import Audio, Histogram, Image, Video
from tracehouse.tracelet.automagic import Automagic, AutomagicConfig
from tracehouse.tracelet.automagic.hooks import watch_checkpoints
from tracehouse.tracelet.automagic.watcher import log_dataset, log_model
from tracehouse.tracelet.backends import get_backend
from tracehouse.tracelet.core.artifact_log import ArtifactLog
from tracehouse.tracelet.core.artifacts import (
    ArtifactResult,
    ArtifactType,
    TraceletArtifact,
    type_of_file,
)
from tracehouse.tracelet.core.capture import Capture
from tracehouse.tracelet.core.config import ExperimentConfig
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.orchestrator import Orchestrator
from tracehouse.tracelet.core.patching import Patches
from tracehouse.tracelet.core.plugins import BackendPlugin
from tracehouse.tracelet.settings import TraceletSettings
from tracehouse.values import as_scalar

_KINDS: tuple[tuple[type[Any], MetricType], ...] = (
    (Histogram, MetricType.HISTOGRAM),
    (Image, MetricType.IMAGE),
    (Video, MetricType.VIDEO),
    (Audio, MetricType.AUDIO),
    (str, MetricType.TEXT),
)


class Experiment:
    """An experiment in all of its backends, alive from `start` to `stop` (or to the end of its
    `with` block, or of the process).

    Constructing raises ConfigurationError (a ValueError) for an unknown backend and BackendError
    for one whose package is not installed. What logs never raises, and never waits for a backend;
    what is logged before `start` is kept for it.

    Args:
        name: what people call it.
        config: what is tracked.
        backend: names of backends; those of the settings, `tracehouse` by default.
        tags: any texts.
        automagic: find out hyper-parameters, models, datasets, losses and learning rates.
        automagic_config: which of them.
        artifacts: keep artifacts.
        automagic_artifacts: keep files that appear in the watched folders, too.
        settings: what `start_logging` found; the environment's when it is not given.
        backend_config: more for backends, as `<backend>_<setting>`.
    """

    def __init__(
        self,
        name: str,
        config: ExperimentConfig | None = None,
        backend: Sequence[str] | str | None = None,
        tags: Sequence[str] | None = None,
        automagic: bool = False,
        automagic_config: AutomagicConfig | None = None,
        artifacts: bool = False,
        automagic_artifacts: bool = False,
        *,
        settings: TraceletSettings | None = None,
        backend_config: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.id = str(uuid.uuid4())
        self.created_at = datetime.now(UTC)
        self.tags = list(tags or ())
        self.settings = settings or TraceletSettings()
        given = config or ExperimentConfig()
        self.config = replace(
            given,
            enable_artifacts=given.enable_artifacts or artifacts,
            automagic_artifacts=given.automagic_artifacts or automagic_artifacts,
        )
        self.orchestrator = Orchestrator()
        self._artifacts = ArtifactLog(self.orchestrator)
        self._capture = Capture(self)
        self._patches = Patches()
        self._iteration = 0
        self._counting = True
        self._counts: dict[str, count[int]] = {}
        self._lock = threading.Lock()
        self._started = self._stopped = False
        self._pid = os.getpid()
        names = [backend] if isinstance(backend, str) else list(backend or self.settings.backend)
        for place, each in enumerate(dict.fromkeys(names)):
            plugin = get_backend(each, self.settings.plugin_path)
            known = self._backend_settings(each, place == 0, backend_config or {})
            self.orchestrator.add_backend(plugin, known)
        self._automagic: Automagic | None = None
        if automagic or self.config.enable_automagic:
            self.enable_automagic(automagic_config)

    def _backend_settings(self, name: str, first: bool, given: Mapping[str, Any]) -> dict[str, Any]:
        known: dict[str, Any] = {
            "experiment_name": self.name,
            "experiment_id": self.id,
            "project": self.settings.project,
            "tags": self.tags,
            "track_stdout": self.config.track_stdout,
        }
        if first:
            common = {"api_key": self.settings.api_key, "backend_url": self.settings.backend_url}
            known |= {key: value for key, value in common.items() if value}
        prefix = f"{name}_"
        own = {k.removeprefix(prefix): v for k, v in given.items() if k.startswith(prefix)}
        return known | own

    # --- what it is ------------------------------------------------------------------------------

    @property
    def experiment_id(self) -> str:
        """The same as `id`."""
        return self.id

    @property
    def backends(self) -> list[BackendPlugin]:
        """What it is logged to."""
        return self.orchestrator.backends

    @property
    def iteration(self) -> int:
        """The current iteration, as `set_iteration` set it; 0 at first."""
        return self._iteration

    @property
    def artifacts_enabled(self) -> bool:
        """Whether artifacts may be made."""
        return self.config.artifacts

    @property
    def active(self) -> bool:
        """Whether it was started, and not stopped yet."""
        return self._started and not self._stopped

    # --- its life --------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start all backends and begin to capture; once. Raises ConfigurationError for settings
        that tracehouse cannot take."""
        with self._lock:
            if self._started or self._stopped:
                return self
            self.orchestrator.start()
            self._started = True
        autofinish.watch(self)
        self._capture.begin()
        if self._automagic is not None:
            self._automagic.begin()
        if self.artifacts_enabled and self.config.track_checkpoints:
            watch_checkpoints(self, self._patches)
        return self

    def stop(self) -> None:
        """Deliver everything, and leave every library as it was; once. A backend that stands still
        for longer than its patience (10 seconds) is given up."""
        with self._lock:
            if self._stopped or os.getpid() != self._pid:
                return
            if self._automagic is not None:
                self._automagic.end()
            self._capture.end()
            self._patches.undo()
            self._stopped = True
        autofinish.forget(self)
        self.orchestrator.stop()

    end = stop

    def record_exception(self, error: BaseException) -> None:
        """Have every backend keep what is about to end the experiment."""
        self._tell_failure("crashed", error)

    def finish(self, *, status: str = "finished", timeout: float | None = None) -> None:
        """Stop because the process ends (see `tracehouse.autofinish`)."""
        del timeout  # a backend that does not move is given up anyway
        if status in ("failed", "killed"):
            self._tell_failure(status, None)
        self.stop()

    def _tell_failure(self, status: str, error: BaseException | None) -> None:
        told = complain.never_raises(complain.nothing)
        self.orchestrator.call(lambda backend: told(backend.record_failure)(status, error))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.record_exception(error)
        self.stop()

    # --- metrics and parameters ------------------------------------------------------------------

    @complain.never_raises(complain.nothing)
    def log_metric(self, name: str, value: Any, iteration: int | None = None) -> None:
        """Log a value: a number (numpy's and torch's, too), a text, a list, a media value of
        `tracehouse`.

        Without an iteration it is that of `set_iteration`; while that was never called, every name
        counts its own values.
        """
        kind = MetricType.SCALAR
        if type(value) is not float and type(value) is not int:
            value = _unwrapped(value)
            kind = _kind(value)
        self.emit(name, value, kind, iteration)

    def emit(
        self,
        name: str,
        value: Any,
        kind: MetricType,
        iteration: int | None,
        source: str = "experiment",
    ) -> None:
        """Log a value of a source: what frameworks call."""
        if self._stopped:
            complain.once("experiment %s is stopped: what is logged to it is dropped", self.name)
            return
        if not self.config.track_metrics:
            return
        if self._automagic is not None:
            self._automagic.metric_comes()
        if iteration is None:
            iteration = self._next(name) if self._counting else self._iteration
        metric = MetricData(str(name), value, kind, int(iteration), source=source)
        self.orchestrator.route_metric(metric)

    def _next(self, name: str) -> int:
        counter = self._counts.get(name)
        if counter is None:
            counter = self._counts.setdefault(name, count())
        return next(counter)

    @complain.never_raises(complain.nothing)
    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log hyper-parameters."""
        if self._stopped:
            complain.once("experiment %s is stopped: what is logged to it is dropped", self.name)
            return
        self.orchestrator.route_metrics(
            [MetricData(str(k), v, MetricType.PARAMETER, None) for k, v in params.items()]
        )

    def log_hyperparameter(self, name: str, value: Any) -> None:
        """Log one hyper-parameter."""
        self.log_params({name: value})

    @complain.never_raises(complain.nothing)
    def set_iteration(self, iteration: int) -> None:
        """What values without an iteration belong to from now on."""
        self._iteration = int(iteration)
        self._counting = False

    # --- artifacts -------------------------------------------------------------------------------

    def create_artifact(
        self, name: str, artifact_type: ArtifactType, description: str | None = None
    ) -> TraceletArtifact:
        """A new artifact to add to. Raises RuntimeError unless artifacts are enabled, ValueError
        for a name with `/` or `:`."""
        self._artifacts_must_be_on()
        return TraceletArtifact(name, artifact_type, description)

    def log_artifact(
        self, artifact: TraceletArtifact | str | Path, artifact_path: str | None = None
    ) -> dict[str, ArtifactResult]:
        """Have every backend keep an artifact, or the file at a path; what those said that are up.

        It is waited for: at most 60 seconds for a backend that works, 30 for one that is starting,
        and not at all for one that fails: that one gets it later. A file that is not there is told
        once. Raises RuntimeError for an artifact unless artifacts are enabled.
        """
        if not isinstance(artifact, TraceletArtifact):
            made = self._of_file(artifact, artifact_path, None)
            return {} if made is None else self._keep(made, wait=True)
        self._artifacts_must_be_on()
        return self._keep(artifact, wait=True)

    def log_file_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        """Have every backend keep a file."""
        self.log_artifact(local_path, artifact_path)

    @complain.never_raises(complain.nothing)
    def log_path(self, local_path: str, *, kind: ArtifactType | None = None) -> None:
        """Have every backend keep a file, without waiting for them."""
        made = self._of_file(local_path, None, kind)
        if made is not None:
            self._keep(made, wait=False)

    def get_artifact(
        self, name: str, version: str = "latest", backend: str | None = None
    ) -> TraceletArtifact | None:
        """An artifact of the project that a backend keeps (the first that has it); None when there
        is none. Its files are fetched when they are read. Raises BackendError when a backend that
        might have it does not answer, KeyError for a backend that the experiment has not."""
        return self._artifacts.get(name, version, backend)

    def list_artifacts(
        self, type_filter: ArtifactType | None = None, backend: str | None = None
    ) -> list[TraceletArtifact]:
        """The artifacts of the project, each in its newest version. Raises as `get_artifact`."""
        return self._artifacts.list(type_filter, backend)

    def _artifacts_must_be_on(self) -> None:
        if not self.artifacts_enabled:
            raise RuntimeError(
                "artifacts are not enabled: pass artifacts=True, or set TRACELET_ENABLE_ARTIFACTS"
            )

    def _of_file(
        self, path: str | Path, artifact_path: str | None, kind: ArtifactType | None
    ) -> TraceletArtifact | None:
        file = Path(path)
        name = Path(artifact_path or file).name.replace(":", "-")
        try:
            made = TraceletArtifact(name, kind or type_of_file(file))
            return made.add_file(file, artifact_path)
        except (OSError, ValueError) as error:
            complain.once("the artifact %s is not logged: %s", path, error, key=f"artifact {path}")
            return None

    def _keep(self, artifact: TraceletArtifact, *, wait: bool) -> dict[str, ArtifactResult]:
        if not self.active:
            complain.logger.warning(
                "the artifact %s is not logged: experiment %s is not running",
                *(artifact.name, self.name),
            )
            return {}
        return self._artifacts.log(artifact, wait=wait)

    # --- automagic -------------------------------------------------------------------------------

    def enable_automagic(self, config: AutomagicConfig | None = None) -> None:
        """Find things out from now on; once."""
        if self._automagic is not None:
            return
        config = config or AutomagicConfig()
        if self.config.automagic_frameworks is not None:
            config = replace(config, frameworks=set(self.config.automagic_frameworks))
        self._automagic = Automagic(self, config)
        self._automagic.look()
        if self.active:
            self._automagic.begin()

    def capture_hyperparams(self) -> dict[str, Any]:
        """Log the hyper-parameters that the calling code has in its variables; what was found."""
        return (self._automagic or Automagic(self)).hyperparameters()

    def capture_model(self, model: Any) -> dict[str, Any]:
        """Log what a model is, as `model_…`; what was found."""
        return log_model(self, "model", model)

    def capture_dataset(self, dataset: Any) -> dict[str, Any]:
        """Log what a dataset is, as `dataset_…`; what was found."""
        sample = self._automagic is not None and self._automagic.config.track_data_samples
        return log_dataset(self, "dataset", dataset, sample=sample)


def _unwrapped(value: Any) -> Any:
    """An array of one element as that element."""
    size = getattr(value, "numel", None)
    elements = size() if callable(size) else getattr(value, "size", None)
    if elements == 1 and hasattr(value, "item") and getattr(value, "shape", None):
        return value.item()
    return value


def _kind(value: Any) -> MetricType:
    if as_scalar(value) is not None:
        return MetricType.SCALAR
    named = next((kind for known, kind in _KINDS if isinstance(value, known)), None)
    return named or (MetricType.TENSOR if hasattr(value, "shape") else MetricType.CUSTOM)
