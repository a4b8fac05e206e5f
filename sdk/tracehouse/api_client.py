"""Asking the server something and waiting for the answer: not for anything in a training loop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tracehouse.errors import ApiError
from tracehouse.settings import Destination, resolve_destination


class ApiClient:
    """The server's HTTP API. Every method raises ApiError when it refuses or does not answer."""

    def __init__(self, destination: Destination | None = None) -> None:
        from tracehouse.recorder.transport import Transport

        self._transport = Transport(destination or resolve_destination())

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON at a path. Parameters that are None are left out."""
        return json.loads(self.raw("GET", path, parameters) or b"null")

    def text(self, path: str) -> str:
        """The text at a path."""
        return self.raw("GET", path).decode()

    def post(self, path: str, body: Any) -> Any:
        """Post JSON; the JSON answer."""
        return json.loads(self.raw("POST", path, body=json.dumps(body).encode()) or b"{}")

    def patch(self, path: str, body: Any) -> Any:
        """Change by JSON; the JSON answer."""
        return json.loads(self.raw("PATCH", path, body=json.dumps(body).encode()) or b"{}")

    def raw(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        body: bytes | None = None,
    ) -> bytes:
        """Any request; the bytes of its answer."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        query = f"?{urlencode(given, doseq=True)}" if given else ""
        url = f"{self._transport.destination.api_base}{path}{query}"
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer, data = self._transport.request(method, url, body=body, headers=headers)
        if answer.status and answer.status < 300:
            return data
        raise ApiError(answer.status, _detail(data) or answer.detail)


def _detail(data: bytes) -> str:
    """The `detail` of a problem document (RFC 9457)."""
    try:
        return str(json.loads(data)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""
