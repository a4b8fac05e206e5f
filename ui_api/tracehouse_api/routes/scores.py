"""`/v1/scores`: judgements of traces, spans, sessions and runs."""

from __future__ import annotations

from typing import Any, Literal

import orjson
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
    decode_cursor,
    encode_cursor,
)
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import Caller, admit, parse_body
from tracehouse_api.rest.scores import deletion, parse_score
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IS_TRACE
from tracehouse_api.values import hex_id, iso_time, json_response, text
from tracehouse_semconv.record import Signal

router = APIRouter(prefix="/v1/scores", tags=["scores"])
writing_router = APIRouter(prefix="/v1/scores", tags=["scores"])

COLUMNS = """
    score_id, project, environment, toUnixTimestamp64Nano(time) AS time_ns, name, data_type, value,
    label, comment, source, author, metadata, trace_id, span_id, response_id, session_id, run_id
"""


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
        name=name, source=source, data_type=data_type, session_id=session, run_id=run, label=label
    )
    filters.add(IS_TRACE, trace_id=trace_id)
    filters.add("span_id = toFixedString(unhex({span_id:String}), 8)", span_id=span_id)
    filters.add("value >= {min_value:Float64}", min_value=min_value)
    filters.add("value <= {max_value:Float64}", max_value=max_value)
    filters.within("time", start, end)
    if cursor is not None:
        at_ns, at_id = decode_cursor(cursor, int, str)
        filters.add(
            "(time, score_id) < (fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC'), {at_id:String})",
            at_ns=at_ns,
            at_id=at_id,
        )
    found = scores(rows, filters, limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return json_response(
        {
            "scores": [score_json(row) for row in page],
            "next_cursor": encode_cursor(last["time_ns"], text(last["score_id"])) if last else None,
        }
    )


def scores(rows: Store, filters: Filters, limit: int) -> list[dict[str, Any]]:
    """Rows of scores that were not taken back, newest first."""
    return rows.rows(
        rows.select(
            COLUMNS,
            "scores",
            ["NOT deleted", *filters.where],
            "ORDER BY time DESC, score_id DESC LIMIT {limit:UInt32}",
            final=True,
        ),
        {**filters.parameters, "limit": limit},
    )


def score_json(row: dict[str, Any]) -> dict[str, Any]:
    """A score. `value` is a number, a boolean or a text, as its data type says."""
    kind, label = text(row["data_type"]), text(row["label"])
    value: Any = row["value"]
    if kind == "boolean":
        value = label == "true" if label else bool(value)
    elif kind in ("categorical", "text"):
        value = label
    return {
        "id": text(row["score_id"]),
        "name": text(row["name"]),
        "data_type": kind,
        "value": value,
        "label": label or None,
        "time": iso_time(row["time_ns"]),
        "comment": text(row["comment"]) or None,
        "source": text(row["source"]),
        "author": text(row["author"]) or None,
        "metadata": _json(row["metadata"]),
        "trace_id": hex_id(row["trace_id"]),
        "span_id": hex_id(row["span_id"]),
        "response_id": text(row["response_id"]) or None,
        "session": text(row["session_id"]) or None,
        "run": text(row["run_id"]) or None,
        "project": text(row["project"]),
        "environment": text(row["environment"]) or None,
    }


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


def _json(stored: bytes) -> Any:
    try:
        return orjson.loads(stored) if stored else None
    except orjson.JSONDecodeError:
        return text(stored)
