"""What a service of each kind can do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tracehouse_agent.recorder.config import recorder_dir

_SECONDS = 20
# A service does not have the shell's environment. What says where things are goes with it; what is
# secret must be in a file.
_PLACES = (
    "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME",
    "TRACEHOUSE_API_BASE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy", "SSL_CERT_FILE", "PYTHONPATH",
)  # fmt: skip


class CannotServe(Exception):
    """Why it was not installed, and what to do."""


@dataclass(frozen=True)
class ServiceState:
    """How it stands. `hint` is what to do, where something is to be done."""

    kind: str
    installed: bool
    running: bool
    detail: str = ""
    hint: str = ""


class Service(ABC):
    """Installing starts it, and again restarts it where something changed. Raises CannotServe."""

    kind: ClassVar[str]

    @staticmethod
    @abstractmethod
    def works() -> bool:
        """Whether this machine has it."""

    @abstractmethod
    def is_installed(self) -> bool: ...

    @abstractmethod
    def install(self) -> None: ...

    @abstractmethod
    def uninstall(self) -> None:
        """Stop it and take it out. Nothing happens where it is not."""

    @abstractmethod
    def restart(self) -> None: ...

    @abstractmethod
    def state(self) -> ServiceState:
        """Raises nothing."""


def recorder_command() -> list[str]:
    """The recorder's own command, with an absolute path: a service has another PATH."""
    return [sys.executable, "-m", "tracehouse_agent.cli", "agent", "--quiet"]


def log_path() -> Path:
    """Where it logs, if nobody else keeps its log."""
    return recorder_dir() / "recorder.log"


def places() -> dict[str, str]:
    """The variables that go with it."""
    return {name: os.environ[name] for name in _PLACES if os.environ.get(name)}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A command of the system's; 127 where it is not there or takes too long."""
    program = shutil.which(command[0])
    if program is None:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not there")
    try:
        return subprocess.run(  # noqa: S603 - fixed commands, found on the PATH
            [program, *command[1:]], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def must(*command: str) -> None:
    """A command that must succeed. Raises CannotServe."""
    done = run(*command)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotServe(f"{' '.join(command)}: {said[-1] if said else done.returncode}")


def write(path: Path, content: bytes) -> bool:
    """Write a file of the service's; whether that changed it. Raises CannotServe."""
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise CannotServe(f"{path}: {error.strerror}") from None
    return True


def quoted(words: Sequence[str]) -> str:
    """Words of a systemd unit: `%` and `$` mean something there."""
    meant = (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$"))
    shown: list[str] = []
    for word in words:
        for letter, escaped in meant:
            word = word.replace(letter, escaped)
        shown.append(f'"{word}"')
    return " ".join(shown)
