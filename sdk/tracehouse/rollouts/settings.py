"""What rollouts are by default, and where they go: by `configure`, then by the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import Any

from tracehouse.rollouts.turns import TurnPolicy
from tracehouse_semconv.attributes import RolloutPhase

EXPORTERS = ("tracehouse", "clickhouse", "langfuse", "kestrel")
_TRUE = frozenset(("1", "true", "yes", "on"))


@dataclass(frozen=True)
class Destinations:
    """Where rollouts go. Equal destinations share their queues."""

    endpoint: str | None = None
    api_key: str | None = field(default=None, repr=False)
    clickhouse_url: str | None = None
    clickhouse_database: str = "tracehouse"
    clickhouse_user: str = "default"
    clickhouse_password: str | None = field(default=None, repr=False)
    kestrel_api_url: str | None = None
    kestrel_api_key: str | None = field(default=None, repr=False)
    langfuse_public_key: str | None = None
    langfuse_secret_key: str | None = field(default=None, repr=False)
    langfuse_host: str = "https://us.cloud.langfuse.com"
    debug: bool = False
    exporters: tuple[str, ...] = EXPORTERS


@dataclass(frozen=True)
class Defaults:
    """What a rollout is where its own metadata does not say."""

    run_id: str | None = None
    phase: str | None = None
    project: str | None = None
    step_number: int | None = None
    env_name: str | None = None
    model_name: str | None = None
    grader_name: str | None = None
    sample_rate: float = 1.0
    turn_policy: TurnPolicy = TurnPolicy.user


_ENVIRONMENT = {
    "clickhouse_url": "CLICKHOUSE_URL", "clickhouse_database": "CLICKHOUSE_DATABASE",
    "clickhouse_user": "CLICKHOUSE_USER", "clickhouse_password": "CLICKHOUSE_PASSWORD",
    "kestrel_api_url": "KESTREL_API_URL", "kestrel_api_key": "KESTREL_API_KEY",
    "langfuse_public_key": "LANGFUSE_PUBLIC_KEY", "langfuse_secret_key": "LANGFUSE_SECRET_KEY",
    "langfuse_host": "LANGFUSE_HOST",
}  # fmt: skip
_DEBUG = ("CARIBOU_TRACE_DEBUG", "TRACEHOUSE_TRACE_DEBUG")


def resolve(given: dict[str, Any]) -> tuple[Defaults, Destinations]:
    """Settings from arguments (None: not given) and the environment. Raises ValueError."""
    said = {name: value for name, value in given.items() if value is not None}
    known = {part.name for kind in (Defaults, Destinations) for part in fields(kind)}
    if unknown := sorted(said.keys() - known):
        raise ValueError(f"configure has no {', '.join(unknown)}")
    from_environment = {
        name: value
        for name, variable in _ENVIRONMENT.items()
        if (value := os.environ.get(variable))
    }
    # The newer name of the same thing: who set it must not find their rollouts in the cloud.
    if base := os.environ.get("LANGFUSE_BASE_URL"):
        from_environment["langfuse_host"] = base
    debug = any(os.environ.get(name, "").lower() in _TRUE for name in _DEBUG)
    everything: dict[str, Any] = {"debug": debug, **from_environment, **said}
    everything["exporters"] = _exporters(everything.get("exporters", EXPORTERS))
    everything["turn_policy"] = TurnPolicy(everything.get("turn_policy", TurnPolicy.user))
    if not 0 <= float(everything.get("sample_rate", 1.0)) <= 1:
        raise ValueError("sample_rate: it lies between 0 and 1")
    if "phase" in everything:
        everything["phase"] = checked_phase(everything["phase"])
    return Defaults(**_of(Defaults, everything)), Destinations(**_of(Destinations, everything))


def _of(kind: type[Any], everything: dict[str, Any]) -> dict[str, Any]:
    return {f.name: everything[f.name] for f in fields(kind) if f.name in everything}


def checked_phase(phase: object) -> str:
    """Raises ValueError unless it is train, eval or prod."""
    try:
        return str(RolloutPhase(str(phase)))
    except ValueError:
        raise ValueError(f"phase: choose train, eval or prod, not {phase!r}") from None


def _exporters(names: Any) -> tuple[str, ...]:
    chosen = tuple(names)
    if unknown := [name for name in chosen if name not in EXPORTERS]:
        raise ValueError(f"exporters: choose of {', '.join(EXPORTERS)}, not {unknown}")
    return chosen
