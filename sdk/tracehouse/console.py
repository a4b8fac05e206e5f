"""What a program prints while a run is alive, line by line.

The `write` of the stream object is wrapped, and the object stays: handlers of `logging` that hold
it are heard, too.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

Line = Callable[[str, str], None]

_MAX_LINE = 16_384
_guard = threading.local()


class Console:
    """Gives every finished line of stdout and stderr to `on_line(stream, text)`.

    A carriage return begins its line anew, as on a terminal: of a progress bar the last state is
    kept.
    """

    def __init__(self, on_line: Line) -> None:
        self._on_line = on_line
        self._rest = {"stdout": "", "stderr": ""}
        self._lock = threading.Lock()
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to listen; a stream that cannot be wrapped is left alone."""
        for name in self._rest:
            self._wrap(name, getattr(sys, name))

    def _wrap(self, name: str, stream: Any) -> None:
        write = getattr(stream, "write", None)
        if write is None:
            return

        def heard(text: Any) -> Any:
            written = write(text)
            if isinstance(text, str) and not getattr(_guard, "inside", False):
                _guard.inside = True
                try:
                    self._feed(name, text)
                finally:
                    _guard.inside = False
            return written

        try:
            had_own = "write" in vars(stream)
            stream.write = heard
        except (AttributeError, TypeError):
            return

        def undo() -> None:
            if stream.write is heard:
                if had_own:
                    stream.write = write
                else:
                    del stream.write

        self._undo.append(undo)

    def _feed(self, name: str, text: str) -> None:
        with self._lock:
            *lines, rest = (self._rest[name] + text).split("\n")
            self._rest[name] = rest[-_MAX_LINE:]
        for line in lines:
            self._emit(name, line)

    def _emit(self, name: str, line: str) -> None:
        self._on_line(name, line.rstrip("\r").rpartition("\r")[2][:_MAX_LINE])

    def stop(self) -> None:
        """Stop listening; a line without an end is given as it is."""
        for undo in self._undo:
            undo()
        self._undo.clear()
        for name, rest in self._rest.items():
            if rest:
                self._emit(name, rest)
            self._rest[name] = ""
