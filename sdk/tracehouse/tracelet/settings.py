"""Settings: arguments > `TRACELET_*` > the file `.env` > defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tracehouse.tracelet.exceptions import ConfigurationError

_TRUE, _FALSE = frozenset(("1", "true", "yes", "on")), frozenset(("0", "false", "no", "off", ""))
DEFAULT_EXPERIMENT = "default_experiment"


class TraceletSettings:
    """What holds for experiments that do not say otherwise.

    Every field is an argument, and read from `TRACELET_<FIELD>`; lists are separated by commas.
    Raises ConfigurationError for an unknown field, and for a value that is not of its kind.
    """

    project: str = "default"
    experiment_name: str | None = None
    backend: list[str]
    api_key: str | None = None
    """Of the first backend, as `backend_url`."""
    backend_url: str | None = None
    track_tensorboard: bool = True
    track_lightning: bool = True
    track_system: bool = True
    track_git: bool = True
    track_env: bool = True
    metrics_interval: float = 10.0
    """Seconds between readings of the machine."""
    enable_automagic: bool = False
    automagic_frameworks: set[str] | None = None
    """None: all that are known."""
    enable_artifacts: bool = False
    automagic_artifacts: bool = False
    watch_filesystem: bool = False
    artifact_watch_dirs: list[str]
    plugin_path: list[str]
    """Folders and files with plugins; in the environment they are separated as PATH is."""

    def __init__(self, **given: Any) -> None:
        if unknown := sorted(given.keys() - _READERS.keys()):
            raise ConfigurationError(f"TraceletSettings has no {', '.join(unknown)}")
        self.backend, self.artifact_watch_dirs, self.plugin_path = ["tracehouse"], [], []
        file = _dotenv(Path(".env"))
        environment = {name.upper(): value for name, value in os.environ.items()}
        for name, read in _READERS.items():
            variable = f"TRACELET_{name.upper()}"
            value, where = given.get(name), name
            if value is None:
                value, where = environment.get(variable, file.get(variable)), variable
            if value is None or (value == "" and where == variable):
                continue
            try:
                setattr(self, name, read(value))
            except (ValueError, TypeError):
                raise ConfigurationError(f"{where}: {value!r} is none") from None
        if self.metrics_interval <= 0:
            raise ConfigurationError("metrics_interval: it is a number of seconds above 0")


def is_setting(name: str) -> bool:
    """Whether there is a setting of this name."""
    return name in _READERS


def _bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise ValueError(value)


def _list(value: Any, separator: str = ",") -> list[str]:
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("[") else value.split(separator)
    return [name for part in value if (name := str(part).strip())]


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "project": str,
    "experiment_name": str,
    "backend": _list,
    "api_key": str,
    "backend_url": str,
    "track_tensorboard": _bool,
    "track_lightning": _bool,
    "track_system": _bool,
    "track_git": _bool,
    "track_env": _bool,
    "metrics_interval": float,
    "enable_automagic": _bool,
    "automagic_frameworks": lambda value: set(_list(value)),
    "enable_artifacts": _bool,
    "automagic_artifacts": _bool,
    "watch_filesystem": _bool,
    "artifact_watch_dirs": _list,
    "plugin_path": lambda value: _list(value, os.pathsep),
}


def _dotenv(path: Path) -> dict[str, str]:
    """The assignments of a file; none where there is no file."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            found[name.strip().upper()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
        return value[1:end]
    return value.partition(" #")[0].rstrip()
