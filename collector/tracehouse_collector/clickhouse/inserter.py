"""Segments into ClickHouse: the loader's first destination."""

from __future__ import annotations

from pathlib import Path

from clickhouse_connect.driver.exceptions import ClickHouseError

from tracehouse_collector.clickhouse.database import Database, error_code
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import verdict
from tracehouse_semconv.otlp import reading_settings
from tracehouse_semconv.record import Signal

_MAX_INSERT_BYTES = 2 << 30


class Inserter:
    """Inserts spooled records as they are: ClickHouse decodes the Protobuf."""

    name = label = "clickhouse"

    def __init__(self, database: Database, *, cluster: str | None = None) -> None:
        self._database = database
        self._settings: dict[str, object] = {
            **reading_settings(),
            "max_insert_threads": 1,
            "input_format_parallel_parsing": 0,
            # The views read no table: optimising their plans is a sixth of an insert, for nothing.
            "query_plan_enable_optimizations": 0,
            # Over this the insert fails and is tried in halves, before the process runs out.
            "max_memory_usage": _MAX_INSERT_BYTES,
        }
        if cluster:
            self._settings["distributed_foreground_insert"] = 1

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        table = f"inbox_{signal.name}"
        try:
            self._database.insert_raw(table, data, "Protobuf", self._settings, file=file)
        except ClickHouseError as error:
            raise InsertFailed(verdict(error_code(error)), str(error)[:2000]) from error
        except OSError as error:
            raise InsertFailed(verdict(None), f"ClickHouse is out of reach: {error}") from error
