"""A server of the demo's own: folders and ports of its own, found the way a person finds it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httpx

_HTTP = re.compile(r"OTLP/HTTP\s+(\S+)")
_GRPC = re.compile(r"OTLP/gRPC\s+(?:http://)?(\S+)")
_SIGN_IN = re.compile(r"sign in, once\s+(\S+)")
_WAITING = re.compile(r"^tracehouse_backlog_bytes{.*} ([1-9].*)$", re.MULTILINE)
_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 20
_SECONDS_TO_SETTLE = 60
_FILLED = "filled"


@dataclass(frozen=True)
class Server:
    """Where it listens, the key it made for this user, and the link that signs its owner in."""

    http: str
    grpc: str
    key: str
    home: Path = Path()
    sign_in_link: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def user(self) -> dict[str, str]:
        """The folders of the user that this server knows."""
        return {
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }

    @property
    def is_filled(self) -> bool:
        """Whether the whole week was sent to it, in an earlier demo perhaps."""
        return (self.home / _FILLED).exists()

    def note_filled(self) -> None:
        """Remember that the whole week is in it."""
        (self.home / _FILLED).touch()

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """A query; an answer that is not 200 ends the demo with what the server said."""
        return self._answer(path, parameters).json()

    def settle(self) -> None:
        """Return when all that was sent can be queried."""
        deadline = time.monotonic() + _SECONDS_TO_SETTLE
        while _WAITING.search(self._answer("/metrics", {}).text):
            if time.monotonic() > deadline:
                raise click.ClickException("what was sent is still not loaded, after a minute")
            time.sleep(0.1)

    def wait(self) -> None:
        """Return when the server ends by itself, which it should not."""
        if self.process is not None:
            self.process.wait()

    def _answer(self, path: str, parameters: dict[str, Any]) -> httpx.Response:
        answer = httpx.get(
            self.http + path, params=parameters, headers={"x-api-key": self.key}, timeout=30
        )
        if answer.status_code != 200:
            raise click.ClickException(f"GET {answer.url} answered {answer.text}")
        return answer


@contextmanager
def running_server(folder: Path | None = None, port: int = 0) -> Generator[Server]:
    """A server that lives as long as the block. Its data is in `folder`, which is made or was
    filled by an earlier demo, or in one that is gone afterwards. `port` 0 is any free one."""
    if folder is not None:
        _check(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _serving(folder.resolve(), port) as server:
            yield server
        return
    with (
        tempfile.TemporaryDirectory(prefix="tracehouse-demo-") as name,
        _serving(Path(name), port) as server,
    ):
        yield server


def _check(folder: Path) -> None:
    """Only an empty folder is filled, and only a filled one is served again."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _FILLED).exists():
        raise click.ClickException(
            f"{folder} holds something else, or a week that was not sent to its end: choose"
            " another --folder, or remove this one"
        )


@contextmanager
def _serving(home: Path, port: int) -> Generator[Server]:
    log = home / "server.log"
    process = _start(home, log, port)
    try:
        yield _found_by_banner(process, home, log)
    finally:
        code = _stop(process)
    if code != 0:
        raise click.ClickException(f"the server ended with {code}:\n{log.read_text()}")


def _start(home: Path, log: Path, port: int) -> subprocess.Popen[str]:
    with log.open("w") as stderr:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tracehouse_agent.cli", "serve"),
                *("--data-dir", str(home / "data")),
                *("--http-port", str(port), "--grpc-port", "0"),
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
    http, grpc, link = _HTTP.search(banner), _GRPC.search(banner), _SIGN_IN.search(banner)
    if http is None or grpc is None or link is None:
        said = [line for line in log.read_text().splitlines() if line.startswith("Error: ")]
        told = said[-1].removeprefix("Error: ") if said else banner + log.read_text()
        raise click.ClickException(f"the server did not start: {told}")
    credentials = json.loads((home / "config/tracehouse/credentials.json").read_text())
    key = credentials["default"]["api_key"]
    return Server(http[1], f"http://{grpc[1]}", key, home, link[1], process)


def _stop(process: subprocess.Popen[str]) -> int:
    process.terminate()
    try:
        return process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
