"""`start_logging` and `stop_logging`: one active experiment per process."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tracehouse import complain
from tracehouse.tracelet.core.config import ExperimentConfig
from tracehouse.tracelet.core.experiment import Experiment
from tracehouse.tracelet.settings import DEFAULT_EXPERIMENT, TraceletSettings, is_setting

_active: Experiment | None = None
_lock = threading.RLock()
_CONFIG = {field.name for field in fields(ExperimentConfig)}
_OF_EXPERIMENT = ("tags", "automagic", "automagic_config", "artifacts")


def start_logging(
    exp_name: str | None = None,
    project: str | None = None,
    backend: str | Sequence[str] | None = None,
    api_key: str | None = None,
    backend_url: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> Experiment:
    """Start an experiment, and make it the active one; an earlier one is stopped first.

    Args:
        exp_name: its name; TRACELET_EXPERIMENT_NAME, then `default_experiment`.
        project: what it is filed under.
        backend: one or several: tracehouse (the default), mlflow, wandb, aim, clearml, a plugin.
        api_key: of the first backend, as `backend_url`.
        config: settings (see `TraceletSettings`), fields of `ExperimentConfig`, `tags`,
            `automagic`, `automagic_config`, `artifacts`, and `<backend>_<setting>` for a backend.

    Raises ConfigurationError (a ValueError) for an unknown backend or a setting that is none, and
    BackendError for a backend whose package is not installed.
    """
    global _active
    given = dict(config or {})
    settings = TraceletSettings(
        **{name: value for name, value in given.items() if is_setting(name)}
        | _known(
            experiment_name=exp_name,
            project=project,
            backend=[backend] if isinstance(backend, str) else backend,
            api_key=api_key,
            backend_url=backend_url,
        )
    )
    names = settings.backend
    own = {name: value for name, value in given.items() if _of_backend(name, names)}
    unknown = given.keys() - own.keys() - _CONFIG - set(_OF_EXPERIMENT)
    for name in sorted(name for name in unknown if not is_setting(name)):
        complain.once("start_logging: there is no setting %s: it is ignored", name, key=name)
    with _lock:
        stop_logging()
        experiment = Experiment(
            settings.experiment_name or DEFAULT_EXPERIMENT,
            _config(settings, given),
            backend=names,
            tags=[*given.get("tags", ()), f"project:{settings.project}"],
            automagic=bool(given.get("automagic", False)),
            automagic_config=given.get("automagic_config"),
            artifacts=bool(given.get("artifacts", False)),
            settings=settings,
            backend_config=own,
        )
        _active = experiment.start()
    return experiment


def stop_logging() -> None:
    """Stop the active experiment, if there is one."""
    global _active
    with _lock:
        experiment, _active = _active, None
        if experiment is not None:
            experiment.stop()


def get_active_experiment() -> Experiment | None:
    """The experiment that was started last, while it lives."""
    return _active if _active is not None and _active.active else None


def _config(settings: TraceletSettings, given: Mapping[str, Any]) -> ExperimentConfig:
    """What the settings say, and then what was given by the names of `ExperimentConfig`."""
    said: dict[str, Any] = {
        "track_environment": settings.track_env,
        "track_git": settings.track_git,
        "track_system_metrics": settings.track_system,
        "enable_automagic": settings.enable_automagic,
        "automagic_frameworks": settings.automagic_frameworks,
        "enable_artifacts": settings.enable_artifacts,
        "automagic_artifacts": settings.automagic_artifacts,
        "watch_filesystem": settings.watch_filesystem,
        "artifact_watch_dirs": settings.artifact_watch_dirs or None,
    }
    direct = {k: v for k, v in given.items() if k in _CONFIG and not is_setting(k)}
    return ExperimentConfig(**said | direct)


def _of_backend(name: str, backends: Sequence[str]) -> bool:
    return any(name.startswith(f"{backend}_") for backend in backends)


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
