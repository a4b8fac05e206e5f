"""`wandb.sdk.lib.telemetry`: nothing is told to anyone."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


@contextmanager
def context(*_: Any, **__: Any) -> Generator[Any]:
    """A thing whose attributes can be set."""
    yield SimpleNamespace(feature=SimpleNamespace())
