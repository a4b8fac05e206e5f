"""What is known of a rollout when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracehouse import complain
from tracehouse.rollouts.settings import Defaults, checked_phase

_KEYS = frozenset(
    (
        "datapoint_id", "phase", "run_id", "step_number", "env_name", "model_name", "grader_name",
        "trace_id", "project",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Meta:
    """A rollout's metadata, checked. `more` is what has no name of its own."""

    datapoint_id: str
    phase: str
    run_id: str | None = None
    step_number: int | None = None
    env_name: str | None = None
    model_name: str | None = None
    grader_name: str | None = None
    trace_id: str | None = None
    project: str | None = None
    more: dict[str, Any] = field(default_factory=dict[str, Any])


def checked(given: Mapping[str, Any], defaults: Defaults) -> Meta:
    """Metadata from what is given, then from the defaults.

    Raises ValueError: without a `datapoint_id` or a `phase`, for a step below 0, and in production
    for a `run_id` that is not the project.
    """
    said = {name: value for name, value in given.items() if value is not None}
    if "datapoint_id" not in said:
        raise ValueError("datapoint_id: it is required")
    if (phase := said.get("phase", defaults.phase)) is None:
        raise ValueError("phase: give it here or to configure(): train, eval or prod")
    phase = checked_phase(phase)
    found: dict[str, Any] = {
        name: said.get(name, getattr(defaults, name, None)) for name in _KEYS - {"phase"}
    }
    step = found["step_number"]
    if step is not None and (isinstance(step, bool) or not hasattr(step, "__index__") or step < 0):
        raise ValueError(f"step_number: it must be a whole number from 0, and is {step!r}")
    if phase == "prod":
        project = found["project"] = found["project"] or found["run_id"]
        if found["run_id"] not in (None, project):
            raise ValueError(f"run_id: in production it must be the project, {project!r}")
        found["run_id"] = project
        if step is not None or found["grader_name"] is not None:
            complain.once("production has no steps and no grader: these are left out")
        found["step_number"] = found["grader_name"] = None
    elif step is not None:
        found["step_number"] = int(step.__index__())
    texts: dict[str, Any] = {
        name: str(value) if value is not None and name != "step_number" else value
        for name, value in found.items()
    }
    more = {str(name): value for name, value in said.items() if name not in _KEYS}
    return Meta(phase=phase, more=more, **texts)
