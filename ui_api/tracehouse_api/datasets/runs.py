"""Runs over a dataset: which trace came of which item.

They are written by request (our SDK, Langfuse's up to Python 4), or are found in spans that name
the experiment, the dataset and the item (Langfuse's from Python 5 on).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from tracehouse_api.datasets.store import Datasets, Row, checked_name, timestamp
from tracehouse_api.datasets.tables import run_items, runs
from tracehouse_api.meta.database import Meta, Unknown
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, text

_EXPERIMENT = "langfuse.experiment"
_OF_DATASET = f"attributes['{_EXPERIMENT}.dataset.id'] = {{dataset:String}}"
_MOST_RUNS = 1000


class Runs:
    """The runs over one dataset."""

    def __init__(self, meta: Meta, workspace: str, rows: Store, name: str) -> None:
        """Raises Unknown where there is no dataset of that name."""
        self._meta = meta
        self._workspace = workspace
        self._rows = rows
        self.dataset = Datasets(meta, workspace).get(name)

    def put(self, given: Mapping[str, Any]) -> tuple[Row, list[Row]]:
        """Begin a run, or add to the one of that name: `{name, description?, metadata?,
        items?: [{item_id, trace_id, span_id?, dataset_version?}]}`. The run, and the items that
        were given. Raises ValueError."""
        name = checked_name(given.get("name"))
        now = timestamp()
        said = {f: given[f] for f in ("description", "metadata") if given.get(f) is not None}
        if not isinstance(said.get("description", ""), str):
            raise ValueError("description: it must be a text")
        listed: Any = given.get("items") or []
        if not isinstance(listed, list):
            raise ValueError("items: it must be an array")
        links = [_link(item) for item in listed]  # pyright: ignore[reportUnknownVariableType]
        with self._meta.begin() as connection:
            known = self._named(connection, name)
            if known is None:
                identity = uuid.uuid4().hex
                connection.execute(
                    insert(runs).values(
                        workspace=self._workspace, id=identity, dataset_id=self.dataset["id"],
                        name=name, created_at=now, updated_at=now, **said,
                    )
                )  # fmt: skip
            else:
                identity = known["id"]
                connection.execute(
                    update(runs)
                    .where(runs.c.workspace == self._workspace, runs.c.id == identity)
                    .values(updated_at=now, **said)
                )
            for link in links:
                self._put_item(connection, identity, link, now)
            found = self._named(connection, name)
        assert found is not None
        return found, [link | {"created_at": now} for link in links]

    def _put_item(self, connection: Connection, run: str, link: Row, now: str) -> None:
        mine = (run_items.c.workspace == self._workspace, run_items.c.run_id == run)
        connection.execute(delete(run_items).where(*mine, run_items.c.id == link["id"]))
        connection.execute(
            insert(run_items).values(workspace=self._workspace, run_id=run, created_at=now, **link)
        )

    def list(self) -> list[Row]:
        """The runs with how many items they have, the newest first."""
        counted = (
            select(run_items.c.run_id, func.count().label("linked"))
            .where(run_items.c.workspace == self._workspace)
            .group_by(run_items.c.run_id)
            .subquery()
        )
        with self._meta.begin() as connection:
            found = connection.execute(
                select(runs, func.coalesce(counted.c.linked, 0).label("item_count"))
                .outerjoin(counted, counted.c.run_id == runs.c.id)
                .where(runs.c.workspace == self._workspace)
                .where(runs.c.dataset_id == self.dataset["id"])
            ).mappings().all()  # fmt: skip
        written = [dict(row) for row in found]
        names = {row["name"] for row in written}
        told = [row for row in self._told() if row["name"] not in names]
        return sorted((*written, *told), key=lambda row: row["created_at"], reverse=True)

    def get(self, name: str) -> tuple[Row, list[Row]]:
        """A run, by name or id, and its items: `item_id`, `trace_id`, `span_id`. Raises Unknown."""
        with self._meta.begin() as connection:
            written = connection.execute(
                select(runs)
                .where(runs.c.workspace == self._workspace)
                .where(runs.c.dataset_id == self.dataset["id"])
                .where((runs.c.name == name) | (runs.c.id == name))
            ).mappings().first()  # fmt: skip
            if written is not None:
                links = connection.execute(
                    select(run_items)
                    .where(run_items.c.workspace == self._workspace)
                    .where(run_items.c.run_id == written["id"])
                    .order_by(run_items.c.created_at, run_items.c.id)
                ).mappings().all()  # fmt: skip
                return dict(written) | {"item_count": len(links)}, [dict(row) for row in links]
        run = next((r for r in self._told() if name in (r["name"], r["id"])), None)
        if run is None:
            raise Unknown(f"there is no run {name} over {self.dataset['name']}")
        return run, self._told_items(run["id"])

    def delete(self, name: str) -> None:
        """Forget a run; its traces stay. Raises Unknown."""
        with self._meta.begin() as connection:
            known = self._named(connection, name)
            if known is None:
                raise Unknown(f"there is no run {name} over {self.dataset['name']}")
            for table, column in ((run_items, run_items.c.run_id), (runs, runs.c.id)):
                connection.execute(
                    delete(table).where(table.c.workspace == self._workspace, column == known["id"])
                )

    def _named(self, connection: Connection, name: str) -> Row | None:
        row = connection.execute(
            select(runs).where(
                runs.c.workspace == self._workspace,
                runs.c.dataset_id == self.dataset["id"],
                runs.c.name == name,
            )
        ).mappings().first()  # fmt: skip
        return dict(row) if row is not None else None

    def _told(self) -> list[Row]:
        """Runs that are known from spans alone."""
        found = self._rows.rows(
            self._rows.select(
                f"attributes['{_EXPERIMENT}.id'] AS id,"
                f" any(attributes['{_EXPERIMENT}.name']) AS name,"
                f" any(attributes['{_EXPERIMENT}.description']) AS description,"
                f" uniqExact(attributes['{_EXPERIMENT}.item.id']) AS item_count,"
                " toUnixTimestamp64Nano(min(start_time)) AS first_ns",
                "spans",
                [_OF_DATASET, f"attributes['{_EXPERIMENT}.item.id'] != ''"],
                f"GROUP BY id ORDER BY first_ns DESC LIMIT {_MOST_RUNS}",
            ),
            {"dataset": self.dataset["id"]},
        )
        return [
            {
                "id": text(row["id"]),
                "dataset_id": self.dataset["id"],
                "name": text(row["name"]) or text(row["id"]),
                "description": text(row["description"]) or None,
                "metadata": None,
                "created_at": iso_time(row["first_ns"]),
                "updated_at": iso_time(row["first_ns"]),
                "item_count": row["item_count"],
            }
            for row in found
        ]

    def _told_items(self, run: str) -> list[Row]:
        found = self._rows.rows(
            self._rows.select(
                f"attributes['{_EXPERIMENT}.item.id'] AS item,"
                " lower(hex(any(trace_id))) AS trace,"
                f" any(attributes['{_EXPERIMENT}.item.root_observation_id']) AS span,"
                " toUnixTimestamp64Nano(min(start_time)) AS first_ns",
                "spans",
                [_OF_DATASET, f"attributes['{_EXPERIMENT}.id'] = {{run:String}}", "item != ''"],
                "GROUP BY item ORDER BY first_ns, item",
            ),
            {"dataset": self.dataset["id"], "run": run},
        )
        return [
            {
                "id": text(row["item"]),
                "run_id": run,
                "item_id": text(row["item"]),
                "trace_id": text(row["trace"]),
                "span_id": text(row["span"]) or None,
                "dataset_version": None,
                "created_at": iso_time(row["first_ns"]),
            }
            for row in found
        ]


def _link(given: Any) -> Row:
    if not isinstance(given, Mapping):
        raise ValueError("items: each must be an object with item_id and trace_id")
    said: Mapping[str, Any] = given  # pyright: ignore[reportUnknownVariableType]
    item, trace = str(said.get("item_id") or ""), str(said.get("trace_id") or "").lower()
    if not item or len(trace) != 32 or not all(c in "0123456789abcdef" for c in trace):
        raise ValueError("items: each needs an item_id and a trace_id of 32 hex digits")
    span = str(said.get("span_id") or "").lower() or None
    if len(item) > 500 or (span is not None and len(span) != 16):
        raise ValueError("items: an item_id has at most 500 characters, a span_id 16 hex digits")
    identity = hashlib.sha256(f"{item}\0{trace}\0{span}".encode()).hexdigest()[:32]
    version = said.get("dataset_version")
    return {
        "id": identity,
        "item_id": item,
        "trace_id": trace,
        "span_id": span,
        "dataset_version": None if version is None else str(version)[:40],
    }
