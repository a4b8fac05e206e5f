"""Langfuse's media: images, sound and files of observations, kept in our blob store.

An SDK tells what it has, gets an address to send it to, and says when it is done. The addresses
carry a token of their own, because they are used without a key. A medium is known by the first 22
characters of its SHA-256 in URL-safe base64.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy import Connection, insert, select, update

from tracehouse_api.access import Reader, TheHouse, Writer
from tracehouse_api.blobs import MAX_BYTES
from tracehouse_api.downloads import send_file
from tracehouse_api.langfuse.legacy import trace_hex
from tracehouse_api.langfuse.media_tables import media, media_traces
from tracehouse_api.meta.database import Meta
from tracehouse_api.meta.secret import BadToken, sign, unsign
from tracehouse_api.routes.blobs import read_bounded
from tracehouse_api.routes.documents import Document
from tracehouse_api.values import json_response
from tracehouse_collector.admit.refusal import UNAUTHENTICATED, Refusal

token_router = APIRouter(prefix="/api/public/media", tags=["langfuse"])
reading_router = APIRouter(prefix="/api/public/media", tags=["langfuse"])
writing_router = APIRouter(prefix="/api/public/media", tags=["langfuse"])

_UPLOAD, _DOWNLOAD = "media upload", "media download"
_SECONDS = 3600


@writing_router.post("", status_code=201)
def announce(house: TheHouse, writer: Writer, request: Request, document: Document) -> Response:
    """Where to send a file; nowhere when it is here already."""
    try:
        digest = base64.b64decode(str(document.get("sha256Hash")), validate=True)
        length = int(document.get("contentLength") or 0)
        kind = str(document.get("contentType") or "application/octet-stream")
        kind.encode()
    except (ValueError, TypeError, OverflowError):
        raise HTTPException(400, "sha256Hash, contentLength, contentType: give all three") from None
    if len(digest) != 32 or not 0 < length <= MAX_BYTES:
        raise HTTPException(
            400, f"sha256Hash must be of 32 bytes, contentLength from 1 to {MAX_BYTES:,}"
        )
    media_id = base64.urlsafe_b64encode(digest).decode()[:22]
    with house.meta.begin() as connection:
        known = connection.execute(_of(writer.workspace, media_id)).mappings().first()
        if known is None:
            connection.execute(
                insert(media).values(
                    workspace=writer.workspace, media_id=media_id, sha256=digest.hex(),
                    content_type=kind[:200], content_length=length,
                )
            )  # fmt: skip
        if trace := str(document.get("traceId") or ""):
            _link(connection, writer.workspace, media_id, trace_hex(trace))
    url = None
    if known is None or known["uploaded_at"] is None:
        token = sign(house.meta, _UPLOAD, [writer.workspace, media_id])
        url = f"{request.base_url}api/public/media/upload/{token}"
    return json_response({"mediaId": media_id, "uploadUrl": url}, 201)


def _link(connection: Connection, workspace: str, media_id: str, trace_id: str) -> None:
    """Write down which trace a medium was made for, so that it goes with the last one."""
    link = {"workspace": workspace, "media_id": media_id, "trace_id": trace_id}
    is_there = select(media_traces).filter_by(**link)
    if connection.execute(is_there).first() is None:
        connection.execute(insert(media_traces).values(**link))


def _of(workspace: str, media_id: str) -> Any:
    return select(media).where(media.c.workspace == workspace, media.c.media_id == media_id)


def _named(purpose: str) -> Any:
    """The medium that the token in the path is for. Raises Refusal."""

    def medium(house: TheHouse, token: str) -> Mapping[str, Any]:
        try:
            workspace, media_id = unsign(house.meta, purpose, token, seconds=_SECONDS)
        except BadToken as error:
            raise Refusal(UNAUTHENTICATED, str(error)) from None
        with house.meta.begin() as connection:
            found = connection.execute(_of(workspace, media_id)).mappings().first()
        assert found is not None, "a token is only given out for what is there"
        return cast("Mapping[str, Any]", found)

    return Depends(medium)


@token_router.put("/upload/{token}")
async def upload(
    house: TheHouse, request: Request, medium: Annotated[Mapping[str, Any], _named(_UPLOAD)]
) -> Response:
    """Take the file that was announced."""
    content = await read_bounded(request)
    if hashlib.sha256(content).hexdigest() != medium["sha256"]:
        raise HTTPException(400, "the content has another hash than was announced")
    if allowance := await asyncio.to_thread(house.keys.allowance_of, medium["workspace"]):
        await asyncio.to_thread(allowance.take, len(content))
    await asyncio.to_thread(_keep, house.meta, house.blobs.put, medium, content)
    return Response(status_code=200)


def _keep(meta: Meta, put: Any, medium: Mapping[str, Any], content: bytes) -> None:
    put(medium["workspace"], medium["sha256"], content)
    with meta.begin() as connection:
        connection.execute(
            update(media)
            .where(media.c.workspace == medium["workspace"])
            .where(media.c.media_id == medium["media_id"])
            .values(uploaded_at=datetime.now(UTC).isoformat())
        )


@token_router.get("/download/{token}")
def download(
    house: TheHouse, request: Request, medium: Annotated[Mapping[str, Any], _named(_DOWNLOAD)]
) -> Response:
    """The file."""
    return send_file(
        house.blobs, medium["workspace"], [medium["sha256"]], mime=medium["content_type"],
        name=medium["media_id"], range_header=request.headers.get("range"),
    )  # fmt: skip


@writing_router.patch("/{media_id}", status_code=204)
def confirm(house: TheHouse, writer: Writer, media_id: str, document: Document) -> Response:
    """How the upload went. We know it: the file came here, or did not."""
    del document
    with house.meta.begin() as connection:
        if connection.execute(_of(writer.workspace, media_id)).first() is None:
            raise HTTPException(404, f"there is no medium {media_id}")
    return Response(status_code=204)


@reading_router.get("/{media_id}")
def get_media(house: TheHouse, reader: Reader, request: Request, media_id: str) -> Response:
    """What a medium is, and an address from which it can be read for an hour."""
    with house.meta.begin() as connection:
        found = connection.execute(_of(reader.workspace, media_id)).mappings().first()
    if found is None or found["uploaded_at"] is None:
        raise HTTPException(404, f"there is no medium {media_id}")
    token = sign(house.meta, _DOWNLOAD, [reader.workspace, media_id])
    return json_response(
        {
            "mediaId": media_id,
            "contentType": found["content_type"],
            "contentLength": found["content_length"],
            "uploadedAt": found["uploaded_at"],
            "url": f"{request.base_url}api/public/media/download/{token}",
            "urlExpiry": (datetime.now(UTC) + timedelta(seconds=_SECONDS)).isoformat(),
        }
    )
