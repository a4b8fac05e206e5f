"""Langfuse's reads: traces, observations and sessions, for scripts that fetch what they or
others sent. Pages are numbered in the older routes and have cursors in the newer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api import sessions
from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.langfuse import shown
from tracehouse_api.langfuse.legacy import IS_TRACE_SPAN, OF_TRACE_SPAN, span_hex, trace_hex
from tracehouse_api.langfuse.pages import DEEPEST, Page, PageSize, numbered, shallow
from tracehouse_api.newest_spans import newest_spans
from tracehouse_api.parameters import Time, decode_cursor, encode_cursor
from tracehouse_api.rest.otlp import json_text
from tracehouse_api.scores import scores_of_traces
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import (
    IS_TRACE,
    Root,
    roots_of,
)
from tracehouse_api.traces import newest_traces, saying, spans_of, summaries
from tracehouse_api.values import iso_time, json_response, text

router = APIRouter(prefix="/api/public", tags=["langfuse"])

_MOST_TRACES = 1000


@router.get("/traces")
def list_traces(
    rows: Rows,
    page: Page = 1,
    limit: PageSize = 50,
    user: Annotated[str | None, Query(alias="userId")] = None,
    session: Annotated[str | None, Query(alias="sessionId")] = None,
    name: str | None = None,
    tags: Annotated[list[str], Query()] = [],  # noqa: B006
    environment: Annotated[list[str], Query()] = [],  # noqa: B006
    start: Annotated[Time | None, Query(alias="fromTimestamp")] = None,
    end: Annotated[Time | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """Traces, newest first."""
    shallow(page, limit)
    window, filters = Filters(), Filters()
    window.within("start_time", start, end)
    filters.equal(name=name)
    saying(window, session=session, user=user, tag=None)
    for number, tag in enumerate(tags):
        tagged = rows.select("trace_id", "trace_roots", [f"has(tags, {{tag{number}:String}})"])
        window.add(f"trace_id IN ({tagged})", **{f"tag{number}": tag})
    if environment:
        within = rows.select("trace_id", "spans", ["environment IN {environments:Array(String)}"])
        window.add(f"trace_id IN ({within})", environments=_stored(environment))
    (total,) = rows.rows(
        rows.select(
            "uniqExact(trace_id) AS traces", "trace_roots", [*window.where, *filters.where]
        ),
        window.parameters | filters.parameters,
    )
    roots = newest_traces(rows, window, filters, None, page * limit)[(page - 1) * limit :]
    return numbered(_traces(rows, roots), page, limit, total["traces"])


@router.get("/traces/{trace_id}")
def get_trace(rows: Rows, trace_id: str) -> Response:
    """A trace with its observations and scores."""
    identity = trace_hex(trace_id)
    roots = roots_of(rows, [bytes.fromhex(identity)], Filters())
    if not roots:
        raise HTTPException(404, f"there is no trace {trace_id}")
    (found,) = _traces(rows, list(roots.values()), whole=True)
    return json_response(found)


def _traces(rows: Store, roots: list[Root], *, whole: bool = False) -> list[dict[str, Any]]:
    spans = spans_of(rows, roots)
    judgements = scores_of_traces(rows, spans)
    found: list[dict[str, Any]] = []
    for summary, root in zip(summaries(rows, roots), roots, strict=True):
        ordered = spans.get(root.trace_id)
        if ordered is None:
            continue
        observed = [row for row in ordered if not shown.stands_for_trace(row)]
        judged = [shown.score(score) for score in judgements.get(summary["trace_id"], [])]
        found.append(
            shown.trace(summary, ordered)
            | {
                "observations": [shown.observation(row, rows.pricing) for row in observed]
                if whole
                else [row["span_id"].hex() for row in observed],
                "scores": judged if whole else [score["id"] for score in judged],
            }
        )
    return found


def _observed(
    *,
    name: str | None,
    user: str | None,
    session: str | None,
    kind: str | None,
    trace_id: str | None,
    parent: str | None,
    level: str | None,
    environment: list[str],
    root: bool | None,
    start: int | None,
    end: int | None,
) -> Filters:
    filters = Filters()
    filters.equal(name=name)
    filters.within("start_time", start, end)
    filters.add("upper(kind) = upper({kind:String})", kind=kind)
    filters.add(IS_TRACE, trace_id=trace_hex(trace_id) if trace_id else None)
    filters.add(
        "parent_span_id = toFixedString(unhex({parent:String}), 8)",
        parent=span_hex(parent) if parent else None,
    )
    if level is not None:
        said = "upper(attributes['langfuse.observation.level'])"
        failed = "if(status_code = 'error', 'ERROR', 'DEFAULT')"
        names = f"transform({said}, {list(shown.LEVELS)}, {list(shown.LEVELS.values())}, {said})"
        filters.add(f"if({said} != '', {names}, {failed}) = upper({{level:String}})", level=level)
    filters.add("environment IN {environments:Array(String)}", environments=_stored(environment))
    if root is not None:
        is_root = f"(parent_span_id = toFixedString('', 8) OR {OF_TRACE_SPAN})"
        filters.where.append(is_root if root else f"NOT {is_root}")
    saying(filters, session=session, user=user, tag=None)
    filters.where.append(f"NOT ({IS_TRACE_SPAN})")
    return filters


def _stored(environments: list[str]) -> list[str] | None:
    """Environments as they are stored: what is shown as the default one was not sent."""
    return [*environments, *([""] if "default" in environments else [])] or None


@router.get("/v2/observations")
def list_observations_v2(
    rows: Rows,
    limit: PageSize = 50,
    cursor: str | None = None,
    fields: str | None = None,
    name: str | None = None,
    user: Annotated[str | None, Query(alias="userId")] = None,
    session: Annotated[str | None, Query(alias="sessionId")] = None,
    kind: Annotated[str | None, Query(alias="type")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    parent: Annotated[str | None, Query(alias="parentObservationId")] = None,
    level: str | None = None,
    root: Annotated[bool | None, Query(alias="isRootObservation")] = None,
    environment: Annotated[list[str], Query()] = [],  # noqa: B006
    start: Annotated[Time | None, Query(alias="fromStartTime")] = None,
    end: Annotated[Time | None, Query(alias="toStartTime")] = None,
    condition: Annotated[str | None, Query(alias="filter")] = None,
) -> Response:
    """Observations, newest first, with the groups of fields that are asked for."""
    _refuse_conditions(condition)
    filters = _observed(
        name=name, user=user, session=session, kind=kind, trace_id=trace_id, parent=parent,
        level=level, environment=environment, root=root, start=start, end=end,
    )  # fmt: skip
    after = decode_cursor(cursor, int, bytes.fromhex, bytes.fromhex) if cursor else None
    found, last = newest_spans(rows, filters, after, limit)
    meta = {"cursor": encode_cursor(last[0], last[1].hex(), last[2].hex())} if last else {}
    asked = (fields or "core,basic").split(",")
    return json_response(
        {
            "data": [_fields(shown.observation(row, rows.pricing), asked) for row in found],
            "meta": meta,
        }
    )


_FIELDS = {
    "basic": (
        "name", "level", "statusMessage", "version", "environment", "userId", "sessionId",
    ),
    "time": ("completionStartTime", "createdAt", "updatedAt"),
    "io": ("input", "output"),
    "metadata": ("metadata",),
    "model": ("model", "modelParameters"),
    "usage": ("usage", "usageDetails", "costDetails", "totalCost"),
    "prompt": ("promptName", "promptVersion"),
    "metrics": ("latency", "timeToFirstToken"),
    "trace_context": ("userId", "sessionId"),
}  # fmt: skip
_CORE = (
    "id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type",
    "isRootObservation",
)  # fmt: skip


def _fields(found: dict[str, Any], groups: list[str]) -> dict[str, Any]:
    names = [*_CORE, *(name for group in groups for name in _FIELDS.get(group, ()))]
    chosen = {name: found[name] for name in names}
    for side in ("input", "output"):
        # The newer form has them as they were sent: text.
        if side in chosen and chosen[side] is not None and not isinstance(chosen[side], str):
            chosen[side] = json_text(chosen[side])
    return chosen


@router.get("/observations")
def list_observations(
    rows: Rows,
    page: Page = 1,
    limit: PageSize = 50,
    name: str | None = None,
    user: Annotated[str | None, Query(alias="userId")] = None,
    kind: Annotated[str | None, Query(alias="type")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    parent: Annotated[str | None, Query(alias="parentObservationId")] = None,
    level: str | None = None,
    environment: Annotated[list[str], Query()] = [],  # noqa: B006
    start: Annotated[Time | None, Query(alias="fromStartTime")] = None,
    end: Annotated[Time | None, Query(alias="toStartTime")] = None,
    condition: Annotated[str | None, Query(alias="filter")] = None,
) -> Response:
    """Observations, newest first."""
    _refuse_conditions(condition)
    shallow(page, limit)
    filters = _observed(
        name=name, user=user, session=None, kind=kind, trace_id=trace_id, parent=parent,
        level=level, environment=environment, root=None, start=start, end=end,
    )  # fmt: skip
    (total,) = rows.rows(
        rows.select("uniqExact(trace_id, span_id) AS spans", "spans", filters.where),
        filters.parameters,
    )
    found, _ = newest_spans(rows, filters, None, page * limit, skip=(page - 1) * limit)
    shown_page = [shown.observation(row, rows.pricing) for row in found]
    return numbered(shown_page, page, limit, total["spans"])


@router.get("/observations/{span_id}")
def get_observation(rows: Rows, span_id: str) -> Response:
    """One observation, by its id alone: the newest that has it."""
    filters = Filters()
    filters.add("span_id = toFixedString(unhex({span_id:String}), 8)", span_id=span_hex(span_id))
    found, _ = newest_spans(rows, filters, None, 1)
    if not found:
        raise HTTPException(404, f"there is no observation {span_id}")
    return json_response(shown.observation(found[0], rows.pricing))


def _refuse_conditions(condition: str | None) -> None:
    if condition and condition.strip() not in ("[]", "null"):
        raise HTTPException(400, "filter: use the parameters by name: this server has no others")


@router.get("/sessions")
def list_sessions(
    rows: Rows,
    page: Page = 1,
    limit: PageSize = 50,
    start: Annotated[Time | None, Query(alias="fromTimestamp")] = None,
    end: Annotated[Time | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """Sessions, the last active first."""
    shallow(page, limit)
    filters = Filters()
    filters.within("start_time", start, end)
    found = sessions.latest_names(rows, "session_id", filters, None, DEEPEST)
    names = [text(row["name"]) for row in found][(page - 1) * limit : page * limit]
    traces = sessions.traces_of(rows, "session_id", names)
    last = {text(row["name"]): row["last_ns"] for row in found}
    shown_page = [
        _session(name, traces[name]["first_ns"] if name in traces else last[name]) for name in names
    ]
    return numbered(shown_page, page, limit, len(found))


@router.get("/sessions/{session_id:path}")
def get_session(rows: Rows, session_id: str) -> Response:
    """A session with its traces."""
    window = Filters()
    saying(window, session=session_id, user=None, tag=None)
    roots = newest_traces(rows, window, Filters(), None, _MOST_TRACES)
    if not roots:
        raise HTTPException(404, f"there is no session {session_id}")
    found = _traces(rows, roots)
    first = min(root.row["start_ns"] for root in roots)
    return json_response(_session(session_id, first) | {"traces": found})


def _session(name: str, first_ns: int) -> dict[str, Any]:
    return {
        "id": name,
        "projectId": "default",
        "environment": "default",
        "createdAt": iso_time(first_ns),
    }
