"""How long a project's data stays, where that is not as long as the server keeps everything.

ClickHouse's TTLs know nothing of projects, so what is too old is deleted once an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select

from tracehouse_api.lifecycle.erasing import Eraser
from tracehouse_api.meta.database import Meta
from tracehouse_api.store import Store
from tracehouse_collector.clickhouse.database import Database

_DAY_NS = 86_400 * 1_000_000_000
_HOUR_NS = 3_600 * 1_000_000_000
_MOST_DAYS = 36_500
_retention = Table(
    "project_retention", MetaData(),
    Column("workspace", String(200), primary_key=True),
    Column("project", String(200), primary_key=True), Column("days", Integer),
)  # fmt: skip


class ProjectRetention:
    """Days that the projects of one workspace keep their data."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def all(self) -> dict[str, int]:
        """Days, by project; those without a limit are not in it."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(_retention.c.project, _retention.c.days).where(
                    _retention.c.workspace == self._workspace
                )
            ).all()
        return {row.project: row.days for row in found}

    def put(self, project: str, given: Mapping[str, Any]) -> int | None:
        """Set `{days}`: a whole number, or null for no limit. Raises ValueError."""
        days = given.get("days", 0)
        is_number = isinstance(days, int) and not isinstance(days, bool)
        if days is not None and not (is_number and 1 <= days <= _MOST_DAYS):
            raise ValueError(
                f"days: it must be a whole number from 1 to {_MOST_DAYS}, or null to keep all"
            )
        if not 0 < len(project) <= 200:
            raise ValueError("project: a name has 1 to 200 characters")
        self.forget(project)
        if days is not None:
            with self._meta.begin() as connection:
                connection.execute(
                    insert(_retention).values(workspace=self._workspace, project=project, days=days)
                )
        return days

    def forget(self, project: str) -> None:
        """Take the limit away."""
        with self._meta.begin() as connection:
            connection.execute(
                delete(_retention).where(
                    _retention.c.workspace == self._workspace, _retention.c.project == project
                )
            )


def apply_project_retention(database: Database, meta: Meta, now_ns: int) -> dict[str, int]:
    """Delete what is older than its project keeps it, in all workspaces, at a time (Unix
    nanoseconds). How many rows, by what they were.

    It counts in whole hours: the rows of an hour lead to each other, and go together.
    """
    counts: dict[str, int] = {}
    with meta.read() as connection:
        limits = connection.execute(
            select(_retention.c.workspace, _retention.c.project, _retention.c.days)
        ).all()
    for workspace, project, days in limits:
        cutoff_ns = now_ns - days * _DAY_NS
        eraser = Eraser(Store(database, workspace))
        eraser.older_than(project, cutoff_ns - cutoff_ns % _HOUR_NS)
        for name, count in eraser.counts.items():
            counts[name] = counts.get(name, 0) + count
    return counts
