"""What the engine says against a query, in words for whoever wrote it.

The engine speaks of what it got, which is not what was written: views stand there as their SELECTs,
and the workspace is in them. So its sentence is cut where it begins to quote, and is left out
altogether where it still names something of ours.
"""

from __future__ import annotations

import re
from typing import get_args

from clickhouse_connect.driver.exceptions import ClickHouseError

from tracehouse_api.sql.confinement import Bounds
from tracehouse_api.sql.views import VIEWS
from tracehouse_api.store import Table
from tracehouse_collector.clickhouse.database import error_code

_TIME = frozenset((159, 160))
_MEMORY = frozenset((173, 241))
_RESULT = frozenset((158, 307, 396))
# The engine, or the way to it, fails: it is nobody's query.
_NOT_ANSWERED = frozenset((74, 75, 76, 209, 210, 243, 246, 279, 516))

_BEFORE = re.compile(r"^.*?DB::Exception:\s*", re.DOTALL)
_QUOTES_FROM = re.compile(
    r"[\s:,.]*(?:\bin scope\b|\bwhile (?:executing|processing|reading)\b|\bbut found\b"
    r"|\bmaybe you meant\b|\(version \d|(?-i:\([A-Z][A-Z0-9_]+\)\s*(?:\(|$))).*",
    re.DOTALL | re.IGNORECASE,
)
_ALIASES = re.compile(r"\b(?:__table\d+|own)\.|\bwith_\d+_")
_OURS = frozenset(get_args(Table)) - VIEWS.keys()
_LONGEST = 400


def complaint(error: ClickHouseError, bounds: Bounds, workspace: str) -> str | None:
    """What to tell; None where the query is not to blame."""
    code = error_code(error)
    if code is None or code in _NOT_ANSWERED:
        return None
    if code in _TIME:
        return (
            f"the query took longer than {bounds.seconds:g} seconds (sql_seconds): narrow it by"
            " time, ask for fewer columns, or aggregate earlier"
        )
    if code in _MEMORY:
        return (
            f"the query needs more than {bounds.memory_bytes:,} bytes of memory"
            " (sql_memory_bytes): narrow it by time, or join and group less"
        )
    if code in _RESULT:
        return too_large(bounds)
    return f"the query cannot be answered: {_sentence(str(error), workspace)}"


def too_large(bounds: Bounds) -> str:
    """Of a result that has more rows or bytes than it may."""
    return (
        f"the result has more than {bounds.rows:,} rows (sql_rows) or"
        f" {bounds.result_bytes:,} bytes (sql_result_bytes): add a LIMIT, or ask for less"
    )


def _sentence(message: str, workspace: str) -> str:
    said = message
    while _BEFORE.match(said):
        said = _BEFORE.sub("", said, count=1)
    said = _ALIASES.sub("", _QUOTES_FROM.sub("", said)).strip()
    words = frozenset(re.findall(r"\w+", said))
    if not said or words & _OURS or "SELECT" in words or workspace in said:
        return "look at its names and types; GET /v1/sql/views lists tables and columns"
    return said[:_LONGEST]
