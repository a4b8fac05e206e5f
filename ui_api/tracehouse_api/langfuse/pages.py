"""Numbered pages, as Langfuse's older routes have them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Query, Response

from tracehouse_api.values import json_response

Page = Annotated[int, Query(ge=1, le=100_000)]
PageSize = Annotated[int, Query(ge=1, le=1000)]
DEEPEST = 10_000


def numbered(found: list[Any], page: int, limit: int, total: int) -> Response:
    """A numbered page of a list."""
    pages = -(-total // limit)
    meta = {"page": page, "limit": limit, "totalItems": total, "totalPages": pages}
    return json_response({"data": found, "meta": meta})


def shallow(page: int, limit: int) -> None:
    """Raises HTTPException 400 for a page that lies too deep."""
    if page * limit > DEEPEST:
        raise HTTPException(
            400, f"page: no more than {DEEPEST:,} rows are paged through: narrow the time"
        )
