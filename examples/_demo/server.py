"""A server of the demo's own: fresh folders, free ports, found the way a person finds it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httpx

_HTTP = re.compile(r"OTLP/HTTP\s+(\S+)")
_GRPC = re.compile(r"OTLP/gRPC\s+(?:http://)?(\S+)")
_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 20


@dataclass(frozen=True)
class Server:
    """Where it listens, and the key it made for this user."""

    http: str
    grpc: str
    key: str
    home: Path = Path()

    @property
    def user(self) -> dict[str, str]:
        """The folders of the user that this server knows."""
        return {
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """A query; an answer that is not 200 ends the demo with what the server said."""
        answer = httpx.get(
            self.http + path, params=parameters, headers={"x-api-key": self.key}, timeout=30
        )
        if answer.status_code != 200:
            raise click.ClickException(f"GET {answer.url} answered {answer.text}")
        return answer.json()


@contextmanager
def running_server() -> Generator[Server]:
    """A server that lives as long as the block, and nothing of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="tracehouse-demo-") as name:
        home = Path(name)
        log = home / "server.log"
        process = _start(home, log)
        try:
            yield _found_by_banner(process, home, log)
        finally:
            code = _stop(process)
        if code != 0:
            raise click.ClickException(f"the server ended with {code}:\n{log.read_text()}")


def _start(home: Path, log: Path) -> subprocess.Popen[str]:
    with log.open("w") as stderr:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tracehouse_agent.cli", "serve"),
                *("--data-dir", str(home / "data"), "--http-port", "0", "--grpc-port", "0"),
            ],
            cwd=home,
            env=os.environ | {"XDG_CONFIG_HOME": str(home / "config")},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            # A Ctrl-C is meant for the demo, which then asks the server to stop: once, not twice.
            start_new_session=True,
        )


def _found_by_banner(process: subprocess.Popen[str], home: Path, log: Path) -> Server:
    """The addresses that the banner names, and the key that is kept for this user."""
    assert process.stdout is not None
    too_late = threading.Timer(_SECONDS_TO_START, process.kill)
    too_late.start()
    banner = ""
    for line in process.stdout:
        banner += click.unstyle(line)
        if "/v1/traces" in line:  # the last thing it says
            break
    too_late.cancel()
    http, grpc = _HTTP.search(banner), _GRPC.search(banner)
    if http is None or grpc is None:
        raise click.ClickException(f"the server did not start:\n{banner}{log.read_text()}")
    credentials = json.loads((home / "config/tracehouse/credentials.json").read_text())
    return Server(http[1], f"http://{grpc[1]}", credentials["default"]["api_key"], home)


def _stop(process: subprocess.Popen[str]) -> int:
    process.terminate()
    try:
        return process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
