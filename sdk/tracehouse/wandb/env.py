"""`wandb.env`: the environment variables, by wandb's own names."""

from __future__ import annotations

import os

PROJECT, ENTITY, NAME, RUN_ID = "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_NAME", "WANDB_RUN_ID"
MODE, DIR, RESUME, SWEEP_ID = "WANDB_MODE", "WANDB_DIR", "WANDB_RESUME", "WANDB_SWEEP_ID"
NOTES, TAGS, RUN_GROUP, JOB_TYPE = "WANDB_NOTES", "WANDB_TAGS", "WANDB_RUN_GROUP", "WANDB_JOB_TYPE"


def set_project(value: str) -> None:
    """Set the project of the runs to come."""
    os.environ[PROJECT] = value


def set_entity(value: str) -> None:
    """Set the entity of the runs to come."""
    os.environ[ENTITY] = value


def get_project(default: str | None = None) -> str | None:
    """The project that is set."""
    return os.environ.get(PROJECT, default)


def get_entity(default: str | None = None) -> str | None:
    """The entity that is set."""
    return os.environ.get(ENTITY, default)
