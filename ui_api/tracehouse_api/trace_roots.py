"""What stands for a trace in lists, and the hours in which its spans lie.

`trace_roots` has a row for each insert, trace and hour, so a few rows may compete for a trace. And
`spans` is sorted by hour and trace: who knows the hours of a trace finds it by the key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store

IN_TRACES = "trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))"
IS_TRACE = "trace_id = toFixedString(unhex({trace_id:String}), 16)"
IN_HOURS = "toStartOfHour(start_time) IN {hours:Array(UInt32)}"
_COLUMNS = {
    "span_id": "span_id",
    "is_root": "is_root",
    "project": "project",
    "service": "service",
    "name": "name",
    "start_ns": "toUnixTimestamp64Nano(start_time)",
    "duration_ns": "duration_ns",
    "pending": "pending",
    "status_code": "status_code",
    "session_id": "session_id",
    "user_id": "user_id",
    "model": "model",
}


@dataclass(frozen=True)
class Root:
    """The span that stands for a trace: its row of `trace_roots`, in the latest version; whether
    that meets the conditions asked for; and the hours that hold the trace's spans (Unix seconds).
    """

    trace_id: bytes
    row: dict[str, Any]
    matches: bool
    hours: frozenset[int]


def roots_of(rows: Store, trace_ids: Collection[bytes], filters: Filters) -> dict[bytes, Root]:
    """The root of each trace that is there, and whether it meets the filters: a true root before
    the earliest span seen, a finished version of it before a pending one."""
    if not trace_ids:
        return {}
    columns = ", ".join((*_COLUMNS.values(), " AND ".join(filters.where) or "true"))
    found = rows.rows(
        rows.select(
            "trace_id,"
            f" argMin(({columns}), (NOT is_root, start_time, bitNot(version))) AS best,"
            " groupUniqArray(toUnixTimestamp(toStartOfHour(start_time))) AS hours",
            "trace_roots",
            [IN_TRACES],
            "GROUP BY trace_id",
        ),
        {**filters.parameters, **traces(trace_ids)},
    )
    roots: dict[bytes, Root] = {}
    for row in found:
        *values, matches = row["best"]
        root = dict(zip(_COLUMNS, values, strict=True))
        roots[row["trace_id"]] = Root(row["trace_id"], root, matches, frozenset(row["hours"]))
    return roots


def hours_of(rows: Store, trace_id: str) -> list[int]:
    """The hours that hold a trace's spans, in Unix seconds; none where there is no such trace."""
    found = rows.rows(
        rows.select(
            "DISTINCT toUnixTimestamp(toStartOfHour(start_time)) AS hour", "trace_roots", [IS_TRACE]
        ),
        {"trace_id": trace_id},
    )
    return [row["hour"] for row in found]


def traces(trace_ids: Iterable[bytes]) -> dict[str, Any]:
    """The parameter of IN_TRACES."""
    return {"traces": sorted({trace_id.hex() for trace_id in trace_ids})}


def places(roots: Collection[Root]) -> dict[str, Any]:
    """The parameters of IN_TRACES and IN_HOURS: where all of these traces lie."""
    hours = frozenset[int]().union(*(root.hours for root in roots))
    return {**traces(root.trace_id for root in roots), "hours": sorted(hours)}


def newest_and_oldest(rows: Store) -> tuple[int, int] | None:
    """When the newest and the oldest root started, in Unix nanoseconds; None where there is none.

    Spans can lie beyond both: a root's child may start before or long after it.
    """
    ends = [
        rows.select(
            "toUnixTimestamp64Nano(start_time) AS start_ns",
            "trace_roots",
            (),
            f"ORDER BY start_time {direction} LIMIT 1",
        )
        for direction in ("DESC", "ASC")
    ]
    found = sorted(row["start_ns"] for row in rows.rows(f"({ends[0]}) UNION ALL ({ends[1]})"))
    return (found[-1], found[0]) if found else None
