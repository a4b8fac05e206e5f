"""`/v1/spans`: spans by what they carry, newest first."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Query, Request, Response

from tracehouse_api.access import ATTRIBUTE_PREFIX, Rows
from tracehouse_api.models import Spans
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    To,
    TraceIdFilter,
    decode_cursor,
    encode_cursor,
    hex_text,
)
from tracehouse_api.spans import COLUMNS, span_json
from tracehouse_api.store import Store
from tracehouse_api.values import json_response
from tracehouse_semconv.record import varint

router = APIRouter(prefix="/v1/spans", tags=["traces"])

_AT = "fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC')"
_TEXT_FILTERS = ("project", "service", "name", "session_id", "run_id")


@router.get(
    "",
    response_model=Spans,
    openapi_extra={
        "parameters": [
            {
                "name": "attribute.<key>",
                "in": "query",
                "schema": {"type": "string"},
                "description": "the attribute's value as text: 200 finds the integer and the "
                "string; an array is found by any string in it. May be given for several keys",
            }
        ]
    },
)
def list_spans(
    request: Request,
    rows: Rows,
    project: str | None = None,
    service: str | None = None,
    name: str | None = None,
    session: str | None = None,
    run: str | None = None,
    trace_id: TraceIdFilter | None = None,
    status: Literal["unset", "ok", "error"] | None = None,
    kind: Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
    | None = None,
    min_duration_ms: float | None = Query(None, ge=0, le=1e12),
    attribute: str | None = Query(None, alias=ATTRIBUTE_PREFIX, include_in_schema=False),
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Spans, newest first; each in its latest version."""
    del attribute  # stands for all `attribute.<key>`
    where: list[str] = []
    parameters: dict[str, Any] = {"limit": limit}
    values = (project, service, name, session, run)
    for column, value in zip(_TEXT_FILTERS, values, strict=True):
        if value is not None:
            where.append(f"{column} = {{{column}:String}}")
            parameters[column] = value
    if trace_id is not None:
        where.append("trace_id = toFixedString(unhex({trace_id:String}), 16)")
        parameters["trace_id"] = trace_id
    if status is not None:
        where.append("status_code = {status:String}")
        parameters["status"] = status
    if kind is not None:
        where.append("span_kind = {kind:String}")
        parameters["kind"] = kind
    if min_duration_ms is not None:
        where.append("duration_ns >= {min_duration_ns:UInt64}")
        parameters["min_duration_ns"] = int(min_duration_ms * 1e6)
    for index, (key, value) in enumerate(_attribute_filters(request)):
        where.append(
            f"(attributes[{{key{index}:String}}] = {{value{index}:String}}"
            f" AND mapContains(attributes, {{key{index}:String}})"
            # An array of strings holds each as: tag, length, text.
            f" OR position(attributes[{{key{index}:String}}], unhex({{element{index}:String}})) > 0"
            f" AND attribute_types[indexOf(mapKeys(attributes), {{key{index}:String}})] = 'array')"
        )
        parameters |= {
            f"key{index}": key,
            f"value{index}": value,
            f"element{index}": _element(value).hex(),
        }
    if start is not None:
        where.append("start_time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')")
        parameters["from_ns"] = start
    if end is not None:
        where.append("start_time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')")
        parameters["to_ns"] = end
    page, next_cursor = _page(rows, where, parameters, cursor, limit)
    return json_response({"spans": [span_json(row) for row in page], "next_cursor": next_cursor})


def _page(
    rows: Store, where: list[str], parameters: dict[str, Any], cursor: Cursor, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    conditions = list(where)
    if cursor is not None:
        conditions += [
            # The key's own column beside the exact comparison, so that newer hours are not read.
            f"toStartOfHour(start_time) <= toStartOfHour({_AT})",
            f"(start_time, trace_id, span_id) < ({_AT},"
            " toFixedString(unhex({at_trace:String}), 16),"
            " toFixedString(unhex({at_span:String}), 8))",
        ]
        keys = ("at_ns", "at_trace", "at_span")
        parameters |= zip(keys, decode_cursor(cursor, int, hex_text, hex_text), strict=True)
    # First the places, reading the key in order, then the rows themselves, which are wide.
    places = rows.rows(
        rows.select(
            "trace_id, span_id, version, toUnixTimestamp64Nano(start_time) AS start_ns",
            "spans",
            conditions,
            "ORDER BY toStartOfHour(start_time) DESC, start_time DESC, trace_id DESC, span_id DESC,"
            " version DESC LIMIT 1 BY trace_id, span_id LIMIT {limit:UInt32} + 1",
        ),
        parameters,
    )
    if not places:
        return [], None
    found = rows.rows(
        rows.select(
            COLUMNS,
            "spans",
            [
                "toStartOfHour(start_time) IN (SELECT toStartOfHour(fromUnixTimestamp64Nano("
                "arrayJoin({hours:Array(Int64)}), 'UTC')))",
                "trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))",
                "span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))",
            ],
            "ORDER BY trace_id, span_id, version DESC LIMIT 1 BY trace_id, span_id",
        ),
        {
            "hours": sorted({place["start_ns"] for place in places}),
            "traces": sorted({place["trace_id"].hex() for place in places}),
            "spans": sorted({place["span_id"].hex() for place in places}),
        },
    )
    latest = {(row["trace_id"], row["span_id"]): row for row in found}
    # A place whose version is not the latest matched only in what has been replaced since.
    page = [
        row
        for place in places[:limit]
        if (row := latest.get((place["trace_id"], place["span_id"]))) is not None
        and row["version"] == place["version"]
    ]
    last = places[limit - 1] if len(places) > limit else None
    if last is None:
        return page, None
    return page, encode_cursor(last["start_ns"], last["trace_id"].hex(), last["span_id"].hex())


def _attribute_filters(request: Request) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(ATTRIBUTE_PREFIX), value)
        for name, value in request.query_params.multi_items()
        if name.startswith(ATTRIBUTE_PREFIX)
    ]


def _element(value: str) -> bytes:
    """A string as an encoded ArrayValue holds it: AnyValue's tag 1, the length, the text."""
    encoded = value.encode()
    return b"\x0a" + varint(len(encoded)) + encoded
