"""Files, known by the SHA-256 of their content: `<workspace>/<first two digits>/<hash>`.

In a folder by default; in S3, GCS or Azure when a URL says so (`s3://…`, `gs://…`, `az://…`), with
the credentials that each of these looks for in its own environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
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

    def workspaces(self) -> list[str]:
        """Whose files there are."""
        return [path.rstrip("/") for path in self._store.list_with_delimiter()["common_prefixes"]]

    def list(self, workspace: str) -> Iterator[tuple[str, float]]:
        """The workspace's files: hash, and when it was last kept, in Unix seconds."""
        for page in self._store.list(prefix=workspace):
            for found in page:
                owner, _, rest = found["path"].partition("/")
                sha256 = rest.rpartition("/")[2]
                if owner == workspace and self.is_hash(sha256):
                    yield sha256, found["last_modified"].timestamp()

    def modified(self, workspace: str, sha256: str) -> float | None:
        """When a file was last kept, in Unix seconds; None when there is no such file."""
        try:
            return self._store.head(_path(workspace, sha256))["last_modified"].timestamp()
        except FileNotFoundError:
            return None

    def delete(self, workspace: str, sha256: str) -> None:
        """Remove a file; one that is not there stays so."""
        with suppress(FileNotFoundError):
            self._store.delete(_path(workspace, sha256))


def _path(workspace: str, sha256: str) -> str:
    return f"{workspace}/{sha256[:2]}/{sha256}"
