"""Streams of Server-Sent Events: each sends what its feed finds, until somebody goes.

An event's `id` is the feed's cursor: who comes back with it as `Last-Event-ID` gets what was
missed.
A feed is asked when something was loaded since it was asked last, and now and then without: time
passes for a run that is not heard of. Between two events that are far apart comes a comment, so
that nobody on the way takes the connection for dead, and so that a reader who is gone is noticed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tracehouse_collector.admit.refusal import Refusal

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_QUIET_SECONDS = 15.0
_ALLOWED_SECONDS = 5.0
_MOST_STREAMS = 256
_RETRY_MS = 1000
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # a proxy that gathers answers would hold events back
}


@dataclass(frozen=True)
class Event:
    """Something that is new, and the cursor behind it."""

    name: str
    data: Any
    cursor: str

    def encoded(self) -> bytes:
        body = orjson.dumps(self.data)  # holds no line break
        return f"event: {self.name}\nid: {self.cursor}\ndata: ".encode() + body + b"\n\n"


class Feed(Protocol):
    """Finds what is new for one stream. It is asked by one thread at a time."""

    def look(self) -> list[Event]:
        """What came since the last look."""
        ...


class EventStream(Response):
    """What the schema says of an answer that is a stream."""

    media_type = "text/event-stream"


@dataclass(frozen=True)
class Bounds:
    """How long a stream lasts, in seconds; and `allowed`, which raises when its reader may not
    read on."""

    seconds: float
    allowed: Callable[[], object]


class Streams:
    """All streams of a server. `loaded` says how far its collector has loaded, in any form that
    changes with it; None where another process collects."""

    def __init__(self, loaded: Callable[[], object] | None, most: int = _MOST_STREAMS) -> None:
        self.loaded = loaded
        self.closing = asyncio.Event()
        self._free = most

    def close(self) -> None:
        """End all streams: the server stops. To be called in its loop."""
        self.closing.set()

    def stream(self, feed: Feed, bounds: Bounds) -> Response:
        """An answer that sends what the feed finds. Raises HTTPException 503 when there are too
        many, or the server stops."""
        if self.closing.is_set() or self._free <= 0:
            raise HTTPException(
                503, "too many are watching: try again later", {"retry-after": "10"}
            )
        return _Stream(self, feed, bounds)

    def take(self) -> None:
        self._free -= 1

    def give_back(self) -> None:
        self._free += 1


class _Stream(EventStream):
    def __init__(self, streams: Streams, feed: Feed, bounds: Bounds) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._streams = streams
        self._feed = feed
        self._bounds = bounds
        self._allowed_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        gone = asyncio.create_task(_reader_is_gone(receive))
        closing = asyncio.create_task(self._streams.closing.wait())
        self._streams.take()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _send(send, f"retry: {_RETRY_MS}\n\n".encode())
            await self._tell(send, {gone, closing})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.give_back()
            gone.cancel()
            closing.cancel()

    async def _tell(self, send: Send, ends: set[asyncio.Task[Any]]) -> None:
        """Until one of the tasks ends, or the reader may not read on."""
        clock = asyncio.get_running_loop().time
        begun = told_at = clock()
        looked_at = begun - _QUIET_SECONDS
        seen: object = None
        while True:
            now = clock()
            loaded = self._streams.loaded() if self._streams.loaded else now
            if loaded != seen or now - looked_at >= _QUIET_SECONDS:
                seen, looked_at = loaded, now
                try:
                    events = await asyncio.to_thread(self._feed.look)
                except ClickHouseError as error:
                    logger.warning("a stream ends, as the database did not answer: %s", error)
                    return
                for event in events:
                    await _send(send, event.encoded())
                    told_at = now
            if now - told_at >= _QUIET_SECONDS:
                told_at = now
                await _send(send, b": still here\n\n")
            left = self._bounds.seconds - (clock() - begun)
            if left <= 0 or not await asyncio.to_thread(self._may_read_on, now):
                return
            done, _ = await asyncio.wait(
                ends, timeout=min(_TICK_SECONDS, left), return_when="FIRST_COMPLETED"
            )
            if done:
                return

    def _may_read_on(self, now: float) -> bool:
        """Asked every few seconds, as whoever reads may be let in no more."""
        if now - self._allowed_at < _ALLOWED_SECONDS:
            return True
        self._allowed_at = now
        try:
            self._bounds.allowed()
        except Refusal:
            return False
        return True


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _reader_is_gone(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
