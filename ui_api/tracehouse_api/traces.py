"""Traces in lists: which there are, and what a list tells of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.newest import distinct_rows
from tracehouse_api.spans import in_tree_order, latest_spans
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IN_TRACES, Root, places, roots_of
from tracehouse_api.usage.counting import Usage
from tracehouse_api.usage.of_traces import usage_of_traces
from tracehouse_api.values import iso_time, milliseconds, text


def saying(window: Filters, *, session: str | None, user: str | None, tag: str | None) -> None:
    """Add that some span of the trace says so. The root may come in another request than that
    span, and need not say it at all."""
    for condition, value in (
        ("session_id = {session:String}", {"session": session}),
        ("user_id = {user:String}", {"user": user}),
        ("has(tags, {tag:String})", {"tag": tag}),
    ):
        window.add(f"trace_id IN ({Store.select('trace_id', 'trace_roots', [condition])})", **value)


def newest_traces(
    rows: Store, window: Filters, filters: Filters, after: tuple[int, str] | None, count: int
) -> list[Root]:
    """The roots of so many traces, newest first; those after a trace: (its start in Unix
    nanoseconds, its id in hex). `filters` are conditions on the root, `window` on what leads to it.

    `trace_roots` may hold several candidates of a trace, and several versions of each. A trace
    stands at the place of its root, and matches by the latest version of it: both are looked up
    for each batch of candidates.
    """
    # That trace is past, whichever span stands for it: no span id is below zeros.
    begin = [*after, ""] if after else None
    roots: dict[bytes, Root] = {}

    def candidates(last: dict[str, Any] | None, size: int) -> list[dict[str, Any]]:
        position = (
            [last["start_ns"], last["trace_id"].hex(), last["span_id"].hex()] if last else begin
        )
        conditions = [*window.where, *filters.where]
        parameters = {**window.parameters, **filters.parameters, "limit": size}
        if position is not None:
            conditions.append(
                "(start_time, trace_id, span_id) < (fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC'),"
                " toFixedString(unhex({at_trace:String}), 16),"
                " toFixedString(unhex({at_span:String}), 8))"
            )
            parameters |= zip(("at_ns", "at_trace", "at_span"), position, strict=True)
        return rows.rows(
            rows.select(
                "toUnixTimestamp64Nano(start_time) AS start_ns, trace_id, span_id",
                "trace_roots",
                conditions,
                # The key itself, so that reading stops at the limit.
                "ORDER BY start_time DESC, trace_id DESC, span_id DESC LIMIT {limit:UInt32}",
            ),
            parameters,
        )

    def standing(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        trace_ids = {row["trace_id"] for row in batch} - roots.keys()
        roots.update(roots_of(rows, trace_ids, filters))
        return [row for row in batch if _stands(roots[row["trace_id"]], row)]

    page = distinct_rows(candidates, lambda row: row["trace_id"], count, keep=standing)
    return [roots[row["trace_id"]] for row in page]


def _stands(root: Root, candidate: dict[str, Any]) -> bool:
    same = all(root.row[name] == candidate[name] for name in ("span_id", "start_ns"))
    return root.matches and same


def spans_of(rows: Store, roots: Collection[Root]) -> dict[bytes, list[dict[str, Any]]]:
    """The spans of traces, whole, by trace: parents first."""
    found: dict[bytes, list[dict[str, Any]]] = {}
    if not roots:
        return found
    for row in latest_spans(rows, [IN_HOURS, IN_TRACES], places(roots)).values():
        found.setdefault(row["trace_id"], []).append(row)
    return {trace_id: in_tree_order(spans) for trace_id, spans in found.items()}


def summaries(rows: Store, roots: list[Root]) -> list[dict[str, Any]]:
    """Traces as they stand in lists."""
    counts, usage = _counts(rows, roots), usage_of_traces(rows, roots)
    return [
        _summary(root, *counts.get(root.trace_id, (0, 0)), usage.get(root.trace_id, Usage()))
        for root in roots
    ]


def _counts(rows: Store, roots: list[Root]) -> dict[bytes, tuple[int, int]]:
    """(spans, spans with an error) of each trace, exact under redelivery and pending versions."""
    if not roots:
        return {}
    spans = rows.select(
        "trace_id, span_id, argMax(status_code, version) AS status",
        "spans",
        [IN_HOURS, IN_TRACES],
        "GROUP BY trace_id, span_id",
    )
    found = rows.rows(
        "SELECT trace_id, count() AS spans, countIf(status = 'error') AS errors"
        f" FROM ({spans}) GROUP BY trace_id",
        places(roots),
    )
    return {row["trace_id"]: (row["spans"], row["errors"]) for row in found}


def _summary(root: Root, spans: int, errors: int, usage: Usage) -> dict[str, Any]:
    """A trace in a list."""
    row = root.row
    pending = bool(row["pending"])
    return {
        "trace_id": root.trace_id.hex(),
        "root_span_id": row["span_id"].hex(),
        "name": text(row["name"]),
        "root_missing": not row["is_root"],
        "service": text(row["service"]),
        "project": text(row["project"]),
        "session": text(row["session_id"]) or None,
        "user": text(row["user_id"]) or None,
        "tags": sorted(text(tag) for tag in row["tags"]),
        "start_time": iso_time(row["start_ns"]),
        "duration_ms": None if pending else milliseconds(row["duration_ns"]),
        "pending": pending,
        "status": row["status_code"],
        "span_count": spans,
        "error_count": errors,
        "usage": usage.json(),
    }
