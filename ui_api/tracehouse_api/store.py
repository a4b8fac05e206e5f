"""Reading ClickHouse on behalf of a workspace.

This is the only place where a table's name meets a query: `Store.select` puts the caller's
workspace into every statement, so that no route can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def delete(self, table: Table, where: Sequence[str], parameters: Mapping[str, Any]) -> None:
        """Remove rows of the caller's, for good."""
        conditions = " AND ".join(("workspace = {workspace:String}", *where))
        with self._database.client() as client:
            client.command(
                f"DELETE FROM {table} WHERE {conditions}",
                parameters={**parameters, "workspace": self._workspace},
            )
