"""Looks at the program's variables: at the start, at the first metric, and at the end.

The second and third time find what is set after the experiment was made. The first value of a name
counts; nothing is kept alive for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tracehouse import complain
from tracehouse.tracelet.automagic import frames, variables
from tracehouse.tracelet.automagic.config import AutomagicConfig
from tracehouse.tracelet.automagic.datasets import describe_dataset
from tracehouse.tracelet.automagic.hooks import Hooks
from tracehouse.tracelet.core.metrics import MetricType
from tracehouse.tracelet.core.models import describe_model
from tracehouse.tracelet.core.patching import Patches

if TYPE_CHECKING:
    from tracehouse.tracelet.core.experiment import Experiment

_looking = threading.local()


class Automagic:
    """What one experiment finds out by itself."""

    def __init__(self, experiment: Experiment, config: AutomagicConfig | None = None) -> None:
        self.config = config or AutomagicConfig()
        self._experiment = experiment
        self._patches = Patches()
        self._known: set[str] = set()
        self._described: set[int] = set()
        self._waiting_for_metric = True

    def begin(self) -> None:
        """Hear libraries from now on."""
        Hooks(self._experiment, self.config, self._patches).install()

    def metric_comes(self) -> None:
        """A metric is about to be logged: at the first one the program is looked at again."""
        if self._waiting_for_metric and not getattr(_looking, "now", False):
            self._waiting_for_metric = False
            self.look()

    def end(self) -> None:
        """Look for the last time, and hear nothing more."""
        self.look()
        self._patches.undo()

    @complain.never_raises(complain.nothing)
    def look(self) -> None:
        """Log what the program has in its variables and was not logged before."""
        _looking.now = True  # what is found is logged, and must not be looked for again
        try:
            self.hyperparameters()
            for name, value in self._objects():
                if id(value) not in self._described:
                    self._described.add(id(value))
                    self._describe(name, value)
        finally:
            _looking.now = False

    def hyperparameters(self) -> dict[str, Any]:
        """Those of the calling code, innermost first; what is new is logged."""
        config = self.config
        found: dict[str, Any] = {}
        for scope in frames.scopes():
            here: dict[str, Any] = {}
            if config.detect_function_args:
                here |= variables.of_function(scope.arguments)
                here |= variables.of_namespace(scope.variables)
            if config.detect_class_attributes and "self" in scope.variables:
                here |= variables.of_namespace(getattr(scope.variables["self"], "__dict__", {}))
            if config.detect_argparse:
                here |= variables.of_argparse(scope.variables)
            if config.detect_config_files:
                here |= variables.of_files(scope.variables, sys.argv[1:])
            found = here | found
        new = {name: value for name, value in found.items() if name not in self._known}
        if new:
            self._known |= new.keys()
            self._experiment.log_params(new)
        return found

    def _objects(self) -> Iterator[tuple[str, Any]]:
        for scope in frames.scopes():
            yield from scope.variables.items()

    def _describe(self, name: str, value: Any) -> None:
        if name.startswith("_") or isinstance(value, type):
            return
        if self.config.track_model_architecture and _is_model(value):
            log_model(self._experiment, name, value)
        elif self.config.track_dataset_info and _is_dataset(value):
            log_dataset(self._experiment, name, value, sample=self.config.track_data_samples)


def log_model(experiment: Experiment, prefix: str, model: Any) -> dict[str, Any]:
    """Log what a model is: its numbers as parameters, its architecture as a text."""
    found = describe_model(model)
    known = (
        "type",
        "module",
        "parameter_count",
        "trainable_parameters",
        "non_trainable_parameters",
    )
    experiment.log_params({f"{prefix}_{key}": found[key] for key in known if key in found})
    if architecture := found.get("architecture"):
        experiment.emit(f"{prefix}/architecture", architecture, MetricType.TEXT, 0, "automagic")
    return found


def log_dataset(
    experiment: Experiment, prefix: str, dataset: Any, *, sample: bool = False
) -> dict[str, Any]:
    """Log what a dataset is, as parameters."""
    found = describe_dataset(dataset, sample=sample)
    experiment.log_params({f"{prefix}_{key}": value for key, value in found.items()})
    return found


def _roots(value: Any) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind in type(value).__mro__:
        found.setdefault(str(kind.__module__).partition(".")[0], set()).add(kind.__name__)
    return found


def _is_model(value: Any) -> bool:
    roots = _roots(value)
    if "torch" in roots:
        return "Module" in roots["torch"] and "_Loss" not in roots["torch"]
    return "BaseEstimator" in roots.get("sklearn", ()) or "Booster" in roots.get("xgboost", ())


def _is_dataset(value: Any) -> bool:
    return bool({"Dataset", "DataLoader"} & _roots(value).get("torch", set()))
