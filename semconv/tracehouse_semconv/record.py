"""The on-disk record: one OTLP request in an envelope, as spool and SDK buffer write it.

Format
------
A file is a sequence of records and nothing else::

    record   := varint(length of message) message
    message  := 0x0d crc32 body            field 1, fixed32: CRC-32 (zlib) of `body`
    body     := 0x12 varint workspace      field 2, string
                0x19 received              field 3, fixed64: unix nanoseconds, time of arrival
                0x21 request id            field 4, fixed64: hash of the payload
                0x42 varint project        field 8, string: where all of it belongs; mostly absent
                tag varint payload         field 5 traces, 6 logs, 7 metrics: the OTLP request

All integers are little endian. The message is valid Protobuf (`Envelope` in the collector's
`otlp.proto`), and a sequence of length-delimited messages is what ClickHouse's `Protobuf` format
reads, so a file of these records *is* the body of an insert.

Invariants
----------
1. `scan` returns a record only if its checksum holds: what it returns is what was encoded.
2. Bytes that hold no valid record are returned as `Damage`, never skipped silently. After damage
   the scan goes on at the next valid record: one flipped bit costs one record, even when the bit
   was in a length.
3. Damage that reaches the end of the file may be a torn tail: a record whose writing was cut off.
   Whoever wrote the file knows whether that can be so.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_CHECKSUM_TAG = 0x0D
_FIXED32 = struct.Struct("<I")
_FIXED64 = struct.Struct("<Q")
_CHECKSUM_BYTES = 5
_MAX_VARINT_BYTES = 5
_SMALLEST_MESSAGE = _CHECKSUM_BYTES + 2


class Signal(IntEnum):
    """An OTLP signal; the value is the envelope's field number of its payload."""

    traces = 5
    logs = 6
    metrics = 7


_PROJECT_FIELD = 8
_PAYLOAD_FIELDS = frozenset(signal.value for signal in Signal)


@dataclass(frozen=True, slots=True)
class Record:
    """A whole, checked record: `buffer[start:end]`, length prefix included."""

    start: int
    end: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `buffer[start:end]` in which no valid record was found."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields of one record's message."""

    workspace: str
    received_ns: int
    request_id: int
    signal: Signal
    payload: bytes
    project: str = ""


def encode(
    signal: Signal,
    payload: bytes,
    *,
    workspace: str,
    received_ns: int,
    request_id: int,
    project: str = "",
) -> tuple[bytes, bytes]:
    """The record as (everything before the payload, payload): the payload is not copied."""
    name, place = workspace.encode(), project.encode()
    body = b"".join(
        (
            b"\x12", varint(len(name)), name,
            b"\x19", _FIXED64.pack(received_ns),
            b"\x21", _FIXED64.pack(request_id),
            b"\x42" + varint(len(place)) + place if place else b"",
            bytes((signal << 3 | 2,)), varint(len(payload)),
        )
    )  # fmt: skip
    checksum = zlib.crc32(payload, zlib.crc32(body))
    length = _CHECKSUM_BYTES + len(body) + len(payload)
    return (
        b"".join((varint(length), b"\x0d", _FIXED32.pack(checksum), body)),
        payload,
    )


def decode(record: bytes | memoryview) -> Envelope:
    """The envelope of one record that `scan` found valid.

    Raises ValueError when the checksum holds but the message is not an envelope.
    """
    view = memoryview(record)
    _, at = _read_varint(view, 0)
    at += _CHECKSUM_BYTES
    workspace, project, received_ns, request_id = "", "", 0, 0
    while at < len(view):
        tag, at = _read_varint(view, at)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == 1:
            value = _FIXED64.unpack_from(view, at)[0]
            at += 8
            if field == 3:
                received_ns = value
            else:
                request_id = value
        elif wire_type == 2:
            length, at = _read_varint(view, at)
            chunk = view[at : at + length]
            at += length
            if field == 2:
                workspace = str(chunk, "utf-8")
            elif field == _PROJECT_FIELD:
                project = str(chunk, "utf-8")
            elif field in _PAYLOAD_FIELDS:
                return Envelope(
                    workspace, received_ns, request_id, Signal(field), bytes(chunk), project
                )
        else:
            break
    raise ValueError("the record holds no OTLP payload")


def workspace_of(record: bytes | memoryview) -> str:
    """Whose record it is: as `decode`, without a copy of the payload."""
    view = memoryview(record)
    _, at = _read_varint(view, 0)
    tag, at = _read_varint(view, at + _CHECKSUM_BYTES)
    if tag >> 3 != 2:
        return ""
    length, at = _read_varint(view, at)
    return str(view[at : at + length], "utf-8")


def scan(buffer: bytes | memoryview, start: int = 0) -> Iterator[Record | Damage]:
    """Every record of `buffer` from `start` on, in order, and every stretch of damage."""
    view = memoryview(buffer)
    at = start
    while at < len(view):
        record = _record_at(view, at)
        if record is None:
            following = _next_record(view, at + 1)
            resume = len(view) if following is None else following.start
            yield Damage(at, resume)
            if following is None:
                return
            record = following
        yield record
        at = record.end


def varint(number: int) -> bytes:
    """Protobuf's base-128 encoding of a number that is not negative."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(view: memoryview, at: int) -> tuple[int, int]:
    """(value, position after it); raises IndexError at the end, ValueError when it is too long."""
    value = shift = 0
    while shift < 7 * _MAX_VARINT_BYTES:
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("varint is too long")


def _record_at(view: memoryview, start: int) -> Record | None:
    try:
        length, at = _read_varint(view, start)
    except (IndexError, ValueError):
        return None
    end = at + length
    if length < _SMALLEST_MESSAGE or end > len(view) or view[at] != _CHECKSUM_TAG:
        return None
    checksum = _FIXED32.unpack_from(view, at + 1)[0]
    if zlib.crc32(view[at + _CHECKSUM_BYTES : end]) != checksum:
        return None
    return Record(start, end, checksum)


def _next_record(view: memoryview, start: int) -> Record | None:
    """The first valid record after damage, found by the checksum's tag behind a length."""
    raw = bytes(view[start:])
    tag = raw.find(_CHECKSUM_TAG, 1)
    while tag != -1:
        for length_bytes in range(1, min(_MAX_VARINT_BYTES, tag) + 1):
            candidate = start + tag - length_bytes
            continues = view[candidate : start + tag - 1]
            if view[start + tag - 1] < 0x80 and all(byte >= 0x80 for byte in continues):
                record = _record_at(view, candidate)
                if record is not None:
                    return record
        tag = raw.find(_CHECKSUM_TAG, tag + 1)
    return None
