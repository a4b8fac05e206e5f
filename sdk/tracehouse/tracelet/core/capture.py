"""What is captured beside an experiment while it lives: the environment, git, the machine, what
libraries log, files that appear."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracehouse import complain
from tracehouse.environment import capture_environment
from tracehouse.tracelet.collectors import GitCollector, SystemMetricsCollector
from tracehouse.tracelet.core import discovery
from tracehouse.tracelet.core.plugins import CollectorPlugin, FrameworkPlugin, PluginType
from tracehouse.tracelet.core.watching import FolderWatch
from tracehouse.tracelet.frameworks import LightningFramework, PyTorchFramework

if TYPE_CHECKING:
    from tracehouse.tracelet.core.experiment import Experiment

_FACTS_SECONDS = 5.0


class Capture:
    """Begins and ends with its experiment."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._undo: list[Callable[[], None]] = []
        self._facts: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to capture; what takes time is done by threads."""
        experiment, config, settings = (
            self._experiment, self._experiment.config, self._experiment.settings
        )  # fmt: skip
        plugins = [*discovery.default_paths(), *settings.plugin_path]
        frameworks: list[FrameworkPlugin] = []
        if settings.track_tensorboard:
            frameworks.append(PyTorchFramework())
        if settings.track_lightning:
            frameworks.append(LightningFramework())
        found = discovery.find(plugins, PluginType.FRAMEWORK).values()
        frameworks += [kind() for kind in found if issubclass(kind, FrameworkPlugin)]
        for framework in frameworks:
            self._listen(framework)
        collectors = {
            name: kind()
            for name, kind in discovery.find(plugins, PluginType.COLLECTOR).items()
            if issubclass(kind, CollectorPlugin)
        }
        if config.track_environment or config.track_git or config.track_args or collectors:
            self._facts = threading.Thread(
                target=self._find_facts, args=(collectors,), name="tracelet-facts", daemon=True
            )
            self._facts.start()
        if config.track_system_metrics:
            system = SystemMetricsCollector(settings.metrics_interval)
            system.start(experiment.orchestrator)
            self._undo.append(system.stop)
        if config.automagic_artifacts or config.watch_filesystem:
            watch = FolderWatch(config.artifact_watch_dirs or ["."], experiment.log_path)
            self._undo.append(watch.stop)

    @complain.never_raises(complain.nothing)
    def _listen(self, framework: FrameworkPlugin) -> None:
        framework.initialize(self._experiment)
        self._undo.append(framework.stop_tracking)
        framework.start_tracking()

    @complain.never_raises(complain.nothing)
    def _find_facts(self, collectors: dict[str, CollectorPlugin]) -> None:
        config = self._experiment.config
        facts: dict[str, Any] = {}
        if config.track_environment or config.track_args:
            facts = capture_environment(git=False)
            if not config.track_args:
                facts.pop("argv", None)
            if not config.track_environment:
                facts = {name: value for name, value in facts.items() if name == "argv"}
        if config.track_git and (git := GitCollector().collect())["git_available"]:
            facts["git"] = git
        for name, collector in collectors.items():
            facts |= self._ask(name, collector)
        told = complain.never_raises(complain.nothing)
        self._experiment.orchestrator.call(lambda backend: told(backend.save_experiment)(facts))

    def _ask(self, name: str, collector: CollectorPlugin) -> dict[str, Any]:
        try:
            collector.initialize({"experiment_name": self._experiment.name})
            return {name: collector.collect()}
        except Exception as error:
            complain.once("the collector %s fails: %s", name, error, key=f"collector {name}")
            return {}

    def end(self) -> None:
        """Stop, and leave everything as it was."""
        while self._undo:
            complain.never_raises(complain.nothing)(self._undo.pop())()
        if self._facts is not None:  # an experiment may be shorter than a look at all packages
            self._facts.join(_FACTS_SECONDS)
