"""Files to and from a server, a piece at a time: they may be larger than memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from tracehouse.errors import ApiError
from tracehouse.recorder.transport import connections
from tracehouse.settings import Destination

_CHUNK = 1 << 20
_TIMEOUT = urllib3.Timeout(connect=5.0, read=3600.0)


class FileTransfer:
    """Files of one server. Every method raises ApiError when it refuses or does not answer."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._pool = connections(destination)

    def download(self, path: str, target: Path) -> str:
        """Write what is at a path to a file; its SHA-256, in hex."""
        digest = hashlib.sha256()
        with self._request("GET", path) as response, target.open("wb") as file:
            for chunk in response.stream(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()

    def upload(
        self, method: str, path: str, source: Path, parameters: Mapping[str, str] | None = None
    ) -> None:
        """Send a file."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        size = {"Content-Length": str(source.stat().st_size)}
        with source.open("rb") as file:
            self._request(method, path + query, body=file, headers=size).drain_conn()

    def _request(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        kind = {"Content-Type": "application/octet-stream"} if body is not None else {}
        try:
            response = self._pool.request(
                method,
                f"{self._destination.api_base}{path}",
                body=body,
                headers=kind | self._destination.request_headers() | dict(headers or {}),
                timeout=_TIMEOUT,
                retries=False,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, f"the server does not answer ({type(error).__name__})") from None
        if response.status >= 300:
            raise ApiError(response.status, _detail(response.data))
        return response


def _detail(data: bytes) -> str:
    try:
        return str(json.loads(data)["detail"])
    except (ValueError, KeyError, TypeError):
        return data[:300].decode("utf-8", "replace")
