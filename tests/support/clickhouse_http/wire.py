"""HTTP/1.1, as little of it as a ClickHouse client uses.

The standard library's handler parses headers with the e-mail package and would cost more than a
small query. This one reads a request in a few buffered reads and copies a body once: from the
socket to the bytes that the engine is given.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import unquote_plus

_LINE_LIMIT = 1 << 20  # ClickHouse's http_max_uri_size
_JOIN_BELOW = 1 << 16
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """Bytes that are not HTTP; there is no way to go on with this connection."""


class Disconnected(Exception):
    """The client has gone in the middle of a request."""


@dataclass(slots=True)
class Request:
    """A request, read to its end."""

    method: str
    path: str
    params: list[tuple[str, str]]
    headers: dict[str, str]
    """By name in lower case."""
    keep_alive: bool
    body: list[bytes]
    """The pieces it came in."""


@dataclass(slots=True)
class Response:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes | memoryview = b""
    owner: object = None
    """Keeps the memory of `body` alive until it is sent."""


def read_request(stream: BinaryIO, connection: socket.socket) -> Request | None:
    """The next request, or None when the client has closed the connection."""
    line = stream.readline(_LINE_LIMIT)
    if not line:
        return None
    try:
        method, target, version = line.decode("latin-1").split()
    except ValueError:
        raise BadRequest(f"not a request line: {line[:80]!r}") from None
    headers = dict(_headers(stream))
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    path, _, query = target.partition("?")
    wishes = headers.get("connection", "").lower()
    keep_alive = "close" not in wishes and (version == "HTTP/1.1" or "keep-alive" in wishes)
    return Request(method, path, parse_query(query), headers, keep_alive, _body(stream, headers))


def write_response(connection: socket.socket, response: Response, keep_alive: bool) -> None:
    reason = _REASONS.get(response.status, "Unknown")
    lines = [f"HTTP/1.1 {response.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Connection: {'Keep-Alive' if keep_alive else 'close'}")
    lines.append(f"Content-Length: {len(response.body)}\r\n\r\n")
    head = "\r\n".join(lines).encode("latin-1", errors="replace")
    if len(response.body) < _JOIN_BELOW:
        connection.sendall(b"".join((head, response.body)))
    else:
        connection.sendall(head)
        connection.sendall(response.body)


def parse_query(query: str) -> list[tuple[str, str]]:
    return [_pair(piece) for piece in query.split("&") if piece]


@lru_cache(maxsize=512)
def _pair(piece: str) -> tuple[str, str]:
    # Cached by piece: the long ones (a Protobuf schema, a column list) are the same every time.
    name, _, value = piece.partition("=")
    return unquote_plus(name), unquote_plus(value)


def parse_multipart(body: bytes, content_type: str) -> Iterable[tuple[Mapping[str, str], bytes]]:
    """The fields of a form: the attributes of each one's disposition, and its value."""
    boundary = content_type.partition("boundary=")[2].strip().strip('"').encode()
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        yield _disposition(head.decode()), value.removesuffix(b"\r\n")


def _disposition(head: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.splitlines():
        if line.lower().startswith("content-disposition:"):
            for attribute in line.split(";")[1:]:
                name, _, value = attribute.partition("=")
                found[name.strip()] = value.strip().strip('"')
    return found


def _headers(stream: BinaryIO) -> Iterable[tuple[str, str]]:
    while (line := stream.readline(_LINE_LIMIT)) not in (b"\r\n", b"\n"):
        if not line:
            raise Disconnected
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> list[bytes]:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return list(_chunks(stream))
    size = int(headers.get("content-length") or 0)
    return [_exactly(stream, size)] if size else []


def _chunks(stream: BinaryIO) -> Iterable[bytes]:
    while size := int(stream.readline(_LINE_LIMIT).partition(b";")[0] or b"0", 16):
        yield _exactly(stream, size)
        stream.readline(_LINE_LIMIT)
    for _ in _headers(stream):  # trailers, of which the last line is empty
        pass


def _exactly(stream: BinaryIO, size: int) -> bytes:
    piece = stream.read(size)
    if len(piece) < size:
        raise Disconnected
    return piece
