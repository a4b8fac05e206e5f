"""`/v1/logs`: log records, newest first."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Response

from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.telemetry import Logs
from tracehouse_api.newest import distinct_rows
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    SpanIdFilter,
    To,
    TraceIdFilter,
    decode_cursor,
    encode_cursor,
)
from tracehouse_api.spans import SOURCE_COLUMNS, attributes_of, scope_json
from tracehouse_api.trace_roots import IS_TRACE
from tracehouse_api.values import hex_id, iso_time, json_response, text, typed

router = APIRouter(prefix="/v1/logs", tags=["logs"])

_COLUMNS = f"""
    toUnixTimestamp64Nano(time) AS time_ns, toUnixTimestamp64Nano(observed_time) AS observed_ns,
    trace_id, span_id, flags, severity_number, severity_text, event_name, body, body_type,
    attributes.keys AS attribute_keys, attributes.values AS attribute_values,
    attribute_types, dropped_attributes_count, project, service, {SOURCE_COLUMNS},
    request_id, ordinal
"""

# What tells a record from all others, in the order of the key.
_PLACE = ("time_ns", "request_id", "ordinal")


@router.get("", response_model=Logs)
def list_logs(
    rows: Rows,
    project: str | None = None,
    service: str | None = None,
    session: str | None = None,
    run: str | None = None,
    trace_id: TraceIdFilter | None = None,
    span_id: SpanIdFilter | None = None,
    event_name: str | None = Query(
        None, description="of the record, or its attribute `event.name`, as coding agents have it"
    ),
    min_severity: int | None = Query(None, ge=1, le=24, description="OTLP severity number"),
    q: str | None = Query(None, min_length=1, description="text in the body"),
    start: From = None,
    end: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Log records, newest first."""
    filters = Filters()
    filters.equal(project=project, service=service, session_id=session, run_id=run)
    filters.add(
        "(event_name = {event_name:String} OR attributes['event.name'] = {event_name:String})",
        event_name=event_name,
    )
    filters.add(IS_TRACE, trace_id=trace_id)
    filters.add("span_id = toFixedString(unhex({span_id:String}), 8)", span_id=span_id)
    filters.add("severity_number >= {min_severity:UInt8}", min_severity=min_severity)
    filters.add("positionCaseInsensitiveUTF8(body, {q:String}) > 0", q=q)
    filters.within("time", start, end)
    begin: dict[str, Any] | None = None
    if cursor is not None:
        begin = dict(zip(_PLACE, decode_cursor(cursor, int, int, int), strict=True))

    def read(after: dict[str, Any] | None, size: int) -> list[dict[str, Any]]:
        conditions, parameters = list(filters.where), {**filters.parameters, "limit": size}
        if after := after or begin:
            conditions.append(
                "(time, request_id, ordinal) < (fromUnixTimestamp64Nano({time_ns:Int64}, 'UTC'),"
                " {request_id:UInt64}, {ordinal:UInt64})"
            )
            parameters |= {name: after[name] for name in _PLACE}
        return rows.rows(
            rows.select(
                _COLUMNS,
                "logs",
                conditions,
                "ORDER BY time DESC, request_id DESC, ordinal DESC LIMIT {limit:UInt32}",
            ),
            parameters,
        )

    found = distinct_rows(read, lambda row: tuple(row[name] for name in _PLACE), limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return json_response(
        {
            "logs": [_log_json(row) for row in page],
            "next_cursor": encode_cursor(*(last[name] for name in _PLACE)) if last else None,
        }
    )


def _log_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": iso_time(row["time_ns"]),
        "observed_time": iso_time(row["observed_ns"]) if row["observed_ns"] else None,
        "trace_id": hex_id(row["trace_id"]),
        "span_id": hex_id(row["span_id"]),
        "severity_number": row["severity_number"],
        "severity_text": text(row["severity_text"]),
        "event_name": text(row["event_name"]),
        "body": typed(row["body"], row["body_type"]),
        "service": text(row["service"]),
        "project": text(row["project"]),
        "scope": scope_json(row),
        "resource": attributes_of(row, "resource"),
        "attributes": attributes_of(row, "attribute"),
        "dropped_attributes_count": row["dropped_attributes_count"],
        "flags": row["flags"],
    }
