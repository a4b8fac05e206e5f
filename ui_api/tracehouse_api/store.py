"""Reading ClickHouse on behalf of a workspace.

This is the only place where a table's name meets a query: `Store.select` puts the caller's
workspace into every statement, so that no route can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tracehouse_api.usage.pricing import Pricing
from tracehouse_collector.clickhouse.database import Database

Table = Literal[
    "spans",
    "trace_roots",
    "calls",
    "scores",
    "logs",
    "points",
    "histograms",
    "exponential_histograms",
    "summaries",
    "run_metrics",
    "run_records",
    "run_spans",
    "run_summary",
    "trace_cohorts",
    "devices",
    "rejects",
]

# Text may hold any bytes (an attribute can be of type bytes), and is decoded where it is shown.
BYTES = {"*String": "bytes"}


class Store:
    """One workspace's rows."""

    def __init__(self, database: Database, workspace: str, pricing: Pricing | None = None) -> None:
        self._database = database
        self.pricing = pricing or Pricing()
        self._workspace = workspace

    @staticmethod
    def select(
        columns: str,
        table: Table,
        where: Sequence[str] = (),
        tail: str = "",
        *,
        final: bool = False,
    ) -> str:
        """A SELECT over the caller's rows; `tail` is everything from GROUP BY on."""
        conditions = " AND ".join(("workspace = {workspace:String}", *where))
        modifier = " FINAL" if final else ""
        return f"SELECT {columns} FROM {table}{modifier} WHERE {conditions} {tail}"

    def rows(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a statement made with `select`, or around it, as dictionaries.

        Text columns come as bytes. Raises clickhouse-connect's errors.
        """
        with self._database.client() as client:
            result = client.query(
                statement,
                parameters={**(parameters or {}), "workspace": self._workspace},
                settings=dict(settings or {}),
                query_formats=BYTES,
            )
            names = result.column_names
            return [dict(zip(names, row, strict=True)) for row in result.result_rows]

    def raw(self, statement: str, parameters: Mapping[str, Any], fmt: str) -> bytes:
        """The rows of a statement as ClickHouse writes them in a format."""
        with self._database.client() as client:
            return client.raw_query(
                statement, parameters={**parameters, "workspace": self._workspace}, fmt=fmt
            )

    def save_parquet(self, statement: str, parameters: Mapping[str, Any], file: Path) -> None:
        """Write the rows of a statement to a Parquet file that is not there yet."""
        self._database.save_parquet(statement, {**parameters, "workspace": self._workspace}, file)

    def columns(self, table: Table) -> dict[str, str]:
        """The columns that are stored, the workspace excepted, with their types."""
        found = self._database.rows(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase()"
            " AND table = {table:String} AND name != 'workspace'"
            " AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position",
            {"table": table},
        )
        return {row[0]: row[1] for row in found}

    def insert_parquet(self, table: Table, file: Path, project: str) -> None:
        """Add the rows of a Parquet file to the caller's, in a project. Raises clickhouse-connect's
        errors for a file that is none, or has other columns."""
        columns = self.columns(table)
        same = {"workspace": self._workspace}
        if columns.pop("project", None) is not None:
            same["project"] = project
        self._database.insert_parquet(table, file, columns, same)

    def insert_selected(self, table: Table, statement: str, parameters: Mapping[str, Any]) -> None:
        """Add the rows of a statement made with `select` to a table."""
        with self._database.client() as client:
            client.command(
                f"INSERT INTO {table} {statement}",
                parameters={**parameters, "workspace": self._workspace},
            )

    def delete(self, table: Table, where: Sequence[str], parameters: Mapping[str, Any]) -> None:
        """Remove rows of the caller's, for good."""
        conditions = " AND ".join(("workspace = {workspace:String}", *where))
        with self._database.client() as client:
            client.command(
                f"DELETE FROM {table} WHERE {conditions}",
                parameters={**parameters, "workspace": self._workspace},
            )
