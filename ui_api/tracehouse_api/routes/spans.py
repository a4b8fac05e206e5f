"""`/v1/spans`: spans by what they carry, newest first."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from tracehouse_api.access import ATTRIBUTE_PREFIX, Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.telemetry import Kind, Spans
from tracehouse_api.newest_spans import newest_spans
from tracehouse_api.parameters import (
    Cursor,
    From,
    Limit,
    To,
    TraceIdFilter,
    decode_cursor,
    encode_cursor,
)
from tracehouse_api.spans import span_json
from tracehouse_api.trace_roots import IS_TRACE
from tracehouse_api.values import json_response
from tracehouse_semconv.record import varint

router = APIRouter(prefix="/v1/spans", tags=["traces"])

Means = Annotated[
    Kind | None, Query(description="`meaning.kind`: what it is in what an agent does")
]
# The value under the key, or any string of an array of them; an array of strings holds each as:
# tag, length, text. Each side has an index of its own, so together they need the setting.
ATTRIBUTE_FILTER = """
    (attributes[{{key{index}:String}}] = {{value{index}:String}}
        AND mapContains(attributes, {{key{index}:String}})
    OR has(arrayFilter((k, t) -> t = 'array', mapKeys(attributes), attribute_types),
            {{key{index}:String}})
        AND position(attributes[{{key{index}:String}}], unhex({{element{index}:String}})) > 0)
"""


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
    after = decode_cursor(cursor, int, bytes.fromhex, bytes.fromhex) if cursor else None
    found, last = newest_spans(rows, filters, after, limit)
    return json_response(
        {
            "spans": [span_json(row) for row in found],
            "next_cursor": encode_cursor(last[0], last[1].hex(), last[2].hex()) if last else None,
        }
    )


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
