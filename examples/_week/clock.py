"""The time that this process believes it is, so that SDKs log last Tuesday's run as last Tuesday's.

Imported before OpenTelemetry and the SDK, which read the time by `time.time_ns`. Deadlines and
pauses use `time.monotonic` and stay as they are.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

DAY = 86_400.0
HOUR = 3_600.0
_real_ns = time.time_ns


class Clock:
    """A clock that stands still until it is moved. It never goes past the real time."""

    def __init__(self, now_ns: int | None = None) -> None:
        self.real_now_ns = _real_ns() if now_ns is None else now_ns
        self.now_ns = self.real_now_ns

    def install(self) -> Clock:
        """Make it the time of this process."""
        time.time_ns = lambda: self.now_ns
        time.time = lambda: self.now_ns / 1e9
        return self

    def ago(self, days: float = 0, hours: float = 0) -> int:
        """The moment that long before the real now, in nanoseconds."""
        return self.real_now_ns - int((days * DAY + hours * HOUR) * 1e9)

    def set(self, moment_ns: int) -> None:
        """Go to a moment."""
        self.now_ns = min(moment_ns, self.real_now_ns)

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.set(self.now_ns + int(seconds * 1e9))


def iso(moment_ns: int) -> str:
    """As transcripts and the API have it."""
    told = datetime.fromtimestamp(moment_ns / 1e9, UTC)
    return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")
