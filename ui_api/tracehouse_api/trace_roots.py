"""What stands for a trace in lists, and the hours in which its spans lie.

`trace_roots` has a row for each insert, trace and hour, so a few rows may compete for a trace. And
`spans` is sorted by hour and trace: who knows the hours of a trace finds it by the key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store

IN_TRACES = "trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))"
IS_TRACE = "trace_id = toFixedString(unhex({trace_id:String}), 16)"
IN_HOURS = "toStartOfHour(start_time) IN {hours:Array(UInt32)}"
# Of the span that stands for the trace.
_OF_SPAN = (
    "span_id", "is_root", "project", "service", "name", "start_time", "duration_ns", "pending",
    "status_code",
)  # fmt: skip
# Of the trace, whichever of its spans says it.
_OF_TRACE = {
    "session_id": "max(session_id)",
    "user_id": "max(user_id)",
    "model": "max(model)",
    "tags": "groupUniqArrayArray(tags)",
    "run_id": "max(run_id)",
}


@dataclass(frozen=True)
class Root:
    """The span that stands for a trace, in the latest version, with what the trace's spans have in
    common; whether that meets the conditions asked for; and the hours that hold the trace's spans
    (Unix seconds)."""

    trace_id: bytes
    row: dict[str, Any]
    matches: bool
    hours: frozenset[int]


def roots_of(rows: Store, trace_ids: Collection[bytes], filters: Filters) -> dict[bytes, Root]:
    """The root of each trace that is there, and whether it meets the filters: a true root before
    the earliest span seen, a finished version of it before a pending one."""
    if not trace_ids:
        return {}
    found = rows.rows(
        f"SELECT *, toUnixTimestamp64Nano(start_time) AS start_ns,"
        f" {' AND '.join(filters.where) or 'true'} AS matches"
        f" FROM ({one_row_a_trace(rows, [IN_TRACES])})",
        {**filters.parameters, **traces(trace_ids)},
    )
    return {
        row["trace_id"]: Root(row["trace_id"], row, row["matches"], frozenset(row["hours"]))
        for row in found
    }


def one_row_a_trace(rows: Store, where: Sequence[str]) -> str:
    """SQL: what stands for each trace: its root's columns, what its spans have in common, and
    `hours`."""
    candidates = rows.select(
        f"trace_id, argMin(({', '.join(_OF_SPAN)}), (NOT is_root, start_time, bitNot(version)))"
        " AS best, groupUniqArray(toUnixTimestamp(toStartOfHour(start_time))) AS hours, "
        + ", ".join(f"{expression} AS of_{name}" for name, expression in _OF_TRACE.items()),
        "trace_roots",
        where,
        "GROUP BY trace_id",
    )
    best = [f"best.{place} AS {name}" for place, name in enumerate(_OF_SPAN, start=1)]
    common = [f"of_{name} AS {name}" for name in _OF_TRACE]
    return f"SELECT trace_id, hours, {', '.join((*best, *common))} FROM ({candidates})"


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
