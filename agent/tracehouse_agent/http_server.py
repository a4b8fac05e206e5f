"""Uvicorn with bounds on the head of a request, and without signal handlers of its own.

Uvicorn bounds neither the size of a request's head nor the time it takes to come; both are spent
before anybody has shown a key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_HEAD_BYTES = 64 << 10


class HttpServer(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _BoundedHead(HttpToolsProtocol):
    """Ends connections whose next request's head is too large or too slow."""

    head_timeout_seconds: ClassVar[float]
    _head_bytes: int | None = 0  # of the head that is coming in; None while a body does
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes is not None:
            if self._head_bytes == 0:
                self._start_deadline()
            self._head_bytes += len(data)
            ends = b"\r\n\r\n" in data[:_MAX_HEAD_BYTES]
            if self._head_bytes > _MAX_HEAD_BYTES and not ends:
                self._stop_deadline()
                self.send_400_response(f"The request's head is over {_MAX_HEAD_BYTES} bytes")
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._stop_deadline()
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        super().on_message_complete()

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout_seconds, self._too_late)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self.transport.close()


def bounded_protocol(head_timeout_seconds: float) -> type[asyncio.Protocol]:
    """The protocol class for uvicorn's configuration."""
    bound = {"head_timeout_seconds": head_timeout_seconds}
    return cast("type[asyncio.Protocol]", type("BoundedHead", (_BoundedHead,), bound))
