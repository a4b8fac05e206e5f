"""Langfuse's reads of scores, in its second and third form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.langfuse import shown
from tracehouse_api.langfuse.legacy import span_hex, trace_hex
from tracehouse_api.langfuse.pages import Page, PageSize, numbered, shallow
from tracehouse_api.parameters import Time
from tracehouse_api.scores import score_json, scores, scores_page
from tracehouse_api.trace_roots import IS_TRACE
from tracehouse_api.values import json_response

router = APIRouter(prefix="/api/public", tags=["langfuse"])


@router.get("/scores")
@router.get("/v2/scores")
def list_scores(
    rows: Rows,
    page: Page = 1,
    limit: PageSize = 50,
    name: str | None = None,
    source: str | None = None,
    kind: Annotated[str | None, Query(alias="dataType")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    observation: Annotated[str | None, Query(alias="observationId")] = None,
    session: Annotated[str | None, Query(alias="sessionId")] = None,
    run: Annotated[str | None, Query(alias="datasetRunId")] = None,
    start: Annotated[Time | None, Query(alias="fromTimestamp")] = None,
    end: Annotated[Time | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """Scores, newest first."""
    shallow(page, limit)
    filters = _judged(name, source, kind, trace_id, observation, session, run, start, end)
    (total,) = rows.rows(
        rows.select("count() AS scores", "scores", ["NOT deleted", *filters.where], final=True),
        filters.parameters,
    )
    found = scores(rows, filters, page * limit)[(page - 1) * limit :]
    shown_page = [shown.score(score_json(row)) for row in found]
    return numbered(shown_page, page, limit, total["scores"])


@router.get("/v3/scores")
def list_scores_v3(
    rows: Rows,
    limit: PageSize = 50,
    cursor: str | None = None,
    identity: Annotated[str | None, Query(alias="id")] = None,
    name: str | None = None,
    source: str | None = None,
    kind: Annotated[str | None, Query(alias="dataType")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    observation: Annotated[str | None, Query(alias="observationId")] = None,
    session: Annotated[str | None, Query(alias="sessionId")] = None,
    run: Annotated[str | None, Query(alias="experimentId")] = None,
    value_min: Annotated[float | None, Query(alias="valueMin")] = None,
    value_max: Annotated[float | None, Query(alias="valueMax")] = None,
    start: Annotated[Time | None, Query(alias="fromTimestamp")] = None,
    end: Annotated[Time | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """Scores, newest first, in the newer form. `id`, `name`, `source` and `dataType` may be lists
    with commas."""
    filters = _judged(name, source, kind, trace_id, observation, session, run, start, end)
    filters.add("score_id IN {ids:Array(String)}", ids=identity.split(",") if identity else None)
    filters.add("value >= {value_min:Float64}", value_min=value_min)
    filters.add("value <= {value_max:Float64}", value_max=value_max)
    found, next_cursor = scores_page(rows, filters, limit, cursor)
    meta = {"limit": limit} | ({"cursor": next_cursor} if next_cursor else {})
    return json_response({"data": [shown.score_v3(score) for score in found], "meta": meta})


@router.get("/scores/{score_id}")
@router.get("/v2/scores/{score_id}")
def get_score(rows: Rows, score_id: str) -> Response:
    """One score."""
    filters = Filters()
    filters.equal(score_id=score_id)
    found = scores(rows, filters, 1)
    if not found:
        raise HTTPException(404, f"there is no score {score_id}")
    return json_response(shown.score(score_json(found[0])))


def _judged(
    name: str | None,
    source: str | None,
    kind: str | None,
    trace_id: str | None,
    observation: str | None,
    session: str | None,
    run: str | None,
    start: int | None,
    end: int | None,
) -> Filters:
    filters = Filters()
    for column, value in (("name", name), ("source", source), ("data_type", kind)):
        names = None if value is None else value.split(",")
        if column != "name" and names is not None:
            names = [one.lower() for one in names]
        filters.add(f"{column} IN {{{column}s:Array(String)}}", **{f"{column}s": names})
    filters.add(IS_TRACE, trace_id=trace_hex(trace_id) if trace_id else None)
    filters.add(
        "span_id = toFixedString(unhex({span_id:String}), 8)",
        span_id=span_hex(observation) if observation else None,
    )
    filters.equal(session_id=session, run_id=run)
    filters.within("time", start, end)
    return filters
