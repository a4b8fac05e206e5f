"""Starts `tracehouse serve` from a process that has imported already what a server imports.

Importing takes more CPU than the rest of a start, and hundreds of servers are started. What runs is
a process of its own, with its own arguments, environment and folder, as if started from a shell.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

_LONGEST_REQUEST = 1 << 20


class PreparedProcess:
    """A running `tracehouse` with these arguments; what it prints can be read from `stdout`."""

    def __init__(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], log: IO[str]
    ) -> None:
        reading, writing = os.pipe()
        request = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment)}
        self.pid: int = _ask(request, [writing, log.fileno()])
        os.close(writing)
        self.stdout = os.fdopen(reading, "r")
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative after a signal; None while it runs."""
        if self._code is None:
            self._code = _ask({"ended": self.pid}, [])
            if self._code is not None:
                self.stdout.close()
        return self._code

    def wait(self, timeout: float) -> int:
        """Its exit code. Raises TimeoutError where it still runs then."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} still runs after {timeout} s")
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _ask(request: dict[str, Any], files: list[int]) -> Any:
    line = json.dumps(request).encode()
    assert len(line) < _LONGEST_REQUEST
    ours = _launcher()
    socket.send_fds(ours, [line], files)
    return json.loads(ours.recv(_LONGEST_REQUEST))


@cache
def _launcher() -> socket.socket:
    """A socket to the launcher, which ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen(
        [sys.executable, "-m", "tests.support.prepared", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    theirs.close()
    return ours


def _launch(asked: socket.socket) -> None:
    import tracehouse_agent.server  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from tracehouse_agent.cli import main

    while True:
        line, files, _, _ = socket.recv_fds(asked, _LONGEST_REQUEST, 2)
        if not line:
            return
        request = json.loads(line)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                asked.close()
                _become(request, files)
                main()
            for file in files:
                os.close(file)
        asked.send(json.dumps(answer).encode())


def _become(request: dict[str, Any], files: list[int]) -> None:
    for file, number in zip(files, (1, 2), strict=True):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["tracehouse", *request["arguments"]]


if __name__ == "__main__":
    _launch(socket.socket(fileno=int(sys.argv[1])))
