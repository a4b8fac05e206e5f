"""`/v1/rejects`: rows that could not be stored as sent, with the reason."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from fastapi import APIRouter, Response

from tracehouse_api.access import Rows
from tracehouse_api.filters import Filters
from tracehouse_api.models.telemetry import Rejects
from tracehouse_api.parameters import From, Limit, To
from tracehouse_api.values import iso_time, json_response, text

router = APIRouter(prefix="/v1/rejects", tags=["operations"])


@router.get("", response_model=Rejects)
def list_rejects(
    rows: Rows,
    signal: Literal["traces", "logs", "metrics"] | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 50,
) -> Response:
    """The newest rejected rows, by time of arrival."""
    filters = Filters()
    filters.equal(signal=signal)
    filters.within("received_time", start, end)
    found = rows.rows(
        rows.select(
            "toUnixTimestamp64Nano(received_time) AS received_ns, signal, reason, service, record",
            "rejects",
            filters.where,
            "ORDER BY received_time DESC LIMIT {limit:UInt32}",
            final=True,
        ),
        {**filters.parameters, "limit": limit},
    )
    return json_response(
        {
            "rejects": [
                {
                    "received_time": iso_time(row["received_ns"]),
                    "signal": text(row["signal"]),
                    "reason": text(row["reason"]),
                    "service": text(row["service"]),
                    "record": _record(row["record"]),
                }
                for row in found
            ]
        }
    )


def _record(stored: bytes) -> Any:
    """The rejected row; as text where what was sent does not make valid JSON."""
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return text(stored)
