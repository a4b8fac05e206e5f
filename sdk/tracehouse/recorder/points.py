"""Scalars of runs as OTLP gauge points, encoded by hand.

A point through OpenTelemetry's metrics data model and encoder costs about twenty times as much,
and a training loop logs more points than anything else. The field numbers are those of
opentelemetry/proto/metrics/v1/metrics.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracehouse_semconv.attributes import TRACEHOUSE_RUN_ID, TRACEHOUSE_STEP
from tracehouse_semconv.record import varint

Scalar = float | int

_DOUBLE = struct.Struct("<d").pack
_INT = struct.Struct("<q").pack
_TIME = struct.Struct("<Q").pack
_LARGEST_INT = 1 << 63
_ATTRIBUTES, _TIME_UNIX_NANO, _AS_DOUBLE, _AS_INT = b"\x3a", b"\x19", b"\x21", b"\x31"
_STEP_HEAD = b"\x0a" + varint(len(TRACEHOUSE_STEP)) + TRACEHOUSE_STEP.encode()
_SCOPE = b"\x0a\x0c\x0a\x0atracehouse"


def field(tag: bytes, content: bytes) -> bytes:
    """A length-delimited field."""
    return tag + varint(len(content)) + content


class Stream:
    """The points of one run: what all of them have in common, encoded once.

    `resource` is an encoded `Resource` message.
    """

    __slots__ = ("resource", "run", "run_id")

    def __init__(self, run_id: str, resource: bytes) -> None:
        self.run_id = run_id
        self.resource = resource
        value = field(b"\x0a", run_id.encode())
        self.run = field(
            _ATTRIBUTES, field(b"\x0a", TRACEHOUSE_RUN_ID.encode()) + field(b"\x12", value)
        )


@dataclass(slots=True)
class Points:
    """Scalars that were logged together: one step, one time. A step of None is no step."""

    stream: Stream
    values: Mapping[str, Scalar]
    step: int | None
    time_ns: int


def encode_points(batch: Iterable[Points]) -> bytes:
    """An ExportMetricsServiceRequest: a metric for each key of each run, with its points."""
    streams: dict[Stream, dict[str, list[bytes]]] = {}
    for points in batch:
        metrics = streams.setdefault(points.stream, {})
        head = points.stream.run
        if points.step is not None:
            head += _step(points.step)
        head += _TIME_UNIX_NANO + _TIME(points.time_ns)
        for key, value in points.values.items():
            if type(value) is int and -_LARGEST_INT <= value < _LARGEST_INT:
                point = head + _AS_INT + _INT(value)
            else:
                point = head + _AS_DOUBLE + _DOUBLE(value)
            encoded = b"\x0a" + varint(len(point)) + point
            try:
                metrics[key].append(encoded)
            except KeyError:
                metrics[key] = [encoded]
    resources: dict[bytes, list[bytes]] = {}
    for stream, metrics in streams.items():
        resources.setdefault(stream.resource, []).extend(
            field(
                b"\x12",
                _name(key) + field(b"\x2a", b"".join(points)),
            )
            for key, points in metrics.items()
        )
    return b"".join(
        field(b"\x0a", field(b"\x0a", resource) + field(b"\x12", _SCOPE + b"".join(metrics)))
        for resource, metrics in resources.items()
    )


def _name(key: str) -> bytes:
    return field(b"\x0a", key.encode("utf-8", "replace"))


def _step(step: int) -> bytes:
    # A negative int64 is ten bytes of varint: its two's complement.
    value = b"\x18" + varint(step if step >= 0 else step + (1 << 64))
    return field(_ATTRIBUTES, _STEP_HEAD + field(b"\x12", value))
