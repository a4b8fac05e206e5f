"""The wall in the engine: what the session of a query may do, whatever its text says.

It can only read, and can no longer change its settings. Every table of ours has a filter by the
workspace, and all other tables and table functions have one that lets nothing through.

Filters are of use only if nothing is computed of a row before they have said that it is the
caller's: a condition that fails on a value (`toUInt64(name) = 1`) would tell the value. The engine
moves conditions about for speed, so three of its ways to do so are off: conditions are not moved
before the filter (PREWHERE), not joined with it into one, and not tried on indices, which know
values of all workspaces.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clickhouse_connect.driver.client import Client

from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.settings import ServerSettings

_NOTHING = "false"
# Of tables that hold nobody's rows; a SELECT without FROM reads the first.
_OPEN = ("system.one",)
_NEVER_BEFORE_THE_FILTER = {
    "optimize_move_to_prewhere": 0,
    "optimize_move_to_prewhere_if_final": 0,
    "query_plan_merge_filters": 0,
    "use_skip_indexes": 0,
}
_ONLY_READS = {"allow_ddl": 0, "allow_introspection_functions": 0}
# What the views and the answers take for granted.
_MEANING = {
    "enable_analyzer": 1,
    "join_use_nulls": 0,
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_denormals": 1,
    # Over HTTP: what fails after the first rows has failed, and is no answer that ends early.
    "wait_end_of_query": 1,
}
# `range` makes much of little, within one step that cannot be interrupted.
_MOST_IN_A_RANGE = 1_000_000


@dataclass(frozen=True)
class Bounds:
    """What one query may take: seconds, rows and bytes of its result, bytes of memory; and how many
    may run at once."""

    seconds: float
    rows: int
    result_bytes: int
    memory_bytes: int
    at_once: int

    @classmethod
    def of(cls, settings: ServerSettings) -> Bounds:
        """From the settings of the server."""
        return cls(
            settings.sql_seconds,
            settings.sql_rows,
            settings.sql_result_bytes,
            settings.sql_memory_bytes,
            settings.sql_at_once,
        )

    def json(self) -> dict[str, Any]:
        """As answered."""
        return {
            "seconds": self.seconds,
            "rows": self.rows,
            "result_bytes": self.result_bytes,
            "memory_bytes": self.memory_bytes,
        }

    def settings(self) -> dict[str, Any]:
        """As the engine calls them."""
        return {
            "max_execution_time": self.seconds,
            "timeout_overflow_mode": "throw",
            "timeout_before_checking_execution_speed": 0,
            "max_memory_usage": self.memory_bytes,
            "max_temporary_data_on_disk_size_for_query": self.memory_bytes,
            "max_result_bytes": self.result_bytes,
            "result_overflow_mode": "throw",
            "function_range_max_elements_in_block": _MOST_IN_A_RANGE,
            "max_threads": max(1, (os.cpu_count() or 1) // 2),
        }


class Confinement:
    """Sessions of a database in which nothing but a workspace's rows can be read."""

    def __init__(self, database: Database, bounds: Bounds) -> None:
        self._database = database
        self._bounds = bounds

    @contextmanager
    def session(self, workspace: str, **more: Any) -> Generator[Client]:
        """A client for one query, with settings of its own. Raises clickhouse-connect's errors."""
        settings = {
            **self._bounds.settings(),
            **_NEVER_BEFORE_THE_FILTER,
            **_ONLY_READS,
            **_MEANING,
            **more,
            "additional_table_filters": self._filters(workspace),
        }
        with self._database.read_only_client(settings) as client:
            yield client

    def _filters(self, workspace: str) -> str:
        ours = f"workspace = {_quoted(workspace)}"
        filters = {name: ours if is_ours else _NOTHING for name, is_ours in self._tables.items()}
        return _map(filters)

    @cached_property
    def _tables(self) -> dict[str, bool]:
        """Every table and table function that there is, and whether it says whose its rows are."""
        tables = self._database.rows(
            "SELECT database, name FROM system.tables WHERE database IN"
            " (currentDatabase(), 'system', 'information_schema', 'INFORMATION_SCHEMA')"
        )
        have_workspace = {
            name
            for (name,) in self._database.rows(
                "SELECT table FROM system.columns"
                " WHERE database = currentDatabase() AND name = 'workspace'"
            )
        }
        functions = self._database.rows("SELECT name FROM system.table_functions")
        found = {
            f"{database}.{name}": database == self._database.name and name in have_workspace
            for database, name in tables
        } | {f"_table_function.{name}": False for (name,) in functions}
        return {name: ours for name, ours in found.items() if name not in _OPEN}


def _map(values: Mapping[str, str]) -> str:
    pairs = (f"{_quoted(key)}: {_quoted(value)}" for key, value in values.items())
    return f"{{{', '.join(pairs)}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
