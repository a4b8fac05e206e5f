"""`wandb.Settings`: options of a run. Those that mean nothing here are taken and left alone."""

from __future__ import annotations

import os
from typing import Any

_DEFAULTS: dict[str, Any] = {
    "project": None, "entity": None, "run_id": None, "run_name": None, "run_notes": None,
    "run_tags": None, "run_group": None, "run_job_type": None, "mode": None, "resume": None,
    "root_dir": None, "console": "auto", "disable_git": False, "silent": False, "quiet": False,
    "save_code": False, "sweep_id": None, "x_disable_stats": False,
    "x_stats_sampling_interval": 15.0,
    "allow_val_change": False, "reinit": None, "run_url": None, "host": None, "base_url": None,
    "api_key": None,
}  # fmt: skip
# WANDB_<NAME> of settings whose names differ from their variable's.
_VARIABLES = {
    "WANDB_NAME": "run_name", "WANDB_NOTES": "run_notes", "WANDB_TAGS": "run_tags",
    "WANDB_RUN_GROUP": "run_group", "WANDB_JOB_TYPE": "run_job_type", "WANDB_DIR": "root_dir",
}  # fmt: skip


class Settings:
    """Options by name, as attributes. Unknown ones are kept, and do nothing."""

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(_DEFAULTS)
        self.update(options)

    def update(self, options: Any) -> None:
        """Set what is not None."""
        given = vars(options) if isinstance(options, Settings) else dict(options)
        self.__dict__.update({k: v for k, v in given.items() if v is not None})

    def to_dict(self) -> dict[str, Any]:
        """All of them."""
        return dict(self.__dict__)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def from_environment() -> Settings:
    """What the WANDB_* variables say."""
    settings = Settings()
    for variable, value in os.environ.items():
        if not variable.startswith("WANDB_") or not value:
            continue
        name = _VARIABLES.get(variable, variable.removeprefix("WANDB_").lower())
        settings.update({name: _typed(name, value)})
    if os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1", "yes"):
        settings.mode = "disabled"
    return settings


def _typed(name: str, value: str) -> Any:
    if name == "run_tags":
        return tuple(tag.strip() for tag in value.split(",") if tag.strip())
    default = _DEFAULTS.get(name)
    if isinstance(default, bool):
        return value.lower() in ("true", "1", "yes")
    if isinstance(default, float):
        try:
            return float(value)
        except ValueError:
            return default
    return value
