"""`/v1/spans`: spans by what they carry, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from tracehouse_api.access import ATTRIBUTE_PREFIX, Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.telemetry import Kind, Spans
from tracehouse_api.newest import distinct_rows
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    To,
    TraceIdFilter,
    decode_cursor,
    encode_cursor,
)
from tracehouse_api.spans import latest_spans, span_json
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IN_TRACES, IS_TRACE, newest_and_oldest, traces
from tracehouse_api.values import json_response
from tracehouse_semconv.record import varint

router = APIRouter(prefix="/v1/spans", tags=["traces"])

Means = Annotated[
    Kind | None, Query(description="`meaning.kind`: what it is in what an agent does")
]
_AT = "fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC')"
_FIRST_WINDOW_NS = 3_600_000_000_000
_WINDOW_GROWTH = 4
# The value under the key, or any string of an array of them; an array of strings holds each as:
# tag, length, text. Each side has an index of its own, so together they need the setting.
ATTRIBUTE_FILTER = """
    (attributes[{{key{index}:String}}] = {{value{index}:String}}
        AND mapContains(attributes, {{key{index}:String}})
    OR has(arrayFilter((k, t) -> t = 'array', mapKeys(attributes), attribute_types),
            {{key{index}:String}})
        AND position(attributes[{{key{index}:String}}], unhex({{element{index}:String}})) > 0)
"""
_SETTINGS = {"use_skip_indexes_for_disjunctions": 1}


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
    means: Means = None,
    model: str | None = Query(None, description="requested or served"),
    user: str | None = None,
    tag: str | None = None,
    prompt: str | None = Query(None, description="name of the prompt that it used"),
    prompt_version: str | None = None,
    min_duration_ms: float | None = Query(None, ge=0, le=1e12),
    attribute: str | None = Query(None, alias=ATTRIBUTE_PREFIX, include_in_schema=False),
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Spans, newest first; each in its latest version."""
    del attribute  # stands for all `attribute.<key>`
    filters = Filters()
    filters.equal(
        project=project, service=service, name=name, session_id=session, run_id=run,
        status_code=status, span_kind=kind, user_id=user, prompt_name=prompt,
        prompt_version=prompt_version,
    )  # fmt: skip
    filters.add("kind = {means:String}", means=means)
    filters.add("{model:String} IN (request_model, response_model)", model=model)
    filters.add("has(tags, {tag:String})", tag=tag)
    filters.add(IS_TRACE, trace_id=trace_id)
    filters.lasts(min_duration_ms)
    filters.within("start_time", start, end)
    for index, (key, value) in enumerate(_attribute_filters(request)):
        filters.where.append(ATTRIBUTE_FILTER.format(index=index))
        filters.parameters |= {
            f"key{index}": key,
            f"value{index}": value,
            f"element{index}": _element(value).hex(),
        }
    begin: dict[str, Any] | None = None
    if cursor is not None:
        at = decode_cursor(cursor, int, bytes.fromhex, bytes.fromhex)
        begin = dict(zip(("start_ns", "trace_id", "span_id"), at, strict=True))
    places = distinct_rows(
        lambda after, size: _places(rows, filters, after or begin, size),
        lambda row: (row["trace_id"], row["span_id"]),
        limit + 1,
    )
    last = places[limit - 1] if len(places) > limit else None
    return json_response(
        {
            "spans": [span_json(row) for row in _at(rows, places[:limit])],
            "next_cursor": encode_cursor(
                last["start_ns"], last["trace_id"].hex(), last["span_id"].hex()
            )
            if last
            else None,
        }
    )


def _places(
    rows: Store,
    filters: Filters,
    after: dict[str, Any] | None,
    size: int,
) -> list[dict[str, Any]]:
    """Where the next matching spans are, newest first: ids, version, start.

    Within an hour `spans` is sorted by trace and not by time, so an hour is read whole: it is
    searched from the newest hours on, as far back as it takes.
    """
    found: list[dict[str, Any]] = []
    conditions, parameters = list(filters.where), filters.parameters
    if after is not None:
        conditions.append(
            f"(start_time, trace_id, span_id) < ({_AT},"
            " toFixedString(unhex({at_trace:String}), 16),"
            " toFixedString(unhex({at_span:String}), 8))"
        )
        parameters = {
            **parameters,
            "at_ns": after["start_ns"],
            "at_trace": after["trace_id"].hex(),
            "at_span": after["span_id"].hex(),
        }
    latest = [after["start_ns"]] if after else []
    latest += [parameters["to_ns"]] if "to_ns" in parameters else []
    for window in _windows(rows, latest, parameters.get("from_ns", 0)):
        found += rows.rows(
            rows.select(
                "trace_id, span_id, version, toUnixTimestamp64Nano(start_time) AS start_ns,"
                " toUnixTimestamp(toStartOfHour(start_time)) AS hour",
                "spans",
                [*conditions, *window],
                "ORDER BY start_time DESC, trace_id DESC, span_id DESC, version DESC"
                " LIMIT {limit:UInt32}",
            ),
            {**parameters, "limit": size - len(found)},
            _SETTINGS,
        )
        if len(found) >= size:
            break
    return found


def _windows(rows: Store, latest: list[int], earliest: int) -> Iterator[list[str]]:
    """Conditions that part all time, the newest first, each longer than the one before. Times
    after one of `latest` or before `earliest` are asked for but not searched closely."""
    ends = newest_and_oldest(rows)
    if ends is None:
        return
    newest, oldest = ends
    lower = min([newest, *latest])
    length = _FIRST_WINDOW_NS
    later: list[str] = []
    while (lower := lower - length) > max(oldest, earliest):
        bound = f"fromUnixTimestamp64Nano({lower}, 'UTC')"
        yield [*later, f"start_time >= {bound}"]
        later = [f"start_time < {bound}"]
        length *= _WINDOW_GROWTH
    yield later


def _at(rows: Store, places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The spans at these places, whole. A place whose version is not the latest matched only in
    what has been replaced since, and is left out."""
    if not places:
        return []
    latest = latest_spans(
        rows,
        [
            IN_HOURS,
            IN_TRACES,
            "span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))",
        ],
        {
            **traces(place["trace_id"] for place in places),
            "spans": sorted({place["span_id"].hex() for place in places}),
            "hours": sorted({place["hour"] for place in places}),
        },
    )
    found = (latest.get((place["trace_id"], place["span_id"])) for place in places)
    return [
        row
        for row, place in zip(found, places, strict=True)
        if row is not None and row["version"] == place["version"]
    ]


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
