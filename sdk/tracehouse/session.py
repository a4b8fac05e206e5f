"""Where a face's telemetry comes from, and what is remembered of it on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Mapping
from typing import Any

from tracehouse.recorder.ids import default_machine_id
from tracehouse.settings import state_dir
from tracehouse_semconv.attributes import (
    SERVICE_NAME,
    TRACEHOUSE_EXPERIMENT_NAME,
    TRACEHOUSE_EXPERIMENT_VARIANT,
    TRACEHOUSE_MACHINE_ID,
    TRACEHOUSE_PROJECT,
    TRACEHOUSE_SCAFFOLD,
    TRACEHOUSE_SUBJECT_ID,
)

_HOST_NAME, _SERVICE_VERSION = "host.name", "service.version"


def resource_attributes(
    *,
    project: str | None,
    scaffold: str | None,
    machine_id: str | None,
    hostname: str | None,
    agent_version: str | None,
) -> dict[str, str | int | float | bool]:
    """The resource of a run or session. `service.name` is left to OpenTelemetry's variables where
    they are set, and is the project or the scaffold otherwise."""
    found: dict[str, str | int | float | bool] = {
        TRACEHOUSE_MACHINE_ID: machine_id or default_machine_id(),
        _HOST_NAME: hostname or platform.node() or "unknown",
    }
    if project:
        found[TRACEHOUSE_PROJECT] = project
    if scaffold:
        found[TRACEHOUSE_SCAFFOLD] = scaffold
    if agent_version:
        found[_SERVICE_VERSION] = agent_version
    named = os.environ.get("OTEL_SERVICE_NAME") or (
        f"{SERVICE_NAME}=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    )
    if not named:
        found[SERVICE_NAME] = project or scaffold or "python"
    return found


def cohort_attributes(
    subject_id: str | None, experiment: str | None, variant: str | None
) -> dict[str, str]:
    """The three cohort dimensions, those of them that are given."""
    given = {
        TRACEHOUSE_SUBJECT_ID: subject_id,
        TRACEHOUSE_EXPERIMENT_NAME: experiment,
        TRACEHOUSE_EXPERIMENT_VARIANT: variant,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def remember(kind: str, identity: str, facts: Mapping[str, Any]) -> None:
    """Keep what a later process needs to resume this. What fails is not remembered."""
    folder = state_dir() / kind
    with contextlib.suppress(OSError, TypeError, ValueError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = folder / f".{identity}.{os.getpid()}"
        temporary.write_text(json.dumps(facts))
        temporary.replace(folder / f"{identity}.json")


def recall(kind: str, identity: str) -> dict[str, Any]:
    """What an earlier process remembered; empty when there is nothing."""
    try:
        return dict(json.loads((state_dir() / kind / f"{identity}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return {}
