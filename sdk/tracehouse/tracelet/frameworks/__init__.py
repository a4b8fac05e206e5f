"""The libraries whose metrics are logged while an experiment lives."""

from __future__ import annotations

from importlib.util import find_spec

from tracehouse.tracelet.frameworks.lightning import LightningFramework
from tracehouse.tracelet.frameworks.pytorch import PyTorchFramework

_NEED = {
    "pytorch": ("torch", "tensorboardX"),
    "lightning": ("lightning", "pytorch_lightning"),
}


def available_frameworks() -> list[str]:
    """Those of them that are installed."""
    return [name for name, any_of in _NEED.items() if any(map(find_spec, any_of))]


__all__ = ["LightningFramework", "PyTorchFramework", "available_frameworks"]
