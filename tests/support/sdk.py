"""Programs that use the SDK, each as its own process with folders of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.server import Server

_HEAD = "import logging, time\nimport tracehouse as cm\n"


@dataclass
class Program:
    """What a program said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass
class Machine:
    """A user's folders, and perhaps a server that their programs find by credentials.json."""

    home: Path
    server: Server | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def state(self) -> Path:
        return self.home / "state/tracehouse"

    def buffers(self) -> list[Path]:
        """What programs left unsent."""
        folder = self.state / "buffers"
        return sorted(folder.iterdir()) if folder.exists() else []

    def variables(self, **more: str) -> dict[str, str]:
        config = self.server.home / "config" if self.server else self.home / "config"
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("OTEL_", "TRACEHOUSE_", "WANDB_"))
        }
        return kept | {
            "XDG_CONFIG_HOME": str(config),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            **self.environment,
            **more,
        }

    def start(
        self, code: str, *, head: str = _HEAD, python: str = sys.executable, **environment: str
    ) -> subprocess.Popen[str]:
        """A program that runs until it ends by itself."""
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [python, "-c", head + textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=self.variables(**environment),
        )

    def run(self, code: str, *, fails: bool = False, timeout: float = 60, **more: Any) -> Program:
        """Run a program to its end, which must be a good one unless it `fails`."""
        process = self.start(code, **more)
        out, err = process.communicate(timeout=timeout)
        assert (process.returncode != 0) == fails, f"{process.returncode}\n{out}\n{err}"
        if self.server is not None:
            self.server.settle()
        return Program(process.returncode, out, err)

    def tracehouse(self, *arguments: str, fails: bool = False) -> Program:
        """The `tracehouse` command."""
        done = subprocess.run(
            [sys.executable, "-m", "tracehouse_agent.cli", *arguments],
            capture_output=True, text=True, cwd=self.home, env=self.variables(), timeout=60,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if self.server is not None:
            self.server.settle()
        return Program(done.returncode, done.stdout, done.stderr)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a query that must succeed."""
        assert self.server is not None
        answer = self.server.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def one_run(self, **parameters: Any) -> dict[str, Any]:
        """The only run there is, whole."""
        (run,) = self.get("/v1/runs", **parameters)["runs"]
        return self.get(f"/v1/runs/{run['id']}")

    def history(self, run_id: str, key: str, **parameters: Any) -> dict[int, float]:
        """A key's values by step."""
        found = self.get(f"/v1/runs/{run_id}/history", keys=key, max_points=100_000, **parameters)
        (series,) = found["series"]
        assert series["exact"]
        return dict(zip(series["step"], series["last"], strict=True))


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def last_json(program: Program) -> Any:
    """The last line of its output, which is JSON."""
    return json.loads(program.out.strip().splitlines()[-1])
