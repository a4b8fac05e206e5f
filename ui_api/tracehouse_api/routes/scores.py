"""`/v1/scores`: judgements of traces, spans, sessions and runs."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Rows, TheHouse, Writer
from tracehouse_api.filters import Filters
from tracehouse_api.models.agents import Scores
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    SpanIdFilter,
    To,
    TraceIdFilter,
)
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import Caller, admit, parse_body
from tracehouse_api.rest.scores import deletion, parse_score
from tracehouse_api.scores import scores_page
from tracehouse_api.trace_roots import IS_TRACE
from tracehouse_api.values import json_response
from tracehouse_semconv.record import Signal

router = APIRouter(prefix="/v1/scores", tags=["scores"])
writing_router = APIRouter(prefix="/v1/scores", tags=["scores"])


@router.get("", response_model=Scores)
def list_scores(
    rows: Rows,
    name: str | None = None,
    source: Literal["api", "annotation", "eval"] | None = None,
    data_type: Literal["numeric", "boolean", "categorical", "text"] | None = None,
    trace_id: TraceIdFilter | None = None,
    span_id: SpanIdFilter | None = None,
    session: str | None = None,
    run: str | None = None,
    project: str | None = None,
    label: str | None = Query(None, description="the category; true or false of a boolean"),
    min_value: float | None = None,
    max_value: float | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Scores, newest first."""
    filters = Filters()
    filters.equal(
        name=name, source=source, data_type=data_type, session_id=session, run_id=run,
        project=project, label=label,
    )  # fmt: skip
    filters.add(IS_TRACE, trace_id=trace_id)
    filters.add("span_id = toFixedString(unhex({span_id:String}), 8)", span_id=span_id)
    filters.add("value >= {min_value:Float64}", min_value=min_value)
    filters.add("value <= {max_value:Float64}", max_value=max_value)
    filters.within("time", start, end)
    found, next_cursor = scores_page(rows, filters, limit, cursor)
    return json_response({"scores": found, "next_cursor": next_cursor})


@writing_router.post("", status_code=201)
async def create_score(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Give a score; the same `id` again replaces it. Answers with the id once it is durable."""
    document = parse_body(await request.body())
    try:
        score = parse_score(document)
        caller = Caller.of(writer, request.headers)
        resource = caller.resource(str(document.get("project") or "default"))
        stored = otlp.logs(resource, [score.record()])
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, str(error)) from None
    await admit(house, writer, Signal.logs, stored)
    return json_response({"id": score.id}, 201)


@writing_router.delete("/{score_id}", status_code=204)
async def delete_score(
    house: TheHouse, writer: Writer, request: Request, score_id: str
) -> Response:
    """Take a score back; one that is not there stays so."""
    resource = Caller.of(writer, request.headers).resource("default")
    await admit(house, writer, Signal.logs, otlp.logs(resource, [deletion(score_id, "deleted")]))
    return Response(status_code=204)
