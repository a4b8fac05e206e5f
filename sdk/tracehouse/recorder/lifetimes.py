"""Exit, fork and multiprocessing: when recorders are closed, and when they begin anew."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from collections.abc import Callable
from typing import Protocol

EXIT_SECONDS = 5.0
_CLOSING = 10


class _Closable(Protocol):
    def close(self, timeout: float = ...) -> None: ...
    def after_fork(self) -> None: ...


_all: weakref.WeakSet[_Closable] = weakref.WeakSet()
_at_end: set[tuple[int, Callable[[], None]]] = set()


def register(recorder: _Closable) -> None:
    """Begin it anew in the children of this process."""
    _all.add(recorder)


def starting() -> None:
    """A recorder has something to record in this process: all are closed at its end."""
    at_end(close_all, _CLOSING)


def close_all() -> None:
    """What runs at exit: at most `EXIT_SECONDS` for each recorder."""
    for recorder in list(_all):
        recorder.close(EXIT_SECONDS)


def at_end(function: Callable[[], None], priority: int) -> None:
    """Call it once when this process ends; the higher priority first.

    A child of multiprocessing ends by `os._exit` and runs no atexit. It has a list of its own,
    emptied when the child begins: whoever wants to be on it must ask in the child itself.
    """
    pid = os.getpid()
    if (pid, function) in _at_end:
        return
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        from multiprocessing import util

        util.Finalize(None, function, exitpriority=priority)
    elif not any(known is function for _, known in _at_end):  # atexit itself survives a fork
        atexit.register(function)
    _at_end.add((pid, function))


def _after_fork() -> None:
    for recorder in list(_all):
        recorder.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
