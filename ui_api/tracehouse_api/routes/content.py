"""`/v1/traces/{trace}/spans/{span}/content`: messages, tools, arguments, results, documents."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from tracehouse_api.access import Rows
from tracehouse_api.content.content import content_of
from tracehouse_api.models.agents import Content
from tracehouse_api.parameters import SpanId, TraceId
from tracehouse_api.spans import IS_SPAN, attributes_of, latest_spans
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE, hours_of
from tracehouse_api.values import attributes, json_response, text, typed

router = APIRouter(prefix="/v1/traces", tags=["traces"])

_MOST_LOGS = 1000
# The coding agents' records lie under another span of the trace, and name the call.
_BELONGS = f"""
    ({IS_SPAN}
    OR {{call:String}} != ''
        AND {{call:String}} IN (attributes['call_id'], attributes['tool_use_id'])
    OR {{response:String}} != '' AND attributes['request_id'] = {{response:String}})
"""


@router.get("/{trace_id}/spans/{span_id}/content", response_model=Content)
def get_content(rows: Rows, trace_id: TraceId, span_id: SpanId) -> Response:
    """The content of a span, from its attributes, its events and the log records that belong to
    it, in one form for every dialect."""
    where = {"trace_id": trace_id, "span_id": span_id, "hours": hours_of(rows, trace_id)}
    found = latest_spans(rows, [IN_HOURS, IS_TRACE, IS_SPAN], where)
    if not found:
        raise HTTPException(404, f"there is no span {span_id} in trace {trace_id}")
    (row,) = found.values()
    logs = rows.rows(
        rows.select(
            "event_name, body, body_type, attributes.keys AS attribute_keys,"
            " attributes.values AS attribute_values, attribute_types",
            "logs",
            [IS_TRACE, _BELONGS],
            "ORDER BY observed_time, time, request_id, ordinal"
            " LIMIT 1 BY time, request_id, ordinal LIMIT {most:UInt32}",
        ),
        {
            **where,
            "most": _MOST_LOGS,
            "call": text(row["tool_call_id"]),
            "response": text(row["response_id"]),
        },
    )
    events = [
        (text(name), attributes(keys, values, types))
        for name, keys, values, types in zip(
            row["events.name"],
            row["event_keys"],
            row["event_values"],
            row["events.types"],
            strict=True,
        )
    ]
    records = [
        (
            str(attributes_of(log, "attribute").get("event.name") or text(log["event_name"])),
            attributes_of(log, "attribute"),
            typed(log["body"], log["body_type"]),
        )
        for log in logs
    ]
    content = content_of(attributes_of(row, "attribute"), events, records, kind=text(row["kind"]))
    return json_response({"trace_id": trace_id, "span_id": span_id} | content)
