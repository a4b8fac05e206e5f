"""Whose turn it is: few queries run at once, and one workspace has at most half of the places."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager


class Busy(Exception):
    """As many queries run as may."""


class Turns:
    """Places for so many at once. Thread-safe."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._most_of_one = max(1, places // 2)
        self._running: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, workspace: str, patience: float) -> Generator[None]:
        """A place, once there is one. Raises Busy after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_place(workspace), patience):
                raise Busy
            self._running[workspace] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running[workspace] -= 1
                if not self._running[workspace]:
                    del self._running[workspace]
                self._changed.notify_all()

    def _has_place(self, workspace: str) -> bool:
        return self._running.total() < self._places and self._running[workspace] < self._most_of_one
