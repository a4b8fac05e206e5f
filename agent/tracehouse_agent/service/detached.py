"""A process of its own, where nothing on the machine looks after processes.

The hook starts it again when it finds nobody listening: the file `revive` says how.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tracehouse_agent.recorder.config import recorder_dir
from tracehouse_agent.recorder.running import is_running, read_pid
from tracehouse_agent.service.service import (
    CannotServe,
    Service,
    ServiceState,
    log_path,
    recorder_command,
    write,
)

_SECONDS = 15.0
REVIVE = "revive"


class Detached(Service):
    kind = "detached process"

    @staticmethod
    def works() -> bool:
        return True

    @property
    def _path(self) -> Path:
        return recorder_dir() / REVIVE

    def is_installed(self) -> bool:
        return self._path.exists()

    def install(self) -> None:
        write(self._path, "\n".join(_command()).encode())
        self.restart()

    def uninstall(self) -> None:
        was = self.is_installed()
        self._path.unlink(missing_ok=True)
        if was:
            self._stop()

    def restart(self) -> None:
        self._stop()
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                _command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=recorder_dir(),
            )
        except OSError as error:
            raise CannotServe(f"the recorder cannot be started: {error.strerror}") from None
        if not _wait(lambda: is_running() or process.poll() is not None) or not is_running():
            raise CannotServe(f"the recorder ended at once: {log_path()} says why")

    def state(self) -> ServiceState:
        if not self.is_installed():
            return ServiceState(self.kind, installed=False, running=False)
        running = is_running()
        hint = ""
        if not running:
            hint = f"{log_path()} says why; `tracehouse install` starts it"
        elif self._path.read_text().splitlines() != list(_command()):
            hint = "it runs another installation: `tracehouse install` renews it"
        detail = f"pid {read_pid()}" if running else "not running"
        return ServiceState(self.kind, True, running, detail, hint)

    def _stop(self) -> None:
        pid = read_pid()
        if not is_running() or not pid:
            return
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        except PermissionError:
            raise CannotServe(f"the recorder (pid {pid}) is somebody else's") from None
        if not _wait(lambda: not is_running()):
            raise CannotServe(f"the recorder (pid {pid}) does not end: end it and try again")


def _command() -> Sequence[str]:
    return [*recorder_command(), "--log-file", str(log_path())]


def _wait(until: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _SECONDS
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
