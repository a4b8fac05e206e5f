"""What plugins are made of: backends to log to, frameworks to listen to, collectors of facts."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from tracehouse.tracelet.core.artifacts import ArtifactResult, ArtifactType, TraceletArtifact
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.patching import Patches

if TYPE_CHECKING:
    from tracehouse.tracelet.core.experiment import Experiment


class PluginType(Enum):
    """What a plugin is."""

    BACKEND = "backend"
    FRAMEWORK = "framework"
    COLLECTOR = "collector"


@dataclass(frozen=True)
class PluginMetadata:
    """What a plugin says of itself. `dependencies` are the packages that it imports."""

    name: str
    version: str
    type: PluginType
    description: str = ""
    author: str = ""
    dependencies: list[str] = field(default_factory=list[str])
    capabilities: set[str] = field(default_factory=set[str])


class PluginInterface(ABC):
    """Any plugin."""

    @classmethod
    @abstractmethod
    def get_metadata(cls) -> PluginMetadata:
        """What it is."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.get_metadata().name

    def get_status(self) -> dict[str, Any]:
        """What there is to know of how it goes."""
        return {}


class BackendPlugin(PluginInterface):
    """Where experiments are logged to.

    Everything is called by one thread, in order: what waits for a network delays nothing else, and
    what raises is logged once. Only one that never waits (`waits = False`) is called directly, by
    whoever logs.
    """

    waits: ClassVar[bool] = True
    patience: ClassVar[float] = 10.0
    """Seconds that it may stand still at the end before it is given up."""

    @abstractmethod
    def initialize(self, config: dict[str, Any]) -> None:
        """Take the settings: `experiment_name`, `project`, `experiment_id`, `tags`, `api_key`,
        `backend_url`, and those that were given as `<name of the backend>_<setting>`."""

    @abstractmethod
    def start(self) -> None:
        """Connect. What raises here is tried again as long as the experiment lives."""

    @abstractmethod
    def stop(self) -> None:
        """Deliver what is left, and let go."""

    @abstractmethod
    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        """A value at an iteration."""

    @abstractmethod
    def log_params(self, params: dict[str, Any]) -> None:
        """Hyper-parameters."""

    @abstractmethod
    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        """A file."""

    def save_experiment(self, facts: dict[str, Any]) -> None:
        """What the experiment runs in: the environment, git, what collectors found."""
        self.log_params(_flat(facts))

    def record_failure(self, status: str, error: BaseException | None) -> None:
        """The experiment did not end well: it `failed`, `crashed` (by an exception) or was
        `killed`; `stop` follows."""
        told = {} if error is None else {"error": f"{type(error).__name__}: {error}"}
        self.log_params({"status": status, **told})

    def get_sink_id(self) -> str:
        """What routing rules call it."""
        return f"backend_{self.name}"

    def can_handle_type(self, metric_type: MetricType) -> bool:
        """Whether it wants metrics of this type."""
        del metric_type
        return True

    def receive_metric(self, metric: MetricData) -> None:
        """Take a metric, by the method for its type."""
        if metric.type is MetricType.PARAMETER:
            self.log_params({metric.name: metric.value})
        elif metric.type is MetricType.ARTIFACT:
            self.log_artifact(str(metric.value), metric.name)
        else:
            self.log_metric(metric.name, metric.value, metric.iteration)

    def receive_metrics(self, metrics: Sequence[MetricData]) -> None:
        """Take several at once."""
        for metric in metrics:
            self.receive_metric(metric)

    def store_artifact(self, artifact: TraceletArtifact) -> ArtifactResult:
        """Keep an artifact: by default each of its files, below its name."""
        with tempfile.TemporaryDirectory(prefix="artifact-") as folder:
            for path, local in artifact.materialize(folder):
                self.log_artifact(str(local), f"{artifact.name}/{path}")
        return ArtifactResult("latest", artifact.name, artifact.size_bytes, self.name)

    def get_artifact(self, name: str, version: str = "latest") -> TraceletArtifact | None:
        """An artifact that it keeps; None where there is none of this name and version."""
        del name, version
        return None

    def list_artifacts(self, type_filter: ArtifactType | None = None) -> list[TraceletArtifact]:
        """The artifacts that it keeps, each in its newest version."""
        del type_filter
        return []


class FrameworkPlugin(PluginInterface):
    """A library whose metrics are logged while an experiment lives. What `start_tracking` changes
    in it by `self.patches` is undone by `stop_tracking`."""

    experiment: Experiment

    def initialize(self, experiment: Experiment) -> None:
        """The experiment to log to."""
        self.experiment = experiment
        self.patches = Patches()

    @abstractmethod
    def start_tracking(self) -> None:
        """Begin to listen."""

    def stop_tracking(self) -> None:
        """Stop, and leave the library as it was."""
        self.patches.undo()


class CollectorPlugin(PluginInterface):
    """Finds facts of what an experiment runs in; they are logged at its start."""

    def initialize(self, config: dict[str, Any]) -> None:
        """Take the settings of the experiment."""
        self.config = config

    @abstractmethod
    def collect(self) -> dict[str, Any]:
        """The facts, as JSON values."""


def _flat(facts: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested facts by names with dots."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
