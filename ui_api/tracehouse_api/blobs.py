"""Files, known by the SHA-256 of their content: `<workspace>/<first two digits>/<hash>`.

In a folder by default; in S3, GCS or Azure when a URL says so (`s3://…`, `gs://…`, `az://…`), with
the credentials that each of these looks for in its own environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url

MAX_BYTES = 25_000_000
_HASH = re.compile(r"^[0-9a-f]{64}$")
_CHUNK = 1 << 20


class Blobs:
    """The blob store. Thread-safe. Raises OSError, or the store's own errors, when it fails."""

    def __init__(self, url: str, folder: Path) -> None:
        self._store: ObjectStore = from_url(url) if url else LocalStore(str(folder), mkdir=True)

    @staticmethod
    def is_hash(text: str) -> bool:
        """Whether this is how a file is named here."""
        return _HASH.match(text) is not None

    def put(self, workspace: str, sha256: str, content: bytes) -> None:
        """Keep a file; the caller has checked that the hash is its own."""
        self._store.put(_path(workspace, sha256), content)

    def size(self, workspace: str, sha256: str) -> int | None:
        """Bytes; None when there is no such file."""
        try:
            return self._store.head(_path(workspace, sha256))["size"]
        except FileNotFoundError:
            return None

    def read(self, workspace: str, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces."""
        path = _path(workspace, sha256)
        for at in range(start, end, _CHUNK):
            yield bytes(self._store.get_range(path, start=at, end=min(at + _CHUNK, end)))


def _path(workspace: str, sha256: str) -> str:
    return f"{workspace}/{sha256[:2]}/{sha256}"
