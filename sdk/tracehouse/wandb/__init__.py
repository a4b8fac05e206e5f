"""A drop-in for wandb, over tracehouse's own runs.

    from tracehouse import wandb                     # new code
    sys.modules["wandb"] = tracehouse.wandb          # or: every `import wandb` after this

What wandb has and this has not raises NotImplementedError with its name.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any, NoReturn

from tracehouse import __version__ as __tracehouse_version__
from tracehouse.wandb import apis, data_types, env, errors, finder, plot, sdk, util
from tracehouse.wandb.apis.public import Api
from tracehouse.wandb.artifacts import Artifact
from tracehouse.wandb.config import Config
from tracehouse.wandb.data_types import (
    Audio,
    Histogram,
    Html,
    Image,
    Markdown,
    Object3D,
    Plotly,
    Table,
    Video,
)
from tracehouse.wandb.errors import AuthenticationError, CommError, Error, UsageError
from tracehouse.wandb.init import init
from tracehouse.wandb.plot import plot_table
from tracehouse.wandb.run import Run
from tracehouse.wandb.settings import Settings
from tracehouse.wandb.sweeps import agent, sweep

__version__ = finder.VERSION

logger = logging.getLogger("tracehouse")

_NOT_HERE = frozenset((
    "controller", "link_artifact", "link_model", "box3d", "Molecule", "Classes",
    "JoinedTable", "EvalTable", "Graph", "ArtifactTTL", "visualize", "sklearn", "keras", "catboost",
    "attach", "_attach", "patched",
))  # fmt: skip


class AlertLevel(Enum):
    """How much an alert matters."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class _NotBegun:
    """Stands for `wandb.config` and `wandb.summary` while there is no run."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, what: str) -> NoReturn:
        raise Error(f"You must call wandb.init() before wandb.{self._name}{what}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse(f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse(f".{name}")

    def __getitem__(self, key: str) -> Any:
        self._refuse(f"[{key!r}]")

    def __setitem__(self, key: str, value: Any) -> None:
        self._refuse(f"[{key!r}]")

    def __bool__(self) -> bool:
        return False


def not_begun(name: str) -> Any:
    """What `wandb.config` and `wandb.summary` are while there is no run."""
    return _NotBegun(name)


run: Run | None = None
config: Any = not_begun("config")
summary: Any = not_begun("summary")


def _run(call: str) -> Run:
    if run is None:
        raise Error(f"You must call wandb.init() before wandb.{call}()")
    return run


def log(
    data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: Any = None
) -> None:
    """Log values to the run; see `Run.log`."""
    _run("log").log(data, step, commit, sync)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the run, if there is one."""
    if run is not None:
        run.finish(exit_code, quiet)


join = finish


def save(*arguments: Any, **more: Any) -> Any:
    """Take files along; see `Run.save`."""
    return _run("save").save(*arguments, **more)


def restore(*arguments: Any, **more: Any) -> Any:
    """An open file of the run's folder; see `Run.restore`."""
    return _run("restore").restore(*arguments, **more)


def watch(*arguments: Any, **more: Any) -> None:
    """Log histograms of a model; see `Run.watch`."""
    _run("watch").watch(*arguments, **more)


def unwatch(*arguments: Any) -> None:
    """Stop."""
    _run("unwatch").unwatch(*arguments)


def alert(*arguments: Any, **more: Any) -> None:
    """Keep an alert with the run; see `Run.alert`."""
    _run("alert").alert(*arguments, **more)


def define_metric(*arguments: Any, **more: Any) -> Any:
    """Say which value of a key its summary keeps; see `Run.define_metric`."""
    return _run("define_metric").define_metric(*arguments, **more)


def log_artifact(*arguments: Any, **more: Any) -> Artifact:
    """Keep a version of an artifact; see `Run.log_artifact`."""
    return _run("log_artifact").log_artifact(*arguments, **more)


def use_artifact(*arguments: Any, **more: Any) -> Artifact:
    """An artifact as an input; see `Run.use_artifact`."""
    return _run("use_artifact").use_artifact(*arguments, **more)


def log_model(*arguments: Any, **more: Any) -> Any:
    """Keep a model's files; see `Run.log_model`."""
    return _run("log_model").log_model(*arguments, **more)


def use_model(*arguments: Any, **more: Any) -> str:
    """The folder with a model's files; see `Run.use_model`."""
    return _run("use_model").use_model(*arguments, **more)


def mark_preempting() -> None:
    """Nothing has to be known of it here."""
    _run("mark_preempting").mark_preempting()


def login(*_: Any, key: str | None = None, **__: Any) -> bool:
    """Whether a key is known: given, in TRACEHOUSE_API_KEY, or in credentials.json."""
    from tracehouse.settings import resolve_destination

    if key and key.startswith("ba_"):
        os.environ["TRACEHOUSE_API_KEY"] = key
    return resolve_destination().api_key is not None


def setup(*_: Any, **__: Any) -> Any:
    """Nothing has to be set up."""
    return sys.modules[__name__]


def teardown(*_: Any, **__: Any) -> None:
    """End the run, if there is one."""
    finish()


def require(*_: Any, **__: Any) -> None:
    """All that is here is here always."""


def ensure_configured() -> None:
    """Nothing has to be configured."""


def helper(*_: Any, **__: Any) -> None:
    """Nothing."""


def termsetup(*_: Any, **__: Any) -> None:
    """Nothing has to be set up."""


_said: set[str] = set()


def _term(level: int, string: str, repeat: bool) -> None:
    if repeat or string not in _said:
        _said.add(string)
        logger.log(level, string)


def termlog(string: str = "", newline: bool = True, repeat: bool = True, **_: Any) -> None:
    """Say something."""
    del newline
    _term(logging.INFO, string, repeat)


def termwarn(string: str = "", newline: bool = True, repeat: bool = True, **_: Any) -> None:
    """Warn of something."""
    del newline
    _term(logging.WARNING, string, repeat)


def termerror(string: str = "", newline: bool = True, repeat: bool = True, **_: Any) -> None:
    """Tell an error."""
    del newline
    _term(logging.ERROR, string, repeat)


def __getattr__(name: str) -> Any:
    if name in ("xgboost", "lightgbm", "integration"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name in _NOT_HERE:
        return _not_here(name)
    raise AttributeError(f"module 'wandb' has no attribute {name!r}")


def _not_here(name: str) -> Any:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"tracehouse.wandb: wandb.{name} is not there")

    refuse.__name__ = name
    return refuse


finder.install()

__all__ = [
    "AlertLevel", "Api", "Artifact", "Audio", "AuthenticationError", "CommError", "Config",
    "Error", "Histogram", "Html", "Image", "Markdown", "Object3D", "Plotly", "Run", "Settings",
    "Table", "UsageError", "Video", "__tracehouse_version__", "__version__", "agent", "alert",
    "apis", "config", "data_types", "define_metric", "ensure_configured", "env", "errors",
    "finish", "helper", "init", "join", "log", "log_artifact", "log_model", "login",
    "mark_preempting", "plot", "plot_table", "require", "restore", "run", "save", "sdk", "setup",
    "summary", "sweep", "teardown", "termerror", "termlog", "termsetup", "termwarn", "unwatch",
    "use_artifact", "use_model", "util", "watch",
]  # fmt: skip
