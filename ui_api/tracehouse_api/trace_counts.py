"""Counts over all traces that are asked for: how many began when, and what they have in common."""

from __future__ import annotations

from typing import Any, get_args

from tracehouse_api.asked_traces import AskedTraces, Facet
from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import one_row_a_trace
from tracehouse_api.values import iso_time, text

SECOND_NS = 1_000_000_000
# Widths that people think in, in seconds.
_WIDTHS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 2_592_000,
)  # fmt: skip
_VALUES = {
    "service": "toString(service)",
    "status": "toString(status_code)",
    "user": "user_id",
    "tag": "toString(arrayJoin(tags))",
}


def _matching(rows: Store, of_root: Filters, window: Filters) -> tuple[str, dict[str, Any]]:
    """SQL: the roots of the traces that are asked for; and its parameters."""
    roots = one_row_a_trace(rows, window.where)
    conditions = " AND ".join(of_root.where) or "true"
    return f"SELECT * FROM ({roots}) WHERE {conditions}", of_root.parameters | window.parameters


def histogram(rows: Store, asked: AskedTraces, bins: int) -> dict[str, Any]:
    """How many traces began in each of at most so many equal spans of time, and how many of them
    failed. They reach from the first trace to the last."""
    matching, parameters = _matching(rows, *asked.conditions(rows))
    found = rows.rows(
        "SELECT toUnixTimestamp(min(start_time)) AS first,"
        f" toUnixTimestamp(max(start_time)) AS last, count() AS n FROM ({matching})",
        parameters,
    )[0]
    if not found["n"]:
        return {"histogram": [], "width_ms": 0}
    first, last = found["first"], found["last"]
    width = next((w for w in _WIDTHS if last // w - first // w < bins), _WIDTHS[-1])
    counted = rows.rows(
        "SELECT intDiv(toUnixTimestamp(start_time), {width:UInt32}) AS bin, count() AS n,"
        f" countIf(status_code = 'error') AS failed FROM ({matching}) GROUP BY bin",
        parameters | {"width": width},
    )
    by_bin = {row["bin"]: row for row in counted}
    return {
        "histogram": [
            {
                "start_time": iso_time(bin * width * SECOND_NS),
                "traces": by_bin[bin]["n"] if bin in by_bin else 0,
                "errors": by_bin[bin]["failed"] if bin in by_bin else 0,
            }
            for bin in range(first // width, last // width + 1)
        ],
        "width_ms": width * 1000,
    }


def facets(rows: Store, asked: AskedTraces, limit: int) -> list[dict[str, Any]]:
    """What the traces say of themselves, the most frequent values first. Each is counted under all
    filters but its own, so that another value can be chosen."""
    found: list[dict[str, Any]] = []
    for facet in get_args(Facet):
        matching, parameters = _matching(rows, *asked.conditions(rows, without=facet))
        counted = rows.rows(
            f"SELECT {_VALUES[facet]} AS value, count() AS n FROM ({matching})"
            " GROUP BY value HAVING value != '' ORDER BY n DESC, value LIMIT {values:UInt32}",
            parameters | {"values": limit},
        )
        values = [{"value": text(row["value"]), "traces": row["n"]} for row in counted]
        found.append({"name": facet, "values": values})
    return found
