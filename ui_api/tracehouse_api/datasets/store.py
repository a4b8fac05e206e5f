"""Datasets and their items.

An item that changes gets a new version and keeps the old ones; a version is named by the time from
which it holds, so a dataset can be read as it was at any time. Archived items are not read.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from tracehouse_api.datasets.tables import datasets, items, run_items, runs
from tracehouse_api.meta.database import Meta, Unknown
from tracehouse_api.parameters import parse_time

Row = dict[str, Any]

_LONGEST_NAME = 500
_STATUSES = ("ACTIVE", "ARCHIVED")
_DELETED = "DELETED"
# A name may hold slashes, and these say what of a dataset is asked for.
_ROUTES = ("/items", "/runs", "/compare", "/dataset_card.md", "/push_dataset_card")
_CHANGEABLE = ("input", "expected_output", "metadata", "source_trace_id", "source_span_id")


class Datasets:
    """The datasets of one workspace."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def put(self, given: Mapping[str, Any]) -> Row:
        """Make a dataset, or change the one of that name: `{name, description?, metadata?,
        input_schema?, expected_output_schema?}`. Raises ValueError."""
        name = checked_name(given.get("name"))
        said = {
            field: given[field]
            for field in ("description", "metadata", "input_schema", "expected_output_schema")
            if given.get(field) is not None
        }
        if not isinstance(said.get("description", ""), str):
            raise ValueError("description: it must be a text")
        now = timestamp()
        with self._meta.begin() as connection:
            known = self._find(connection, name)
            if known is None:
                connection.execute(
                    insert(datasets).values(
                        workspace=self._workspace, id=uuid.uuid4().hex, name=name, created_at=now,
                        updated_at=now, **said,
                    )
                )  # fmt: skip
            else:
                connection.execute(
                    update(datasets).where(*self._is(known["id"])).values(updated_at=now, **said)
                )
            return self._read(connection, name)

    def get(self, name: str) -> Row:
        """A dataset. Raises Unknown."""
        with self._meta.begin() as connection:
            return self._read(connection, name)

    def list(self, *, offset: int = 0, limit: int = 50) -> tuple[list[Row], int]:
        """A page of datasets, the last changed first, and how many there are."""
        mine = datasets.c.workspace == self._workspace
        with self._meta.begin() as connection:
            total = connection.execute(
                select(func.count()).select_from(datasets).where(mine)
            ).scalar_one()
            found = connection.execute(
                select(datasets).where(mine)
                .order_by(datasets.c.updated_at.desc(), datasets.c.name)
                .offset(offset).limit(limit)
            ).mappings().all()  # fmt: skip
        return [dict(row) for row in found], total

    def delete(self, name: str) -> None:
        """Remove a dataset with its items and runs. Raises Unknown."""
        with self._meta.begin() as connection:
            dataset = self._read(connection, name)["id"]
            of_runs = select(runs.c.id).where(
                runs.c.workspace == self._workspace, runs.c.dataset_id == dataset
            )
            connection.execute(
                delete(run_items).where(
                    run_items.c.workspace == self._workspace, run_items.c.run_id.in_(of_runs)
                )
            )
            for table in (runs, items):
                connection.execute(
                    delete(table).where(
                        table.c.workspace == self._workspace, table.c.dataset_id == dataset
                    )
                )
            connection.execute(delete(datasets).where(*self._is(dataset)))

    def put_items(self, name: str, given: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Add items, or versions of those with known ids, all or none: `{id?, input?,
        expected_output?, metadata?, source_trace_id?, source_span_id?, status?}`. What is not given
        stays. Raises Unknown, ValueError."""
        checked = [_checked_item(item) for item in given]
        with self._meta.begin() as connection:
            dataset = self._read(connection, name)["id"]
            made = [self._put_item(connection, dataset, item) for item in checked]
        return [row | {"dataset_name": name} for row in made]

    def _put_item(self, connection: Connection, dataset: str, given: Row) -> Row:
        identity = given["id"]
        known = self._latest(connection, identity)
        if known is not None and known["dataset_id"] != dataset:
            raise ValueError(f"id: {identity} is an item of another dataset")
        now = timestamp()
        base: Row = known or {"created_at": now, "status": "ACTIVE", "version": ""}
        if base["status"] == _DELETED:
            base = {"created_at": now, "status": "ACTIVE", "version": base["version"]}
        said = {f: given[f] if given.get(f) is not None else base.get(f) for f in _CHANGEABLE}
        return self._add_version(connection, base, dataset, identity, said, given["status"])

    def items(
        self, name: str, *, at: str | None = None, offset: int = 0, limit: int = 50
    ) -> tuple[list[Row], int]:
        """A page of the items that were active at a time (ISO 8601; None: now), the newest first,
        and how many there are. Raises Unknown, ValueError."""
        with self._meta.begin() as connection:
            dataset = self._read(connection, name)["id"]
            where = [items.c.workspace == self._workspace, items.c.dataset_id == dataset]
            if at is not None:
                where.append(items.c.version <= timestamp(parse_time(at)))
            newest = (
                select(items.c.id, func.max(items.c.version).label("version"))
                .where(*where).group_by(items.c.id).subquery()
            )  # fmt: skip
            active = (
                select(items)
                .join(newest, (newest.c.id == items.c.id) & (newest.c.version == items.c.version))
                .where(*where, items.c.status == "ACTIVE")
            )
            total = connection.execute(
                select(func.count()).select_from(active.subquery())
            ).scalar_one()
            found = connection.execute(
                active.order_by(items.c.created_at.desc(), items.c.id.desc())
                .offset(offset).limit(limit)
            ).mappings().all()  # fmt: skip
        return [dict(row) | {"dataset_name": name} for row in found], total

    def item(self, identity: str) -> Row:
        """An active item. Raises Unknown."""
        with self._meta.begin() as connection:
            found = self._latest(connection, identity)
            if found is None or found["status"] != "ACTIVE":
                raise Unknown(f"there is no dataset item {identity}")
            name = connection.execute(
                select(datasets.c.name).where(*self._is(found["dataset_id"]))
            ).scalar_one()
        return found | {"dataset_name": name}

    def delete_item(self, identity: str) -> None:
        """Take an item out; earlier versions of the dataset still have it. Raises Unknown."""
        with self._meta.begin() as connection:
            known = self._latest(connection, identity)
            if known is None or known["status"] == _DELETED:
                raise Unknown(f"there is no dataset item {identity}")
            said = {field: known[field] for field in _CHANGEABLE}
            self._add_version(connection, known, known["dataset_id"], identity, said, _DELETED)

    def _add_version(
        self,
        connection: Connection,
        before: Row,
        dataset: str,
        identity: str,
        said: Mapping[str, Any],
        status: str,
    ) -> Row:
        now = timestamp()
        if now <= before["version"]:  # the clock was set back, or stands
            now = timestamp(parse_time(before["version"]) + 1000)
        row: Row = {
            "dataset_id": dataset, "id": identity, "version": now, **said,
            "status": status or before["status"], "created_at": before["created_at"],
        }  # fmt: skip
        connection.execute(insert(items).values(workspace=self._workspace, **row))
        return row

    def _latest(self, connection: Connection, identity: str) -> Row | None:
        row = connection.execute(
            select(items)
            .where(items.c.workspace == self._workspace, items.c.id == identity)
            .order_by(items.c.version.desc()).limit(1)
        ).mappings().first()  # fmt: skip
        return dict(row) if row is not None else None

    def _is(self, identity: str) -> tuple[Any, Any]:
        return datasets.c.workspace == self._workspace, datasets.c.id == identity

    def _find(self, connection: Connection, name: str) -> Row | None:
        row = connection.execute(
            select(datasets).where(
                datasets.c.workspace == self._workspace, datasets.c.name == name
            )
        ).mappings().first()  # fmt: skip
        return dict(row) if row is not None else None

    def _read(self, connection: Connection, name: str) -> Row:
        found = self._find(connection, name)
        if found is None:
            raise Unknown(f"there is no dataset {name}")
        return found


def _checked_item(given: Mapping[str, Any]) -> Row:
    """An item as it was given, with an id. Raises ValueError."""
    identity = str(given.get("id") or uuid.uuid4().hex)
    status = str(given.get("status") or "").upper()
    if len(identity) > _LONGEST_NAME:
        raise ValueError(f"id: it is longer than {_LONGEST_NAME} characters")
    if status and status not in _STATUSES:
        raise ValueError(f"status: it must be one of {', '.join(_STATUSES)}")
    for field in ("source_trace_id", "source_span_id"):
        value = given.get(field)
        if value is not None and not (isinstance(value, str) and len(value) <= _LONGEST_NAME):
            raise ValueError(f"{field}: it must be a text")
    found = dict(given) | {"id": identity, "status": status}
    try:
        json.dumps({name: found.get(name) for name in _CHANGEABLE}, ensure_ascii=False).encode()
        identity.encode()
    except (ValueError, RecursionError):
        raise ValueError("an item must be JSON, in text that UTF-8 can hold") from None
    return found


def checked_name(name: Any) -> str:
    """A name of a dataset or run. Raises ValueError."""
    if not isinstance(name, str) or not name:
        raise ValueError("name: it is required, and a text")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"name: it is longer than {_LONGEST_NAME} characters")
    if name.endswith(_ROUTES):
        raise ValueError(f"name: it cannot end in one of {', '.join(_ROUTES)}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError("name: it must be text that UTF-8 can hold") from None
    return name


def timestamp(ns: int | None = None) -> str:
    """A time, or now, so that texts are in the order of times."""
    at = datetime.now(UTC) if ns is None else datetime.fromtimestamp(ns // 1000 / 1e6, UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
