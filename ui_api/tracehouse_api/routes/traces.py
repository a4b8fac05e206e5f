"""`/v1/traces`: the list, newest first, and one trace whole."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Rows
from tracehouse_api.models import Trace, Traces
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    To,
    TraceId,
    decode_cursor,
    encode_cursor,
    hex_text,
)
from tracehouse_api.spans import COLUMNS, in_tree_order, span_json
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, json_response, milliseconds, text

router = APIRouter(prefix="/v1/traces", tags=["traces"])

_LIST_COLUMNS = """
    trace_id, span_id, is_root, project, service, name,
    toUnixTimestamp64Nano(start_time) AS start_ns,
    duration_ns, pending, status_code, session_id
"""
# Best candidate of a trace: a true root before the earliest span seen, a finished version of it
# before a pending one.
_BEST_FIRST = "is_root DESC, start_time, version DESC"
_ROUNDS = 20


@router.get("", response_model=Traces)
def list_traces(
    rows: Rows,
    project: str | None = None,
    service: str | None = Query(None, description="of the trace's root span"),
    start: From = None,
    end: To = None,
    session: str | None = None,
    status: Literal["unset", "ok", "error"] | None = Query(
        None, description="of the trace's root span"
    ),
    min_duration_ms: float | None = Query(None, ge=0, le=1e12),
    q: str | None = Query(
        None, min_length=1, description="text in any span's name, status message or attributes"
    ),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Traces, newest first."""
    where: list[str] = []
    parameters: dict[str, Any] = {"limit": limit}
    for column, value in (("project", project), ("service", service), ("session_id", session)):
        if value is not None:
            where.append(f"{column} = {{{column}:String}}")
            parameters[column] = value
    if status is not None:
        where.append("status_code = {status:String}")
        parameters["status"] = status
    if min_duration_ms is not None:
        where.append("duration_ns >= {min_duration_ns:UInt64}")
        parameters["min_duration_ns"] = int(min_duration_ms * 1e6)
    window: list[str] = []
    if start is not None:
        window.append("start_time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')")
        parameters["from_ns"] = start
    if end is not None:
        window.append("start_time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')")
        parameters["to_ns"] = end
    if q is not None:
        matching = rows.select(
            "trace_id",
            "spans",
            [
                *window,
                "(positionCaseInsensitiveUTF8(name, {q:String}) > 0"
                " OR positionCaseInsensitiveUTF8(status_message, {q:String}) > 0"
                " OR arrayExists(v -> positionCaseInsensitiveUTF8(v, {q:String}) > 0,"
                " mapValues(attributes)))",
            ],
        )
        where.append(f"trace_id IN ({matching})")
        parameters["q"] = q
    page, more = _page(rows, [*window, *where], parameters, cursor, limit)
    counts = _counts(rows, [row["trace_id"] for row in page])
    return json_response(
        {
            "traces": [_summary(row, *counts.get(row["trace_id"], (0, 0))) for row in page],
            "next_cursor": encode_cursor(page[-1]["start_ns"], page[-1]["trace_id"].hex())
            if more
            else None,
        }
    )


def _page(
    rows: Store, where: list[str], parameters: dict[str, Any], cursor: Cursor, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """The next traces after the cursor, and whether there are more.

    `trace_roots` may hold several candidates of a trace. One counts at its own place in time only
    if it is the best of its trace, which is looked up for each batch of candidates.
    """
    page: list[dict[str, Any]] = []
    position = decode_cursor(cursor, int, hex_text) if cursor else None
    for _ in range(_ROUNDS):
        conditions = list(where)
        if position is not None:
            conditions.append(
                "(start_time, trace_id) < (fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC'),"
                " toFixedString(unhex({at_id:String}), 16))"
            )
            parameters |= {"at_ns": position[0], "at_id": position[1]}
        candidates = rows.rows(
            rows.select(
                _LIST_COLUMNS,
                "trace_roots",
                conditions,
                "ORDER BY start_time DESC, trace_id DESC, version DESC"
                " LIMIT 1 BY start_time, trace_id, span_id LIMIT {limit:UInt32} + 1",
            ),
            parameters,
        )
        best = _best(rows, {row["trace_id"] for row in candidates})
        page += [row for row in candidates if best.get(row["trace_id"]) == row["span_id"]]
        if len(page) > limit or len(candidates) <= limit:
            break
        position = [candidates[-1]["start_ns"], candidates[-1]["trace_id"].hex()]
    return page[:limit], len(page) > limit


def _ids(trace_ids: set[bytes] | list[bytes]) -> dict[str, Any]:
    return {"ids": [trace_id.hex() for trace_id in trace_ids]}


_IN_IDS = "trace_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))"


def _best(rows: Store, trace_ids: set[bytes]) -> dict[bytes, bytes]:
    """The span that stands for each trace in lists."""
    if not trace_ids:
        return {}
    found = rows.rows(
        rows.select(
            "trace_id, span_id",
            "trace_roots",
            [_IN_IDS],
            f"ORDER BY trace_id, {_BEST_FIRST} LIMIT 1 BY trace_id",
        ),
        _ids(trace_ids),
    )
    return {row["trace_id"]: row["span_id"] for row in found}


def _counts(rows: Store, trace_ids: list[bytes]) -> dict[bytes, tuple[int, int]]:
    """(spans, spans with an error) of each trace, exact under redelivery and pending versions."""
    if not trace_ids:
        return {}
    spans = rows.select(
        "trace_id, span_id, argMax(status_code, version) AS status",
        "spans",
        [_IN_IDS],
        "GROUP BY trace_id, span_id",
    )
    found = rows.rows(
        "SELECT trace_id, count() AS spans, countIf(status = 'error') AS errors"
        f" FROM ({spans}) GROUP BY trace_id",
        _ids(trace_ids),
    )
    return {row["trace_id"]: (row["spans"], row["errors"]) for row in found}


def _summary(row: dict[str, Any], spans: int, errors: int) -> dict[str, Any]:
    pending = bool(row["pending"])
    return {
        "trace_id": row["trace_id"].hex(),
        "root_span_id": row["span_id"].hex(),
        "name": text(row["name"]),
        "root_missing": not row["is_root"],
        "service": text(row["service"]),
        "project": text(row["project"]),
        "session": text(row["session_id"]) or None,
        "start_time": iso_time(row["start_ns"]),
        "duration_ms": None if pending else milliseconds(row["duration_ns"]),
        "pending": pending,
        "status": row["status_code"],
        "span_count": spans,
        "error_count": errors,
    }


@router.get("/{trace_id}", response_model=Trace)
def get_trace(rows: Rows, trace_id: TraceId) -> Response:
    """One trace with its spans, parents first."""
    found = rows.rows(
        rows.select(
            COLUMNS,
            "spans",
            ["trace_id = toFixedString(unhex({trace_id:String}), 16)"],
            "ORDER BY span_id, version DESC LIMIT 1 BY span_id",
        ),
        {"trace_id": trace_id},
    )
    if not found:
        raise HTTPException(404, f"there is no trace {trace_id} in this workspace")
    ordered = in_tree_order(found)
    root = ordered[0]
    finished = [row["end_ns"] for row in ordered if not row["pending"]]
    start = min(row["start_ns"] for row in ordered)
    pending = any(row["pending"] for row in ordered)
    return json_response(
        {
            "trace_id": trace_id,
            "name": text(root["name"]),
            "service": text(root["service"]),
            "project": text(root["project"]),
            "start_time": iso_time(start),
            "duration_ms": None if pending or not finished else milliseconds(max(finished) - start),
            "status": root["status_code"],
            "pending": pending,
            "span_count": len(ordered),
            "error_count": sum(row["status_code"] == "error" for row in ordered),
            "spans": [span_json(row) for row in ordered],
        }
    )
