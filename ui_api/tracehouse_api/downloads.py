"""Sending a stored file: ranges, a content type that is safe, and no script in our origin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import HTTPException, Response
from fastapi.responses import StreamingResponse

from tracehouse_api.blobs import Blobs

# What a browser shows by itself and cannot run: everything else is offered as a download.
_SHOWN = frozenset((
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif",
    "video/mp4", "video/webm", "video/quicktime", "video/ogg",
    "audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/mp4", "audio/webm",
))  # fmt: skip
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def send_file(
    blobs: Blobs,
    workspace: str,
    pieces: list[str],
    *,
    mime: str,
    name: str,
    range_header: str | None,
) -> Response:
    """The file that the pieces make (one, for most), or the part of it that `Range` asks for.

    Raises HTTPException 404 and 416.
    """
    sizes = [blobs.size(workspace, sha256) if Blobs.is_hash(sha256) else None for sha256 in pieces]
    if None in sizes:
        raise HTTPException(404, "the file is not here yet: it is uploaded after its reference")
    placed = list(zip(pieces, (size or 0 for size in sizes), strict=True))
    size = sum(length for _, length in placed)
    start, end = _asked_for(range_header, size)
    shown = mime in _SHOWN
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(end - start),
        "etag": f'"{"-".join(pieces)[:200]}"',
        "cache-control": "private, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''"
        + quote(name, safe=""),
    }
    partial = end - start != size
    if partial:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingResponse(
        _read(blobs, workspace, placed, start, end),
        206 if partial else 200,
        headers=headers,
        media_type=mime if shown else "application/octet-stream",
    )


def send_entry(
    blobs: Blobs,
    workspace: str,
    files: Sequence[Mapping[str, Any]],
    path: str,
    *,
    owner: str,
    range_header: str | None,
) -> Response:
    """The file at a path of an artifact, which `owner` names. Raises HTTPException 404 and 416."""
    entry = next((file for file in files if file.get("path") == path), None)
    if entry is None:
        raise HTTPException(404, f"there is no file {path} in {owner}")
    return send_file(
        blobs,
        workspace,
        # A large file is kept in pieces.
        [str(piece) for piece in entry.get("pieces") or [entry.get("sha256", "")]],
        mime="application/octet-stream",
        name=path.rpartition("/")[2],
        range_header=range_header,
    )


def _read(
    blobs: Blobs, workspace: str, placed: list[tuple[str, int]], start: int, end: int
) -> Iterator[bytes]:
    at = 0
    for sha256, length in placed:
        first, last = max(start - at, 0), min(end - at, length)
        if first < last:
            yield from blobs.read(workspace, sha256, first, last)
        at += length


def _asked_for(header: str | None, size: int) -> tuple[int, int]:
    """First byte and the byte after the last. One range is answered; several get it all."""
    match = _RANGE.match(header.replace(" ", "")) if header else None
    if match is None or (not match[1] and not match[2]):
        return 0, size
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start = int(match[1])
        end = min(size, int(match[2]) + 1) if match[2] else size
    if start >= size or end <= start:
        raise HTTPException(416, f"the file has {size} bytes", {"content-range": f"bytes */{size}"})
    return start, end
