"""Queries that people keep, by name, for everybody in their workspace."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, func, insert, select

from tracehouse_api.meta.database import Meta, Unknown
from tracehouse_api.values import iso_seconds

_LONGEST_NAME = 200
_LONGEST_QUERY = 50_000
_MOST = 1000
_saved = Table(
    "saved_queries", MetaData(),
    Column("workspace", String(200), primary_key=True),
    Column("name", String(_LONGEST_NAME), primary_key=True), Column("query", Text),
    Column("user_id", String(200)), Column("updated_at", Float),
)  # fmt: skip


class SavedQueries:
    """The queries of one workspace."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def list(self) -> list[dict[str, Any]]:
        """`{name, query, user, updated_at}`, by name."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(*(column for column in _saved.c if column.name != "workspace"))
                .where(_saved.c.workspace == self._workspace)
                .order_by(func.lower(_saved.c.name), _saved.c.name)
            ).mappings().all()  # fmt: skip
        return [_shown(**row) for row in found]

    def put(self, name: str, query: Any, user: str) -> dict[str, Any]:
        """Keep a query, in the place of the one that has its name. Raises ValueError."""
        if not 0 < len(name.strip()) <= _LONGEST_NAME:
            raise ValueError(f"name: a name has 1 to {_LONGEST_NAME} characters")
        if not isinstance(query, str) or not 0 < len(query.strip()) <= _LONGEST_QUERY:
            raise ValueError(f"query: give a text of 1 to {_LONGEST_QUERY:,} characters")
        if "\0" in name + query:
            raise ValueError("name, query: leave out the character NUL")
        now = time.time()
        mine = _saved.c.workspace == self._workspace
        with self._meta.begin() as connection:
            connection.execute(delete(_saved).where(mine, _saved.c.name == name))
            count = connection.execute(
                select(func.count()).select_from(_saved).where(mine)
            ).scalar_one()
            if count >= _MOST:
                raise ValueError(f"there are {_MOST} saved queries: delete one that nobody needs")
            connection.execute(
                insert(_saved).values(
                    workspace=self._workspace, name=name, query=query, user_id=user, updated_at=now
                )
            )
        return _shown(name, query, user, now)

    def delete(self, name: str) -> None:
        """Raises Unknown."""
        with self._meta.begin() as connection:
            gone = connection.execute(
                delete(_saved).where(_saved.c.workspace == self._workspace, _saved.c.name == name)
            )
            if not gone.rowcount:
                raise Unknown(f"there is no saved query {name}")


def _shown(name: str, query: str, user_id: str, updated_at: float) -> dict[str, Any]:
    return {
        "name": name,
        "query": query,
        "user": user_id or None,
        "updated_at": iso_seconds(updated_at),
    }
