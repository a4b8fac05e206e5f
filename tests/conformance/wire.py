"""Protobuf's wire format by hand, for messages that no library would write."""

from __future__ import annotations

from tests.support.otlp import START_NS


def varint(number: int) -> bytes:
    """Base 128; a negative number as its 64-bit two's complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def field(number: int, value: int | bytes) -> bytes:
    """A varint field, or a length-delimited one."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fixed64(number: int, value: int) -> bytes:
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def fixed32(number: int, value: int) -> bytes:
    return varint(number << 3 | 5) + value.to_bytes(4, "little")


def group(number: int, content: bytes = b"") -> bytes:
    """A group: deprecated, and still what a reader must be able to skip."""
    return varint(number << 3 | 3) + content + varint(number << 3 | 4)


def attribute(key: str, value: bytes) -> bytes:
    """A span's attribute; `value` is an encoded AnyValue."""
    return field(9, field(1, key.encode()) + field(2, value))


def span(trace: int, number: int, extra: bytes = b"", *, name: str = "odd") -> bytes:
    """A valid span, encoded, and `extra` behind it."""
    return b"".join(
        (
            field(1, trace.to_bytes(16, "big")),
            field(2, number.to_bytes(8, "big")),
            field(5, name.encode()),
            fixed64(7, START_NS),
            fixed64(8, START_NS + 1),
            extra,
        )
    )


def traces(*spans: bytes) -> bytes:
    """The request that holds these spans."""
    return field(1, field(2, b"".join(field(2, one) for one in spans)))


def nested(depth: int, kind: str) -> bytes:
    """An AnyValue: arrays or maps in one another, and a string in the innermost."""
    value = field(1, b"leaf")
    for _ in range(depth):
        if kind == "array":
            value = field(5, field(1, value))
        else:
            value = field(6, field(1, field(1, b"k") + field(2, value)))
    return value
