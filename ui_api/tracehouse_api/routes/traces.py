"""`/v1/traces`: the list, newest first, and one trace whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Rows, TheHouse, Writer
from tracehouse_api.asked_traces import SCORE_PARAMETER, Asked
from tracehouse_api.lifecycle.deleting import delete_traces
from tracehouse_api.models.live import TraceFacets, TraceHistogram, TraceOutline
from tracehouse_api.models.telemetry import Span, Trace, Traces
from tracehouse_api.noise import noise_in
from tracehouse_api.outlines import Place, facts, outline_json, outlined_spans, said_by_any
from tracehouse_api.parameters import (
    Cursor,
    Limit,
    SpanId,
    TraceId,
    decode_cursor,
    encode_cursor,
    hex_text,
)
from tracehouse_api.spans import IS_SPAN, in_tree_order, latest_spans, span_json
from tracehouse_api.trace_counts import facets, histogram
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE, hours_of
from tracehouse_api.traces import newest_traces, summaries
from tracehouse_api.usage.of_traces import usage_of_spans
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/traces", tags=["traces"])
writing_router = APIRouter(prefix="/v1/traces", tags=["traces"])


@router.get("", response_model=Traces, openapi_extra=SCORE_PARAMETER)
def list_traces(rows: Rows, asked: Asked, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Traces, newest first."""
    of_root, window = asked.conditions(rows)
    after = tuple(decode_cursor(cursor, int, hex_text)) if cursor else None
    roots = newest_traces(rows, window, of_root, after, limit + 1)
    more = len(roots) > limit
    page = roots[:limit]
    return json_response(
        {
            "traces": summaries(rows, page),
            "next_cursor": encode_cursor(page[-1].row["start_ns"], page[-1].trace_id.hex())
            if more
            else None,
        }
    )


@router.get("/histogram", response_model=TraceHistogram, openapi_extra=SCORE_PARAMETER)
def get_histogram(
    rows: Rows,
    asked: Asked,
    bins: Annotated[int, Query(ge=1, le=1000, description="as many at most")] = 72,
) -> Response:
    """How many traces began when, and how many of them failed."""
    return json_response(histogram(rows, asked, bins))


@router.get("/facets", response_model=TraceFacets, openapi_extra=SCORE_PARAMETER)
def get_facets(
    rows: Rows,
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=1000, description="values of each at most")] = 50,
) -> Response:
    """The services, users, tags and statuses that the traces have, the most frequent first."""
    return json_response({"facets": facets(rows, asked, limit)})


@router.get("/{trace_id}", response_model=Trace)
def get_trace(house: TheHouse, rows: Rows, trace_id: TraceId) -> Response:
    """One trace with its spans, parents first."""
    where = {"trace_id": trace_id, "hours": hours_of(rows, trace_id)}
    found = latest_spans(rows, [IN_HOURS, IS_TRACE], where)
    if where["hours"] and not found:  # it is in the list a moment before its spans are there
        house.wait_until_loaded()
        found = latest_spans(rows, [IN_HOURS, IS_TRACE], where)
    if not found:
        raise HTTPException(404, f"there is no trace {trace_id} in this workspace")
    ordered = in_tree_order(found.values())
    return json_response(
        {
            "trace_id": trace_id,
            **facts(ordered),
            "usage": usage_of_spans(ordered, rows.pricing).json(),
            "spans": [
                span_json(row) | {"noise": noisy}
                for row, noisy in zip(ordered, noise_in(ordered), strict=True)
            ],
        }
    )


@router.get("/{trace_id}/outline", response_model=TraceOutline)
def get_outline(house: TheHouse, rows: Rows, trace_id: TraceId) -> Response:
    """One trace with what its spans are, parents first, and without what they carry. A trace of
    50,000 spans is a tenth as large so."""
    place = Place(trace_id, hours_of(rows, trace_id))
    ordered = outlined_spans(rows, place)
    if place.hours and not ordered:  # it is in the list a moment before its spans are there
        house.wait_until_loaded()
        ordered = outlined_spans(rows, place)
    if not ordered:
        raise HTTPException(404, f"there is no trace {trace_id} in this workspace")
    return json_response(
        {
            "trace_id": trace_id,
            **facts(ordered),
            **said_by_any(ordered),
            "usage": usage_of_spans(ordered, rows.pricing).json(),
            "spans": outline_json(ordered, rows.pricing),
            "next_cursor": encode_cursor(max(row["received_ns"] for row in ordered)),
        }
    )


@router.get("/{trace_id}/spans/{span_id}", response_model=Span)
def get_span(rows: Rows, trace_id: TraceId, span_id: SpanId) -> Response:
    """One span of a trace, whole."""
    where = {"trace_id": trace_id, "span_id": span_id, "hours": hours_of(rows, trace_id)}
    found = latest_spans(rows, [IN_HOURS, IS_TRACE, IS_SPAN], where)
    if not found:
        raise HTTPException(404, f"there is no span {span_id} in trace {trace_id}")
    (row,) = found.values()
    return json_response(span_json(row))


@writing_router.delete("/{trace_id}", status_code=204)
def delete_trace(house: TheHouse, writer: Writer, trace_id: TraceId) -> Response:
    """Remove a trace for good, with its log records and scores. One that is not there stays so."""
    delete_traces(house, writer.workspace, [bytes.fromhex(trace_id)])
    return Response(status_code=204)
