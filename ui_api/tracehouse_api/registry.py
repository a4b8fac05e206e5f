"""The run registry: which runs, steps and datapoints there are, as programs say before they begin.

Saying it again changes nothing but what was not said before: whoever restarts may tell all of it
anew. A registration holds no telemetry; the rollouts of a run are there whether it was registered
or not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Column, Float, MetaData, String, Table, Text, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from tracehouse_api.meta.database import Meta

Kind = Literal["runs", "steps", "datapoints"]
Row = dict[str, Any]

_LONGEST = 500
_FACTS: dict[Kind, tuple[str, ...]] = {
    "runs": ("project", "phase", "model", "grader"),
    "steps": (),
    "datapoints": ("environment",),
}
_registry = Table(
    "registry", MetaData(),
    Column("workspace", String(200), primary_key=True),
    Column("kind", String(20), primary_key=True), Column("identity", String(64), primary_key=True),
    Column("sort_key", String(600)), Column("facts", Text), Column("created_at", Float),
)  # fmt: skip


class Registry:
    """The registrations of one workspace."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def put(self, kind: Kind, given: Mapping[str, Any]) -> Row:
        """Register, and return what is registered now.

        Of runs `{id, project?, phase?, model?, grader?}`, of steps `{run_id, step}`, of datapoints
        `{id, project?, environment?}`; others are ignored. Raises ValueError.
        """
        named, sort_key = _identity(kind, given)
        facts = {name: text for name in _FACTS[kind] if (text := _text(given, name)) is not None}
        identity = hashlib.sha256(orjson.dumps(list(named.values()))).hexdigest()
        place = {"workspace": self._workspace, "kind": kind, "identity": identity}
        row = {
            **place, "sort_key": sort_key, "facts": orjson.dumps(named | facts).decode(),
            "created_at": time.time(),
        }  # fmt: skip
        try:
            with self._meta.begin() as connection:
                connection.execute(insert(_registry).values(**row))
            return shown(row)
        except IntegrityError:  # it is registered
            return self._add(place, facts)

    def _add(self, place: Mapping[str, str], facts: Mapping[str, str]) -> Row:
        which = [_registry.c[name] == value for name, value in place.items()]
        with self._meta.begin() as connection:
            row = dict(connection.execute(select(_registry).where(*which)).mappings().one())
            before = orjson.loads(row["facts"])
            if (now := before | facts) != before:
                row["facts"] = orjson.dumps(now).decode()
                connection.execute(update(_registry).where(*which).values(facts=row["facts"]))
        return shown(row)

    def page(self, kind: Kind, limit: int, after: tuple[str, str] | None) -> tuple[list[Row], bool]:
        """A page in order of ids and steps, after (sort key, identity); whether there are more."""
        wanted = [_registry.c.workspace == self._workspace, _registry.c.kind == kind]
        order = tuple_(_registry.c.sort_key, _registry.c.identity)
        if after is not None:
            wanted.append(order > after)
        with self._meta.read() as connection:
            rows = connection.execute(
                select(_registry)
                .where(*wanted)
                .order_by(_registry.c.sort_key, _registry.c.identity)
                .limit(limit + 1)
            ).mappings().all()  # fmt: skip
        return [dict(row) for row in rows[:limit]], len(rows) > limit


def shown(row: Mapping[str, Any]) -> Row:
    """A registration as it is answered."""
    at = datetime.fromtimestamp(row["created_at"], UTC).isoformat().replace("+00:00", "Z")
    return {**orjson.loads(row["facts"]), "created_at": at}


def _identity(kind: Kind, given: Mapping[str, Any]) -> tuple[Row, str]:
    """What tells it from others, and its place in the list."""
    if kind == "steps":
        run, step = _required(given, "run_id"), given.get("step")
        if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < 1 << 63:
            raise ValueError("step: it must be a whole number from 0")
        return {"run_id": run, "step": step}, f"{run} {step:020d}"
    identity = _required(given, "id")
    if kind == "runs":
        return {"id": identity}, identity
    return {"id": identity, "project": _text(given, "project")}, identity


def _required(given: Mapping[str, Any], name: str) -> str:
    value = _text(given, name)
    if not value:
        raise ValueError(f"{name}: it is required")
    return value


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        raise ValueError(f"{name}: it must be a text of at most {_LONGEST} characters")
    return value
