"""`/v1/traces`: the list, newest first, and one trace whole."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Rows, TheHouse, Writer
from tracehouse_api.comparisons import Comparison, parse_comparison
from tracehouse_api.filters import Filters
from tracehouse_api.lifecycle.deleting import delete_traces
from tracehouse_api.models.telemetry import Trace, Traces
from tracehouse_api.noise import noise_in
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
from tracehouse_api.spans import in_tree_order, latest_spans, span_json
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE, hours_of
from tracehouse_api.traces import newest_traces, saying, summaries
from tracehouse_api.usage.of_traces import usage_of_spans
from tracehouse_api.values import iso_time, json_response, milliseconds, text

router = APIRouter(prefix="/v1/traces", tags=["traces"])
writing_router = APIRouter(prefix="/v1/traces", tags=["traces"])

SCORE_PREFIX = "score."


@router.get(
    "",
    response_model=Traces,
    openapi_extra={
        "parameters": [
            {
                "name": "score.<name>",
                "in": "query",
                "schema": {"type": "string"},
                "description": "a score of the trace or of a span in it: a label, or a number, "
                "which may be behind >, >=, <, <= or !=",
            }
        ]
    },
)
def list_traces(
    request: Request,
    rows: Rows,
    project: str | None = None,
    service: str | None = Query(None, description="of the trace's root span"),
    start: From = None,
    end: To = None,
    session: str | None = None,
    user: str | None = None,
    tag: str | None = Query(None, description="one of the trace's tags"),
    status: Literal["unset", "ok", "error"] | None = Query(
        None, description="of the trace's root span"
    ),
    min_duration_ms: float | None = Query(None, ge=0, le=1e12),
    q: str | None = Query(
        None, min_length=1, description="text in any span's name, status message or attributes"
    ),
    score: str | None = Query(
        None,
        alias=SCORE_PREFIX,
        include_in_schema=False,  # stands for all `score.<name>`
    ),
    noise: bool = Query(
        False, description="with traces that hold nothing but the inner workings of an agent"
    ),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Traces, newest first."""
    del score
    filters, window = Filters(), Filters()
    filters.equal(project=project, service=service, status_code=status)
    filters.lasts(min_duration_ms)
    window.within("start_time", start, end)
    if q is not None:
        matching = rows.select(
            "trace_id",
            "spans",
            [
                *window.where,
                "(positionCaseInsensitiveUTF8(name, {q:String}) > 0"
                " OR positionCaseInsensitiveUTF8(status_message, {q:String}) > 0"
                " OR arrayExists(v -> positionCaseInsensitiveUTF8(v, {q:String}) > 0,"
                " mapValues(attributes)))",
            ],
        )
        window.add(f"trace_id IN ({matching})", q=q)
    saying(window, session=session, user=user, tag=tag)
    for number, (name, asked) in enumerate(_score_filters(request)):
        judged = rows.select(
            "trace_id", "scores", ["NOT deleted", *_judged(number, asked)], final=True
        )
        window.add(f"trace_id IN ({judged})", **{f"score{number}": name})
        window.parameters |= {
            f"score_value{number}": asked.number or 0.0,
            f"score_text{number}": asked.value,
        }
    noisy = rows.select("trace_id", "trace_roots", ["is_noise"])
    if not noise and rows.rows(f"{noisy} LIMIT 1"):
        rest = rows.select("trace_id", "trace_roots", ["NOT is_noise", f"trace_id IN ({noisy})"])
        window.where.append(f"NOT (is_noise AND trace_id NOT IN ({rest}))")
    after = tuple(decode_cursor(cursor, int, hex_text)) if cursor else None
    roots = newest_traces(rows, window, filters, after, limit + 1)
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


def _score_filters(request: Request) -> list[tuple[str, Comparison]]:
    found: list[tuple[str, Comparison]] = []
    for name, value in request.query_params.multi_items():
        if name.startswith(SCORE_PREFIX):
            try:
                found.append((name.removeprefix(SCORE_PREFIX), parse_comparison(value)))
            except ValueError as error:
                raise HTTPException(422, f"{name}: {error}") from None
    return found


def _judged(number: int, asked: Comparison) -> list[str]:
    """Conditions on scores: a number is compared with the value, a text with the label."""
    compared = (
        f"label {asked.operator} {{score_text{number}:String}}"
        if asked.number is None
        else f"value {asked.operator} {{score_value{number}:Float64}}"
    )
    return [f"name = {{score{number}:String}}", compared]


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
            "usage": usage_of_spans(ordered, rows.pricing).json(),
            "spans": [
                span_json(row) | {"noise": noisy}
                for row, noisy in zip(ordered, noise_in(ordered), strict=True)
            ],
        }
    )


@writing_router.delete("/{trace_id}", status_code=204)
def delete_trace(house: TheHouse, writer: Writer, trace_id: TraceId) -> Response:
    """Remove a trace for good, with its log records and scores. One that is not there stays so."""
    delete_traces(house, writer.workspace, [bytes.fromhex(trace_id)])
    return Response(status_code=204)
