"""The three OTLP requests: reading them, and counting what of them cannot be stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tracehouse_collector.admit.refusal import UNREADABLE, Refusal
from tracehouse_semconv.record import Signal

LATEST_NS = (1 << 63) - 1  # the end of ClickHouse's DateTime64(9), in the year 2262
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One signal's request and response types, and what a response calls a rejected row."""

    request: type[Message]
    response: type[Message]
    rejected_field: str
    rpc: str


EXCHANGES: dict[Signal, Exchange] = {
    Signal.traces: Exchange(
        ExportTraceServiceRequest,
        ExportTraceServiceResponse,
        "rejected_spans",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ),
    Signal.logs: Exchange(
        ExportLogsServiceRequest,
        ExportLogsServiceResponse,
        "rejected_log_records",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    ),
    Signal.metrics: Exchange(
        ExportMetricsServiceRequest,
        ExportMetricsServiceResponse,
        "rejected_data_points",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    ),
}


def parse(signal: Signal, payload: bytes) -> Message:
    """The request in `payload`. Raises Refusal when it is not one (one C parse, UTF-8 checked)."""
    try:
        return EXCHANGES[signal].request.FromString(payload)
    except DecodeError as error:
        name = EXCHANGES[signal].request.DESCRIPTOR.name
        raise Refusal(UNREADABLE, f"the body is not a valid {name}: {error}") from error


def response(signal: Signal, rejected: int) -> Message:
    """The answer to a request of which `rejected` rows could not be stored."""
    exchange = EXCHANGES[signal]
    message: Any = exchange.response()
    if rejected:
        setattr(message.partial_success, exchange.rejected_field, rejected)
        message.partial_success.error_message = (
            f"{rejected} could not be stored as sent (ids of the wrong length, or times that are "
            "missing, reversed or out of range); see GET /v1/rejects for the rows and the reasons"
        )
    return message


@dataclass(slots=True)
class Count:
    """What a request holds: its parts (resources, scopes, rows), and the rows among them that the
    database will put into `rejects`, by the rules in schema/000*.sql."""

    parts: int = 0
    rejected: int = 0


def count(signal: Signal, message: Any) -> Count:
    """Count a request's parts, and what of it cannot be stored.

    The one loop over rows on the way in: 0.7 µs a span, against 1 µs for the parse. It buys an
    exact partial success, which a client cannot have later.
    """
    if signal is Signal.traces:
        return _count_spans(message)
    if signal is Signal.logs:
        return _count_log_records(message)
    return _count_points(message)


def _scopes(counted: Count, resources: Any, scopes: str, rows: str) -> Iterator[Any]:
    """The rows of each scope of each resource; their parts are counted on the way."""
    counted.parts += len(resources)
    for resource in resources:
        scoped = getattr(resource, scopes)
        counted.parts += len(scoped)
        for scope in scoped:
            found = getattr(scope, rows)
            counted.parts += len(found)
            yield found


def _count_spans(message: Any) -> Count:
    counted = Count()
    for spans in _scopes(counted, message.resource_spans, "scope_spans", "spans"):
        for span in spans:
            trace_id, span_id = span.trace_id, span.span_id
            start, end = span.start_time_unix_nano, span.end_time_unix_nano
            if (
                len(trace_id) != 16
                or len(span_id) != 8
                or not 0 < start <= LATEST_NS
                or (end and not start <= end <= LATEST_NS)
                or trace_id == _NO_TRACE
                or span_id == _NO_SPAN
                or len(span.parent_span_id) not in (0, 8)
            ):
                counted.rejected += 1
    return counted


def _count_log_records(message: Any) -> Count:
    counted = Count()
    for records in _scopes(counted, message.resource_logs, "scope_logs", "log_records"):
        counted.rejected += sum(
            record.time_unix_nano > LATEST_NS or record.observed_time_unix_nano > LATEST_NS
            for record in records
        )
    return counted


def _count_points(message: Any) -> Count:
    counted = Count()
    for metrics in _scopes(counted, message.resource_metrics, "scope_metrics", "metrics"):
        for metric in metrics:
            kind = metric.WhichOneof("data")
            if kind is None:
                continue
            points = getattr(metric, kind).data_points
            counted.parts += len(points)
            counted.rejected += sum(
                not 0 < point.time_unix_nano <= LATEST_NS or point.start_time_unix_nano > LATEST_NS
                for point in points
            )
    return counted
