"""How the hook wakes the recorder: a named pipe, into which it writes one byte and never waits."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

NAME = "wake"


class Alarm:
    """Sleeps, until somebody writes into the pipe. Without one (a file system that has none,
    another system) it only sleeps."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._pipe = -1
        if not hasattr(os, "mkfifo"):
            return
        try:
            with contextlib.suppress(FileExistsError):
                os.mkfifo(self._path, 0o600)
            # For writing as well: the pipe does not end when a writer goes.
            self._pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            self._pipe = -1

    def sleep(self, seconds: float) -> bool:
        """Whether it was woken."""
        if self._pipe < 0:
            time.sleep(seconds)
            return False
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe, 65536)
        return bool(ready)

    def ring(self) -> None:
        """Wake it from this process, a signal handler included."""
        if self._pipe >= 0:
            with contextlib.suppress(OSError):
                os.write(self._pipe, b"!")

    def close(self) -> None:
        """Nobody listens any more: the hook sees that."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
