"""Query parameters: what they may be, and how a wrong one is told."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import HTTPException, Path, Query
from pydantic import AfterValidator, BeforeValidator

_FRACTION = re.compile(r"^(?P<whole>[^.,]*)[.,](?P<fraction>\d+)(?P<zone>.*)$")
_LATEST = (1 << 63) - 1


def parse_time(value: str) -> int:
    """Unix nanoseconds from an ISO 8601 time or a count of nanoseconds. Raises ValueError."""
    if value.isdigit():
        ns = int(value)
    else:
        match = _FRACTION.match(value)
        whole = f"{match['whole']}{match['zone']}" if match else value
        try:
            # A '+' of a time zone that was not escaped in the URL arrives as a space.
            moment = datetime.fromisoformat(whole.replace(" ", "+") if "T" in whole else whole)
        except ValueError:
            raise ValueError("give an ISO 8601 time or unix nanoseconds") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        fraction = match["fraction"][:9].ljust(9, "0") if match else "0"
        ns = int(moment.timestamp()) * 1_000_000_000 + int(fraction)
    if not 0 <= ns <= _LATEST:
        raise ValueError("the time must lie between 1970 and 2262")
    return ns


def _parse_time_parameter(value: Any) -> Any:
    return parse_time(value) if isinstance(value, str) else value


def _hex_id(length: int) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value):
            raise ValueError(f"an id has {length} hex digits")
        return value.lower()

    return AfterValidator(check)


def encode_cursor(*position: int | str) -> str:
    """An opaque cursor for the position after the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: Callable[[Any], Any]) -> list[Any]:
    """The position in a cursor, each part read by its kind. Raises HTTPException 422."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [kind(part) for kind, part in zip(kinds, position, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        detail = "cursor: use the next_cursor of an earlier answer, unchanged"
        raise HTTPException(422, detail) from None


def hex_text(value: Any) -> str:
    """Hex digits, checked. Raises ValueError."""
    return bytes.fromhex(value).hex()


Time = Annotated[int, BeforeValidator(_parse_time_parameter)]
From = Annotated[
    Time | None,
    Query(alias="from", description="earliest time, ISO 8601 or unix nanoseconds, inclusive"),
]
To = Annotated[
    Time | None,
    Query(alias="to", description="latest time, ISO 8601 or unix nanoseconds, exclusive"),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="rows in one answer")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the answer before")]
TraceId = Annotated[str, Path(description="32 hex digits"), _hex_id(32)]
SpanId = Annotated[str, Path(description="16 hex digits"), _hex_id(16)]
TraceIdFilter = Annotated[str, Query(description="32 hex digits"), _hex_id(32)]
SpanIdFilter = Annotated[str, Query(description="16 hex digits"), _hex_id(16)]
