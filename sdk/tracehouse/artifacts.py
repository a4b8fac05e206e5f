"""Artifacts: named, versioned sets of files, known by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tracehouse.api_client import ApiClient
from tracehouse.errors import ClaudeMonitorError
from tracehouse.values import to_json, valid_text

ALLOWED_ARTIFACT_KINDS = ("json", "text", "params")
PIECE_BYTES = 16 << 20


def describe_data(data: Any, kind: str) -> tuple[bytes, dict[str, Any]]:
    """The one file of an artifact made of a value, and the body of its event.

    Raises ClaudeMonitorError for an unknown kind.
    """
    if kind not in ALLOWED_ARTIFACT_KINDS:
        raise ClaudeMonitorError(f"kind is {kind!r}: choose json, text or params")
    if kind == "text":
        content, path = valid_text(str(data)).encode(), "data.txt"
    else:
        content, path = to_json(data).encode(), "data.json"
    entry = {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return content, describe(kind, [entry])


def describe(kind: str, files: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The body of an artifact's event: its kind, its digest and its files (path, sha256, size).

    The digest is the SHA-256 over `path NUL sha256 LF` of the files in the order of their paths:
    equal content has equal digests, wherever it was made.
    """
    ordered = sorted(files, key=lambda entry: entry["path"])
    listing = "".join(f"{entry['path']}\0{entry['sha256']}\n" for entry in ordered)
    digest = hashlib.sha256(listing.encode()).hexdigest()
    return {"kind": kind, "digest": digest, "files": ordered, **more}


def describe_file(path: str, file: Path, keep: Callable[[str, bytes], None]) -> dict[str, Any]:
    """The entry of a file at `path` inside its artifact. `keep(sha256, content)` is given what is
    to be uploaded: the file, or its pieces when it is larger than one.

    Pieces are known by their content like files: what was uploaded before is not sent again.
    """
    whole = hashlib.sha256()
    pieces: list[str] = []
    size = 0
    with file.open("rb") as stream:
        while (content := stream.read(PIECE_BYTES)) or not pieces:
            whole.update(content)
            size += len(content)
            pieces.append(hashlib.sha256(content).hexdigest())
            keep(pieces[-1], content)
    entry: dict[str, Any] = {"path": path, "sha256": whole.hexdigest(), "size": size}
    return entry if len(pieces) == 1 else entry | {"pieces": pieces}


def stored_file(api: ApiClient, project: str, name: str, version: str, path: str) -> bytes:
    """A file of an artifact that the server has. Raises ApiError."""
    address = f"/v1/artifacts/{quote(name, safe='')}/files/{quote(path)}"
    return api.raw("GET", address, {"project": project, "version": version})
