"""The thread of a living run: its heartbeat, and readings of the machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tracehouse import complain

_STOP_SECONDS = 5.0


class Pulse:
    """Calls `beat` and `read` each at its own interval (seconds); `read` at once as well."""

    def __init__(
        self,
        beat: Callable[[], None],
        beat_seconds: float,
        read: Callable[[], None] | None,
        read_seconds: float,
    ) -> None:
        self._jobs = [(beat, beat_seconds, time.monotonic() + beat_seconds)]
        if read is not None:
            self._jobs.append((read, max(0.1, read_seconds), time.monotonic()))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracehouse-pulse", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            for place, (job, interval, due) in enumerate(self._jobs):
                if time.monotonic() >= due:
                    self._call(job)
                    self._jobs[place] = (job, interval, time.monotonic() + interval)
            wait = min(due for _, _, due in self._jobs) - time.monotonic()
            if self._stop.wait(max(0.0, wait)):
                return

    @complain.never_raises(complain.nothing)
    def _call(self, job: Callable[[], None]) -> None:
        job()

    def stop(self) -> None:
        """End the thread, after the reading that it takes; one is always taken."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_STOP_SECONDS)
