"""Runs that a program does not finish itself: at its exit, after an exception, on a signal.

    exit, sys.exit(0)             finished
    sys.exit(n)                   failed
    an uncaught exception         crashed
    Ctrl-C, SIGTERM               killed
    SIGKILL, out of memory        the server sees that the heartbeat stopped: crashed

Off with `auto_finish=False` or TRACEHOUSE_DISABLE_AUTOFINISH=1. A forked child finishes only the
runs that it began itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Protocol

from tracehouse import complain
from tracehouse.recorder.lifetimes import EXIT_SECONDS, at_end


class _Finishable(Protocol):
    def finish(self, *, status: str = ..., timeout: float = ...) -> None: ...
    def record_exception(self, error: BaseException) -> None: ...


_FINISHING = 20  # before the recorders are closed
_active: dict[_Finishable, int] = {}
_status = "finished"
_installed = False
_previous_excepthook: Any = None


def watch(run: _Finishable) -> None:
    """Finish it when this process ends."""
    if os.environ.get("TRACEHOUSE_DISABLE_AUTOFINISH", "") in ("", "0"):
        _active[run] = os.getpid()
        _install()
        at_end(_at_exit, _FINISHING)


def forget(run: _Finishable) -> None:
    """It was finished."""
    _active.pop(run, None)


def finish_active(status: str, error: BaseException | None = None) -> None:
    """Finish all runs of this process that are still alive."""
    for run in [run for run, pid in _active.items() if pid == os.getpid()]:
        if error is not None:
            run.record_exception(error)
        run.finish(status=status, timeout=EXIT_SECONDS)


def _install() -> None:
    global _installed, _previous_excepthook
    if _installed:
        return
    _installed = True
    _previous_excepthook, sys.excepthook = sys.excepthook, _on_exception
    _wrap_exit()
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    ):
        signal.signal(signal.SIGTERM, _on_sigterm)


def _at_exit() -> None:
    error = sys.exc_info()[1]  # set where multiprocessing ends a child that raised
    if error is None or isinstance(error, SystemExit):
        finish_active(_status)
    else:
        finish_active("crashed", error)


def _on_exception(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    try:
        finish_active("killed" if issubclass(kind, KeyboardInterrupt) else "crashed", error)
    except Exception:
        complain.logger.debug("auto-finish failed", exc_info=True)
    _previous_excepthook(kind, error, traceback)


def _wrap_exit() -> None:
    """An exit code is seen nowhere but in the call that sets it."""
    previous = sys.exit

    def remembering_exit(code: Any = None, /) -> Any:
        global _status
        _status = "finished" if code in (None, 0, False) else "failed"
        return previous(code)

    sys.exit = remembering_exit


def _on_sigterm(number: int, _: FrameType | None) -> None:
    finish_active("killed")
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
