"""JSON in bodies, and how what a store does not take is answered."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from tracehouse_api.meta.database import Unknown
from tracehouse_api.rest.door import parse_body
from tracehouse_api.routes.blobs import read_bounded


async def document(request: Request) -> dict[str, Any]:
    """The body, whatever it says it is. Raises HTTPException 422 where it is no JSON object."""
    return parse_body(await read_bounded(request))


Document = Annotated[dict[str, Any], Depends(document)]


@contextmanager
def refusing(status: int = 422) -> Generator[None]:
    """What a store raises, as answers: 404 for what is not there, `status` for what is wrong."""
    try:
        yield
    except Unknown as error:
        raise HTTPException(404, str(error)) from None
    except ValueError as error:
        raise HTTPException(status, str(error)) from None
