"""HTTP/1.1 by hand, for what no client library would send."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.server import Server


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Conversation:
    """What came back over one connection, and whether the server closed it."""

    answers: list[Answer]
    closed: bool
    seconds: float

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]


def head(server: Server, *lines: str, key: str | None = None, path: str = "/v1/traces") -> bytes:
    """The head of an OTLP request in Protobuf; `lines` are further header lines."""
    fixed = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-API-Key: {server.key if key is None else key}",
        "Content-Type: application/x-protobuf",
    )
    return "\r\n".join((*fixed, *lines, "", "")).encode("latin-1")


def request(server: Server, body: bytes, *lines: str, key: str | None = None) -> bytes:
    """A whole and correct OTLP request."""
    return head(server, f"Content-Length: {len(body)}", *lines, key=key) + body


def converse(
    server: Server,
    *pieces: bytes,
    then: Iterable[bytes] = (),
    pause: float = 0.0,
    patience: float = 2.0,
) -> Conversation:
    """Send `pieces` at once, then the pieces of `then` after a pause each; read until the server
    closes or `patience` seconds pass in silence."""
    address = urlsplit(server.http)
    assert address.hostname
    started = time.monotonic()
    received, closed = b"", False
    with socket.create_connection((address.hostname, address.port or 80), timeout=patience) as peer:
        try:
            peer.sendall(b"".join(pieces))
            for piece in then:
                time.sleep(pause)
                peer.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            closed = True
        try:
            while data := peer.recv(1 << 16):
                received += data
            closed = True
        except TimeoutError:
            pass
        except ConnectionResetError:
            closed = True
    return Conversation(list(_answers(received)), closed, time.monotonic() - started)


def _answers(data: bytes) -> Iterable[Answer]:
    while data:
        head_, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head_.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        status = int(first.split()[1])
        size = int(headers.get("content-length", 0))
        if status >= 200:
            yield Answer(status, headers, data[:size])
        data = data[size:]
