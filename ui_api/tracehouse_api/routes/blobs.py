"""`/v1/blobs`: files that records refer to, sent raw."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response

from tracehouse_api.access import TheHouse, Writer
from tracehouse_api.blobs import MAX_BYTES
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/blobs", tags=["blobs"])

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the content, hex")]


@router.put("/{sha256}", status_code=201)
async def put_blob(sha256: Sha256, request: Request, house: TheHouse, writer: Writer) -> Response:
    """Keep a file of at most 25 MB. Sending it again changes nothing."""
    content = await read_bounded(request)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise HTTPException(422, "sha256: the content has another hash")
    await asyncio.to_thread(house.blobs.put, writer.workspace, sha256, content)
    return json_response({"sha256": sha256, "size": len(content)}, 201)


async def read_bounded(request: Request) -> bytes:
    """The raw body. Raises HTTPException 413 when it is larger than a file may be."""
    declared = request.headers.get("content-length", "")
    too_large = HTTPException(
        413, f"a file may have {MAX_BYTES:,} bytes: make it smaller, or log it as an artifact"
    )
    if declared.isdigit() and int(declared) > MAX_BYTES:
        raise too_large
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise too_large
    return bytes(content)
