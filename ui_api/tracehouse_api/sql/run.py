"""A query from its text to its answer: guarded, confined, in the form that was asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from io import IOBase
from typing import Any, cast

from clickhouse_connect.driver.exceptions import ClickHouseError

from tracehouse_api.sql.complaints import complaint, too_large
from tracehouse_api.sql.confinement import Bounds, Confinement
from tracehouse_api.sql.forms import FileFormat, NotAllowed
from tracehouse_api.sql.guard import MAX_CHARACTERS, WORKSPACE, guard
from tracehouse_api.sql.turns import Turns
from tracehouse_api.values import integer
from tracehouse_collector.clickhouse.database import Database

_PATIENCE_SECONDS = 2.0
_CHUNK_BYTES = 1 << 20
_DEEPEST_LIST = 5
# A byte in memory is at most so many written ones: \u0000 in JSON.
_WRITTEN_BYTES = 6


_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Sql:
    """Answers the queries that people write. Thread-safe."""

    def __init__(self, database: Database, bounds: Bounds) -> None:
        self.bounds = bounds
        self._confinement = Confinement(database, bounds)
        self._turns = Turns(bounds.at_once)

    def table(self, workspace: str, query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """`{columns, rows, row_count, truncated, elapsed_ms}`; rows beyond the bound are left out.

        Raises NotAllowed, Busy, and clickhouse-connect's errors where it is not the query's fault.
        """
        began = time.monotonic()
        most = self.bounds.rows
        document = json.loads(self._answer(workspace, query, parameters, "JSONCompact"))
        columns: list[dict[str, str]] = document["meta"]
        rows: list[list[Any]] = document["data"][:most]
        _as_shown(columns, rows)
        return {
            "columns": columns,
            "rows": rows,
            "row_count": len(rows),
            "truncated": len(document["data"]) > most,
            "elapsed_ms": round((time.monotonic() - began) * 1000, 3),
        }

    def file(
        self, workspace: str, query: str, parameters: Mapping[str, Any], form: FileFormat
    ) -> bytes:
        """The whole answer as a file: more rows than the bound are refused, and not left out.

        Raises as `table`.
        """
        return self._answer(
            workspace, query, parameters, form.engine, max_result_rows=self.bounds.rows
        )

    def _answer(
        self, workspace: str, query: str, parameters: Mapping[str, Any], form: str, **settings: Any
    ) -> bytes:
        # The engine asks max_result_rows of no query that reads no table, unless it has a limit.
        settings["limit"] = self.bounds.rows + 1
        guarded = guard(query)
        given = _values(guarded.parameters - {WORKSPACE}, parameters)
        if WORKSPACE in guarded.parameters:
            given[WORKSPACE] = workspace
        with self._turns.turn(workspace, _PATIENCE_SECONDS):
            try:
                with self._confinement.session(workspace, **settings) as client:
                    answer = client.raw_stream(guarded.sql, parameters=given or None, fmt=form)
                    with cast("IOBase", answer) as stream:
                        return self._read(stream)
            except ClickHouseError as error:
                detail = complaint(error, self.bounds, workspace)
                if detail is None:
                    raise
                raise NotAllowed(detail) from None

    def _read(self, answer: IOBase) -> bytes:
        """The bytes of an answer. A constant counts once for the engine, however often it is
        written, so what comes is counted as well."""
        content = bytearray()
        while chunk := answer.read(_CHUNK_BYTES):
            content += chunk
            if len(content) > _WRITTEN_BYTES * self.bounds.result_bytes:
                raise NotAllowed(too_large(self.bounds))
        return bytes(content)


def _values(wanted: frozenset[str], given: Mapping[str, Any]) -> dict[str, Any]:
    if missing := sorted(wanted - given.keys()):
        raise NotAllowed(f"parameters: give values for {', '.join(missing)}")
    values = {name: given[name] for name in wanted}
    for name, value in values.items():
        _check_value(name, value)
    if len(json.dumps(values)) > MAX_CHARACTERS:
        raise NotAllowed(f"parameters: all of them may have {MAX_CHARACTERS:,} characters")
    return values


def _check_value(name: str, value: Any, depth: int = 0) -> None:
    match value:
        case None | bool() | int() | float():
            return
        case str():
            if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
                raise NotAllowed(f"parameters: {name} is not Unicode")
        case list() if depth < _DEEPEST_LIST:
            for item in value:
                _check_value(name, item, depth + 1)
        case _:
            raise NotAllowed(f"parameters: {name} must be a text, a number, true, false or a list")


def _as_shown(columns: list[dict[str, str]], rows: list[list[Any]]) -> None:
    """Write numbers that JSON's readers would round, or that JSON has not, as everywhere else."""
    for place, column in enumerate(columns):
        kind = column["type"]
        if any(wide in kind for wide in ("Int64", "Int128", "Int256", "Decimal")):
            for row in rows:
                row[place] = _exact(row[place])
        elif "Float" in kind and "String" not in kind:
            for row in rows:
                row[place] = _finite(row[place])


def _exact(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int():
            return integer(value)
        case list():
            return [_exact(item) for item in value]
        case dict():
            return {key: _exact(item) for key, item in value.items()}
        case _:
            return value


def _finite(value: Any) -> Any:
    match value:
        case str():
            return _NUMBERS.get(value, value)
        case list():
            return [_finite(item) for item in value]
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case _:
            return value
