"""The server as a process of its own, which a test can stop, kill and start again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

_ROOT = Path(__file__).parents[3]
_PATIENCE = 15.0


class ClickHouseHttp:
    """A running stand-in over `data_dir`. After `kill()`, `start()` resumes on the same port."""

    def __init__(self, data_dir: Path | str, port: int = 0) -> None:
        self.data_dir = Path(data_dir)
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start the process and wait until it listens."""
        if self._process is not None:
            raise RuntimeError("the server is already running")
        command = [sys.executable, "-m", "tests.support.clickhouse_http", "--until-stdin-closes"]
        command += ["--data-dir", str(self.data_dir.resolve()), "--port", str(self.port)]
        process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line.startswith("listening on "):
            process.kill()
            raise RuntimeError(f"the server did not start (exit code {process.wait()}): {line}")
        self._process, self.port = process, int(line.rpartition(":")[2])
        return self

    def stop(self) -> None:
        """Let it finish what it is doing, then end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def fault(self, **plan: Any) -> dict[str, Any]:
        """Set the fault plan (none: clear it) and return it; see the package's docstring."""
        request = Request(f"{self.url}/_fault", data=json.dumps(plan).encode(), method="POST")
        with urlopen(request, timeout=_PATIENCE) as response:
            return json.load(response)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
