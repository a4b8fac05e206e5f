"""Where spans go: into a buffer on disk as the SDK has one, and from there to the server.

The recorder goes on in the buffer that it had: what it sends arrives in the order in which it was
read, however long the server was away. A buffer that is full makes reading wait, and loses nothing:
the transcripts are still there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tracehouse.recorder.buffer import Buffer, key_hash
from tracehouse.recorder.shipper import Shipper, read_destination
from tracehouse.settings import Destination, Mode
from tracehouse_semconv.record import Signal

_FULL = 256 << 20


class Outbox:
    """Raises OSError where the disk does not take a write."""

    def __init__(
        self, resolve: Callable[[], Destination], previous: Path | None, *, full: int = _FULL
    ) -> None:
        """`previous`: the buffer that was used last; it is gone on with if it is for the same
        server and key, and left to `tracehouse sync` otherwise."""
        destination = resolve()
        self._full = full
        buffer = None
        if previous is not None and _is_for(previous, destination):
            buffer = Buffer.adopt(previous)
        self.buffer = buffer or Buffer.create(destination, Mode.online)
        self.shipper = Shipper(self.buffer, resolve)
        self.shipper.start()
        self.shipper.notify()

    @property
    def path(self) -> Path:
        return self.buffer.path

    def put(self, request: bytes) -> None:
        """Keep an OTLP request of spans until the server has it."""
        self.buffer.append(Signal.traces, request)
        self.shipper.notify()

    def is_full(self) -> bool:
        """Whether reading should wait."""
        return self.buffer.pending_bytes > self._full

    def close(self, timeout: float) -> bool:
        """Send for at most so many seconds; whether everything was."""
        sent = self.shipper.wait_until_empty(timeout) if timeout > 0 else self.buffer.is_empty
        self.shipper.stop(1.0)
        self.buffer.close()
        return sent


def _is_for(path: Path, destination: Destination) -> bool:
    meta = read_destination(path)
    return (
        meta.get("api_base") == destination.api_base
        and meta.get("mode") == Mode.online
        and meta.get("key") in ("", key_hash(destination))
    )
