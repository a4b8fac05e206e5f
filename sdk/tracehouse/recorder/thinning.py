"""What is given up when a server stays away and the buffer has reached its bound.

The oldest segments lose every second scalar of each run and key, again and again up to four times,
then all scalars, and only when that is not enough everything. Spans and events are kept longest.
"""

from __future__ import annotations

import time
from collections import Counter

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tracehouse import complain
from tracehouse.recorder.buffer import Buffer
from tracehouse_semconv.record import Damage, Signal, decode, encode, scan

_HALVINGS = 4
_NO_SCALARS = _HALVINGS + 1
_NOTHING = _NO_SCALARS + 1


class Thinning:
    """Keeps one buffer within `max_bytes`, and counts what that costs."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.dropped_points = 0
        self.dropped_records = 0
        self._levels: Counter[int] = Counter()

    def hold(self, buffer: Buffer) -> None:
        """Bring the buffer under its bound, as far as its closed segments allow."""
        for level in range(1, _NOTHING + 1):
            before = -1
            while (size := buffer.pending_bytes) > self.max_bytes and size != before:
                before = size
                buffer.thin(lambda number, content, level=level: self._thin(number, content, level))
            if buffer.pending_bytes <= self.max_bytes:
                break
        if self.dropped_points or self.dropped_records:
            complain.once(
                "the buffer in %s has reached %d bytes: the oldest scalars are thinned "
                "(TRACEHOUSE_BUFFER_MAX_BYTES sets the bound)",
                buffer.path,
                self.max_bytes,
            )

    def _thin(self, number: int, content: bytes, level: int) -> bytes:
        if self._levels[number] >= level:
            return content
        self._levels[number] = level
        seen: Counter[tuple[bytes, str]] = Counter()
        kept: list[bytes] = []
        for found in scan(content):
            record = content[found.start : found.end]
            if isinstance(found, Damage):
                kept.append(record)
            elif level == _NOTHING:
                self.dropped_records += 1
            else:
                kept.append(self._thin_record(record, level, seen))
        return b"".join(kept)

    def _thin_record(self, record: bytes, level: int, seen: Counter[tuple[bytes, str]]) -> bytes:
        envelope = decode(record)
        if envelope.signal is not Signal.metrics:
            return record
        request = ExportMetricsServiceRequest.FromString(envelope.payload)
        for resource in request.resource_metrics:
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                points = metric.gauge.data_points
                if not points:
                    continue
                series = (points[0].attributes[0].SerializeToString(), metric.name)
                keep = [
                    point
                    for place, point in enumerate(points, seen[series])
                    if level < _NO_SCALARS and place % 2 == 0
                ]
                seen[series] += len(points)
                self.dropped_points += len(points) - len(keep)
                del points[:]
                points.extend(keep)
        payload = request.SerializeToString() if level < _NO_SCALARS else b""
        if not payload:
            return b""
        head, body = encode(
            Signal.metrics, payload, workspace="", received_ns=time.time_ns(), request_id=0
        )
        return head + body
