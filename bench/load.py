"""The load generator: a process of its own that sends pre-built OTLP bodies.

    python -m bench.load --target HOST:PORT --bodies FILE [--transport grpc|http] [--key K] …

`build` writes the bodies to a file first, so that sending costs no building. They are made from a
few templates: each id in a template starts with a marker of four bytes, and every body gets a
marker of its own, so that a million spans have a million ids.
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

Signal = Literal["traces", "logs", "metrics"]

ROWS_PER_BODY = 500
_TEMPLATES = 20
_MARKER = b"\xf1\xe2\xd3\xc4"
_RPC = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}


def build(path: Path, signal: Signal, bodies: int, seed: int = 7) -> None:
    """Write `bodies` requests of 500 rows: 10 attributes a span or record (about 680 bytes)."""
    templates = [_template(signal, random.Random(seed + number)) for number in range(_TEMPLATES)]
    with path.open("wb") as file:
        for number in range(bodies):
            body = templates[number % _TEMPLATES].replace(_MARKER, struct.pack(">I", number))
            file.write(struct.pack("<I", len(body)))
            file.write(body)


def last_trace_id(bodies: int) -> str:
    """The id of the last trace in the last body."""
    return (struct.pack(">I", bodies - 1) + (ROWS_PER_BODY // 10 - 1).to_bytes(12, "big")).hex()


def _template(signal: Signal, rnd: random.Random) -> bytes:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

    def key_values(values: dict[str, Any]) -> list[KeyValue]:
        kinds = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
        return [
            KeyValue(key=key, value=AnyValue(**{kinds[type(value)]: value}))
            for key, value in values.items()
        ]

    def attributes() -> list[KeyValue]:
        return key_values(
            {
                "http.request.method": "POST",
                "url.full": "https://example.com/v1/items?q=" + rnd.randbytes(28).hex(),
                "http.response.status_code": rnd.choice((200, 200, 200, 404, 500)),
                "gen_ai.request.model": rnd.choice(("gpt-5", "claude-opus-4-1", "qwen3")),
                "gen_ai.usage.input_tokens": rnd.randint(1, 4000),
                "gen_ai.usage.output_tokens": rnd.randint(1, 900),
                "score": rnd.random(),
                "cache.hit": rnd.random() < 0.5,
                "user.id": f"user-{rnd.randint(0, 1000)}",
                "prompt": rnd.randbytes(120).hex(),
            }
        )

    resource = key_values(
        {
            "service.name": f"service-{rnd.randint(0, 7)}",
            "service.version": "1.4.2",
            "telemetry.sdk.language": "python",
            "host.name": "host-1",
        }
    )
    now = time.time_ns()
    if signal == "metrics":
        return _metrics_template(resource, attributes, now, rnd)
    if signal == "logs":
        return _logs_template(resource, attributes, now, rnd)
    return _traces_template(resource, attributes, now, rnd)


def _traces_template(resource: Any, attributes: Any, now: int, rnd: random.Random) -> bytes:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(resource)
    scope = group.scope_spans.add()
    scope.scope.name = "bench"
    for number in range(ROWS_PER_BODY):
        start = now - rnd.randint(0, 10**9)
        span = scope.spans.add(
            trace_id=_MARKER + (number // 10).to_bytes(12, "big"),
            span_id=_MARKER + number.to_bytes(4, "big"),
            parent_span_id=_MARKER + (number - number % 10).to_bytes(4, "big")
            if number % 10
            else b"",
            name=rnd.choice(("chat gpt-5", "execute_tool search", "GET /v1/items", "SELECT items")),
            kind=rnd.randint(1, 5),
            start_time_unix_nano=start,
            end_time_unix_nano=start + rnd.randint(10**5, 10**9),
        )
        span.attributes.extend(attributes())
        if rnd.random() < 0.05:
            span.status.code = 2
    return request.SerializeToString()


def _logs_template(resource: Any, attributes: Any, now: int, rnd: random.Random) -> bytes:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend(resource)
    scope = group.scope_logs.add()
    for number in range(ROWS_PER_BODY):
        record = scope.log_records.add(
            time_unix_nano=now - rnd.randint(0, 10**9),
            severity_number=rnd.choice((9, 9, 9, 13, 17)),
            severity_text="INFO",
            trace_id=_MARKER + (number // 10).to_bytes(12, "big"),
            span_id=_MARKER + number.to_bytes(4, "big"),
        )
        record.body.string_value = f"request {rnd.randint(0, 10**6)} took {rnd.randint(1, 900)} ms"
        record.attributes.extend(attributes())
    return request.SerializeToString()


def _metrics_template(resource: Any, attributes: Any, now: int, rnd: random.Random) -> bytes:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.extend(resource)
    scope = group.scope_metrics.add()
    for number in range(10):
        metric = scope.metrics.add(name=f"bench.metric.{number}", unit="ms")
        for _ in range(ROWS_PER_BODY // 10):
            point = metric.gauge.data_points.add(
                time_unix_nano=now - rnd.randint(0, 10**9), as_double=rnd.random()
            )
            point.attributes.extend(attributes())
            point.attributes[-1].value.string_value = _MARKER.decode("latin-1")
    return request.SerializeToString().replace(_MARKER.decode("latin-1").encode(), b"....mark")


def read(path: Path) -> Iterator[bytes]:
    """The bodies of a file."""
    with path.open("rb") as file:
        while prefix := file.read(4):
            yield file.read(struct.unpack("<I", prefix)[0])


class _Feed:
    """Bodies for several senders, at a steady rate if one is asked for."""

    def __init__(self, path: Path, per_second: float) -> None:
        self._bodies = read(path)
        self._lock = threading.Lock()
        self._interval = 1 / per_second if per_second else 0.0
        self._due = time.monotonic()

    def next(self) -> bytes | None:
        with self._lock:
            body = next(self._bodies, None)
            self._due += self._interval
            wait = self._due - time.monotonic() if self._interval else 0
        if wait > 0:
            time.sleep(wait)
        return body


def send(
    target: str,
    path: Path,
    signal: Signal,
    transport: str,
    key: str,
    senders: int,
    per_second: float,
) -> dict[str, float]:
    """Send all bodies from `senders` threads; seconds and the number of bodies sent."""
    feed = _Feed(path, per_second)
    sent: list[int] = []
    errors: list[str] = []

    def by_grpc() -> None:
        import grpc

        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(target, options=options) as channel:
            call = channel.unary_unary(_RPC[signal])
            while (body := feed.next()) is not None:
                call(body, metadata=(("x-api-key", key),), timeout=60)
                sent.append(1)

    def by_http() -> None:
        import http.client

        connection = http.client.HTTPConnection(target, timeout=60)
        headers = {"content-type": "application/x-protobuf", "x-api-key": key}
        while (body := feed.next()) is not None:
            connection.request("POST", f"/v1/{signal}", body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                errors.append(f"{response.status} {answer[:200]!r}")
                return
            sent.append(1)

    def run() -> None:
        try:
            by_grpc() if transport == "grpc" else by_http()
        except Exception as error:
            errors.append(repr(error)[:300])

    started = time.monotonic()
    threads = [threading.Thread(target=run) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise SystemExit(f"the load could not be sent: {errors[0]}")
    return {"seconds": time.monotonic() - started, "bodies": len(sent)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--bodies", type=Path, required=True)
    parser.add_argument("--signal", default="traces")
    parser.add_argument("--transport", default="grpc")
    parser.add_argument("--key", default="")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--per-second", type=float, default=0.0)
    options = parser.parse_args()
    result = send(
        options.target,
        options.bodies,
        options.signal,
        options.transport,
        options.key,
        options.senders,
        options.per_second,
    )
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
