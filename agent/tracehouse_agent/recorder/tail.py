"""What is new in one transcript, whole line by whole line, while another program writes it.

Invariants
----------
1. `offset` is behind a line: what stands before it was handed out, or counted as too long.
2. A line is handed out when its newline is there; or, the last one, when it is an object as it
   stands and nothing came for `_QUIET_SECONDS`.
3. What was read before must still stand there. Where the beginning, or what stood just before
   `offset`, has changed, or the file has become shorter, it was rewritten: `Rewritten` is raised.
4. No more than `_LONGEST` bytes are held at once.

A compressed transcript is never written to: it is read as what it was before, by the same offsets.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from tracehouse_agent.recorder.lines import is_whole

_CHUNK = 1 << 20
_LONGEST = 32 << 20
_HEAD = 4096
_BEFORE = 256
_QUIET_SECONDS = 5.0


class Rewritten(Exception):
    """What was read before is not there any more."""


@dataclass(slots=True)
class Position:
    """How far a transcript was read: `head` and `before` are hashes of what was read first and
    last, of `head_bytes` and at most `_BEFORE` bytes."""

    offset: int = 0
    head: str = ""
    head_bytes: int = 0
    before: str = ""


@dataclass(slots=True)
class Line:
    """A line without its newline, and where the next one begins. `data` is None for one that is
    too long."""

    data: bytes | None
    end: int


def open_plain(path: str) -> IO[bytes]:
    """A transcript's bytes, uncompressed. Raises OSError."""
    if not path.endswith(".zst"):
        return open(path, "rb")  # noqa: PTH123 - the caller closes it
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return io.BufferedReader(zstd.open(path, "rb"))  # pyright: ignore[reportArgumentType]


def check(file: IO[bytes], position: Position) -> None:
    """Raise Rewritten where the file is not the one that was read. Leaves it at the offset."""
    if not position.offset:
        file.seek(0)
        return
    head = file.read(position.head_bytes)
    if len(head) < position.head_bytes or _hash(head) != position.head:
        raise Rewritten
    start = max(0, position.offset - _BEFORE)
    file.seek(start)
    before = file.read(position.offset - start)
    if len(before) < position.offset - start or _hash(before) != position.before:
        raise Rewritten


def mark(file: IO[bytes], offset: int) -> Position:
    """The position at an offset that was read up to."""
    if not offset:
        return Position()
    file.seek(0)
    head = file.read(min(_HEAD, offset))
    start = max(0, offset - _BEFORE)
    file.seek(start)
    return Position(offset, _hash(head), len(head), _hash(file.read(offset - start)))


def lines(file: IO[bytes], offset: int, *, quiet_seconds: float) -> Iterator[Line]:
    """The lines from an offset on, where the file stands. `quiet_seconds`: how long nothing has
    been written."""
    at, held, skipping = offset, b"", False
    while chunk := file.read(_CHUNK):
        held += chunk
        pieces = held.split(b"\n")
        held = pieces.pop()
        for piece in pieces:
            at += len(piece) + 1
            yield Line(None if skipping else piece, at)
            skipping = False
        if len(held) > _LONGEST:
            # Its end may not be there yet; then it is begun anew next time.
            skipping = True
            at += len(held)
            held = b""
    if held and not skipping and quiet_seconds >= _QUIET_SECONDS and is_whole(held):
        yield Line(held, at + len(held))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
