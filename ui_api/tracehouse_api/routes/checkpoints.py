"""`/v1/traces/{trace}/spans/{span}/files`: what a checkpoint kept of a file."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Reader, Rows, TheHouse
from tracehouse_api.content.checkpoints import kept_files
from tracehouse_api.downloads import send_entry
from tracehouse_api.parameters import SpanId, TraceId
from tracehouse_api.spans import IS_SPAN, attributes_of, latest_spans
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE, hours_of
from tracehouse_api.values import text

router = APIRouter(prefix="/v1/traces", tags=["traces"])


@router.get("/{trace_id}/spans/{span_id}/files", response_class=Response)
def get_file(
    rows: Rows,
    house: TheHouse,
    reader: Reader,
    request: Request,
    trace_id: TraceId,
    span_id: SpanId,
    path: str = Query(description="as the checkpoint lists it"),
) -> Response:
    """The bytes of a file as it was at a checkpoint; ranges are answered."""
    where = {"trace_id": trace_id, "span_id": span_id, "hours": hours_of(rows, trace_id)}
    found = latest_spans(rows, [IN_HOURS, IS_TRACE, IS_SPAN], where)
    if not found:
        raise HTTPException(404, f"there is no span {span_id} in trace {trace_id}")
    (row,) = found.values()
    return send_entry(
        house.blobs,
        reader.workspace,
        kept_files(text(row["name"]), attributes_of(row, "attribute")),
        path,
        owner="what this checkpoint kept",
        range_header=request.headers.get("range"),
    )
