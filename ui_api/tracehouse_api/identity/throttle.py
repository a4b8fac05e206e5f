"""So many tries in so much time, and no more: for passwords, links and anonymous sessions.

Kept in memory: each process of a house counts for itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_MOST_NAMES = 10_000


class Throttle:
    """A sliding window for each name (an address, an account). Thread-safe."""

    def __init__(
        self, most: int, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._tries: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, *names: str) -> float:
        """Seconds until any of these may try again; 0.0, and a try more, when they may."""
        now = self._now()
        with self._lock:
            waits = [self._wait(name, now) for name in names]
            if any(waits):
                return max(waits)
            if len(self._tries) > _MOST_NAMES:
                self._forget_old(now)
            for name in names:
                self._tries.setdefault(name, deque(maxlen=self._most)).append(now)
            return 0.0

    def forgive(self, *names: str) -> None:
        """Count anew: they succeeded."""
        with self._lock:
            for name in names:
                self._tries.pop(name, None)

    def _wait(self, name: str, now: float) -> float:
        tries = self._tries.get(name)
        if tries is None or len(tries) < self._most:
            return 0.0
        return max(0.0, tries[0] + self._seconds - now)

    def _forget_old(self, now: float) -> None:
        for name in [n for n, tries in self._tries.items() if tries[-1] + self._seconds < now]:
            del self._tries[name]
