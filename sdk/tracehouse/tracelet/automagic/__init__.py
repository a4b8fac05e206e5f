"""What an experiment finds out by itself: hyper-parameters, models, datasets, learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracehouse.tracelet.automagic.config import AutomagicConfig
from tracehouse.tracelet.automagic.datasets import describe_dataset
from tracehouse.tracelet.automagic.watcher import Automagic

if TYPE_CHECKING:
    from tracehouse.tracelet.core.experiment import Experiment


def automagic(experiment: Experiment, config: AutomagicConfig | None = None) -> None:
    """Have an experiment find things out by itself from now on."""
    experiment.enable_automagic(config)


def capture_hyperparams(experiment: Experiment) -> dict[str, Any]:
    """Log the hyper-parameters that the calling code has in its variables; what was found."""
    return experiment.capture_hyperparams()


__all__ = ["Automagic", "AutomagicConfig", "automagic", "capture_hyperparams", "describe_dataset"]
