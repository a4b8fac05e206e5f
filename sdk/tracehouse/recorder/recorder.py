"""The recorder: what callers put, a thread writes to disk within milliseconds, another one sends.

    caller ─► queue ─► writer thread ─► buffer on disk ─► shipper thread ─► OTLP/HTTP

The caller pays for an append to a list. A process that is killed loses what was put in the last
`FLUSH_SECONDS`, and the time that one write takes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import Tracer

from tracehouse import complain
from tracehouse.recorder import lifetimes
from tracehouse.recorder.buffer import Buffer
from tracehouse.recorder.events import Event, encode_events, encode_resource
from tracehouse.recorder.points import Points, encode_points
from tracehouse.recorder.shipper import Shipper
from tracehouse.recorder.spans import SpanVersion, encode_versions, make_tracer
from tracehouse.recorder.thinning import Thinning
from tracehouse.settings import Destination, Mode, resolve_destination
from tracehouse_semconv.record import Signal

logger = logging.getLogger("tracehouse")

FLUSH_SECONDS = 0.04
_MAX_QUEUED = 200_000
_CALLER_HELPS_AT = 50_000
_DEFAULT_MAX_BYTES = 1 << 30
_REQUEST_WEIGHT = 2 << 20
_Item = SpanVersion | Points | Event


@dataclass(frozen=True)
class Source:
    """Where telemetry comes from: the tracer of its spans, and its resource, encoded, for points
    and events."""

    tracer: Tracer
    resource: bytes


class Mirror(Protocol):
    """What gets the spans of a recorder beside it. Neither waits for the other; raises nothing."""

    def put(self, item: SpanVersion, /) -> None:
        """Take it, in microseconds."""
        ...

    def flush(self, timeout: float = ...) -> bool:
        """Whether all of it is delivered, within so many seconds; 0 only asks."""
        ...


class Recorder:
    """Writes and sends for one destination. Thread-safe; survives forks. Raises nothing.

    The buffer's folder is made, and the threads are started, with the first item.
    """

    def __init__(
        self,
        mode: Mode,
        resolve: Callable[[], Destination],
        *,
        encode_spans: Callable[[list[SpanVersion]], bytes] = encode_versions,
        mirrors: Sequence[Mirror] = (),
    ) -> None:
        """`mirrors`: others that get the same spans."""
        self.mode = mode
        self._mirrors = tuple(mirrors)
        self._kinds: tuple[tuple[Signal, type[Any], Callable[[list[Any]], bytes]], ...] = (
            (Signal.traces, SpanVersion, encode_spans),
            (Signal.logs, Event, encode_events),
            (Signal.metrics, Points, encode_points),
        )
        self.destination = resolve()
        self.dropped = 0
        self._resolve = resolve
        self._max_bytes = _setting("TRACEHOUSE_BUFFER_MAX_BYTES", _DEFAULT_MAX_BYTES)
        self._sources: dict[tuple[tuple[str, object], ...], Source] = {}
        self._fresh()
        lifetimes.register(self)

    def _fresh(self) -> None:
        """The parts that belong to one process."""
        self._queue: list[_Item] = []
        self._queue_lock = threading.Lock()
        self._write_lock = threading.RLock()
        self._wake = threading.Event()
        self._buffer: Buffer | None = None
        self._shipper: Shipper | None = None
        self._writer: threading.Thread | None = None
        self._thinning = Thinning(self._max_bytes)
        self._closed = False

    # --- what callers do -------------------------------------------------------------------------

    def source(self, attributes: Mapping[str, str | int | float | bool]) -> Source:
        """A tracer whose spans are recorded here, with these resource attributes."""
        key = tuple(sorted(attributes.items()))
        source = self._sources.get(key)
        if source is None:
            source = self._sources.setdefault(key, self._make_source(attributes))
        return source

    def _make_source(self, attributes: Mapping[str, str | int | float | bool]) -> Source:
        resource = Resource.create(attributes)
        return Source(make_tracer(resource, self.put), encode_resource(resource))

    def put(self, item: _Item) -> None:
        """Record it. What it refers to must not change any more (a running span excepted)."""
        if self._mirrors and type(item) is SpanVersion:
            for mirror in self._mirrors:
                mirror.put(item)
        if self.mode is Mode.disabled:
            return
        queue = self._queue
        queue.append(item)
        if not self._wake.is_set():
            self._wake.set()
        if self._writer is None:
            self._start()
        if len(queue) > _CALLER_HELPS_AT:
            self._help()

    def add_blob(self, sha256: str, content: bytes) -> None:
        """Keep a file for upload. Raises OSError."""
        if self.mode is Mode.disabled:
            return
        self._start()
        self._open().add_blob(sha256, content)
        if self._shipper is not None:
            self._shipper.notify()

    def flush(self, timeout: float = 0.0) -> bool:
        """Write everything to disk; within `timeout` seconds, whether a server has it all."""
        if self.mode is Mode.disabled:
            return True
        self._write()
        for mirror in self._mirrors:
            mirror.flush()
        if self._shipper is None:
            return self._buffer is None
        return self._shipper.wait_until_empty(timeout) if timeout > 0 else False

    def current_destination(self) -> Destination:
        """The server as it is known now: credentials may have come since the start."""
        return self._resolve()

    @property
    def where(self) -> Path | None:
        """The folder that holds what was not sent."""
        return self._buffer.path if self._buffer else None

    @property
    def why_waiting(self) -> str:
        """What the last failed attempt to send said."""
        return self._shipper.last_detail if self._shipper else ""

    def close(self, timeout: float = lifetimes.EXIT_SECONDS) -> None:
        """Write, send for at most `timeout` seconds, and let the buffer go."""
        if self._closed:
            return
        self._closed = True
        delivered = self.flush(timeout)
        if self._shipper is not None:
            self._shipper.stop(1.0)
        with self._write_lock:
            buffer, self._buffer = self._buffer, None
            if buffer is not None:
                path = buffer.path
                buffer.close()
                if not delivered and self.mode is Mode.online:
                    logger.warning(
                        "not everything was sent (%s): it is kept in %s, and the next program or "
                        "`tracehouse sync` sends it",
                        self.why_waiting or "there was no time",
                        path,
                    )
        self._shipper = self._writer = None
        self._closed = False

    # --- the writer ------------------------------------------------------------------------------

    def _start(self) -> None:
        with self._write_lock:
            if self._writer is None:
                lifetimes.starting()
                self._writer = threading.Thread(
                    target=self._run, args=(self._wake,), name="tracehouse-write", daemon=True
                )
                self._writer.start()
                if self.mode is Mode.online:
                    try:
                        self._open()  # the connection is made while the first items gather
                    except OSError as error:
                        logger.debug("no buffer yet: %s", error)

    def _run(self, wake: threading.Event) -> None:
        while threading.current_thread() is self._writer:
            wake.wait()
            time.sleep(FLUSH_SECONDS)
            wake.clear()
            self._write()

    def _help(self) -> None:
        """The writer cannot keep up: the caller writes, so that memory stays bounded."""
        if self._write_lock.acquire(blocking=False):
            try:
                self._write()
            finally:
                self._write_lock.release()
        elif len(self._queue) > _MAX_QUEUED:  # the disk hangs
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        with self._queue_lock:
            surplus = len(self._queue) - _MAX_QUEUED // 2
            if surplus > 0:
                kept = [item for item in self._queue[:surplus] if not isinstance(item, Points)]
                dropped = surplus - len(kept)
                self._queue[:surplus] = kept
                self.dropped += dropped
        complain.once("the disk does not take what is logged: the oldest scalars are dropped")

    def _write(self) -> None:
        with self._write_lock:
            with self._queue_lock:
                size = len(self._queue)
                items = self._queue[:size]
                del self._queue[:size]
            if not items:
                return
            try:
                self._append(items)
            except OSError as error:
                complain.once("the buffer cannot be written (%s): trying again", error)
                with self._queue_lock:
                    self._queue[:0] = items
                if len(self._queue) > _MAX_QUEUED:
                    self._drop_oldest()
                time.sleep(0.2)
                self._wake.set()
                return
        if self._shipper is not None:
            self._shipper.notify()

    def _append(self, items: list[_Item]) -> None:
        """Encode and write, signal by signal. What was written is taken out of `items`."""
        buffer = self._open()
        waiting = [
            (signal, encode, part)
            for signal, kind, encode in self._kinds
            for part in _parts([item for item in items if type(item) is kind])
        ]
        try:
            while waiting:
                signal, encode, part = waiting[0]
                payload = _encode(encode, part)
                if payload and buffer.append(signal, payload):
                    self._thinning.hold(buffer)
                waiting.pop(0)
        finally:
            items[:] = [item for _, _, part in waiting for item in part]

    def _open(self) -> Buffer:
        with self._write_lock:
            if self._buffer is None:
                self._buffer = Buffer.create(self.destination, self.mode)
                if self.mode is Mode.online:
                    self._shipper = Shipper(self._buffer, self._resolve)
                    self._shipper.start()
            return self._buffer

    # --- forks -----------------------------------------------------------------------------------

    def after_fork(self) -> None:
        """In a child: what is queued and buffered is the parent's; begin anew."""
        if self._buffer is not None:
            self._buffer.close(forget=True)
        self._fresh()


def _parts(items: list[Any]) -> Iterator[list[Any]]:
    """The items in parts that make requests of a few MB at most, one oversized item excepted."""
    part: list[Any] = []
    weight = 0
    for item in items:
        part.append(item)
        weight += _weight(item)
        if weight >= _REQUEST_WEIGHT:
            yield part
            part, weight = [], 0
    if part:
        yield part


def _weight(item: _Item) -> int:
    """About the bytes that it will be."""
    match item:
        case Points():
            return 100 * len(item.values)
        case Event():
            return 200 + len(item.body)
        case _:
            return 2_000


def _encode(encode: Callable[[list[Any]], bytes], items: list[Any]) -> bytes:
    """Encoded together; where one of them cannot be, without it."""
    try:
        return encode(items)
    except Exception as error:
        if len(items) == 1:
            complain.once("cannot be encoded and is left out: %s", error)
            return b""
        # OTLP requests are one repeated field: joined, they are one request.
        return b"".join(_encode(encode, [item]) for item in items)


_recorders: dict[tuple[Mode, str | None, str | None], Recorder] = {}
_recorders_lock = threading.Lock()


def get_recorder(mode: Mode, api_key: str | None = None, api_base: str | None = None) -> Recorder:
    """The recorder for these arguments, one per process. Raises ClaudeMonitorError on misuse."""
    destination = resolve_destination(api_key, api_base)
    key = (mode, destination.api_base, destination.api_key)
    with _recorders_lock:
        if key not in _recorders:
            _recorders[key] = Recorder(
                mode,
                lambda: resolve_destination(api_key, api_base),
                mirrors=_langfuse(mode, destination),
            )
        return _recorders[key]


def _langfuse(mode: Mode, own: Destination) -> tuple[Recorder, ...]:
    from tracehouse.recorder.langfuse import encode_for_langfuse, langfuse_destination

    found = langfuse_destination(own)
    if found is None or mode is not Mode.online:  # `tracehouse sync` sends to our server alone
        return ()
    return (Recorder(mode, lambda: found, encode_spans=encode_for_langfuse),)


def _setting(name: str, default: int) -> int:
    try:
        return int(os.environ.get(name) or default)
    except ValueError:
        complain.once("%s is not a number: %d is used", name, default)
        return default
