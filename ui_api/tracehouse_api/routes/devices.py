"""`/v1/devices`: the machines that telemetry comes from, the last heard of first."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tracehouse_api.access import Rows
from tracehouse_api.devices import device_json, newest_devices
from tracehouse_api.filters import Filters
from tracehouse_api.models.devices import Devices
from tracehouse_api.parameters import Cursor, Limit, decode_cursor, encode_cursor
from tracehouse_api.values import json_response, text

router = APIRouter(prefix="/v1/devices", tags=["devices"])


@router.get("", response_model=Devices)
def list_devices(
    rows: Rows, project: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Machines, by when they last sent something."""
    filters = Filters()
    filters.equal(project=project)
    after = tuple(decode_cursor(cursor, int, str)) if cursor else None
    found = newest_devices(rows, filters, after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return json_response(
        {
            "devices": [device_json(row) for row in page],
            "next_cursor": encode_cursor(page[-1]["last_ns"], text(page[-1]["machine"]))
            if more
            else None,
        }
    )
