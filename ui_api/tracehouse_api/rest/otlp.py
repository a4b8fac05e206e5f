"""OTLP requests from what REST calls say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from tracehouse_api.recent import Value
from tracehouse_semconv.attributes import TRACEHOUSE_RUN_ID, TRACEHOUSE_STEP

_SCOPE = InstrumentationScope(name="tracehouse.rest")
_LARGEST_INT = 1 << 63


def key_values(attributes: Mapping[str, Value | None]) -> list[KeyValue]:
    """Attributes; those that are None are left out."""
    return [KeyValue(key=k, value=_value(v)) for k, v in attributes.items() if v is not None]


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int() if -_LARGEST_INT <= value < _LARGEST_INT:
            return AnyValue(int_value=value)
        case int() | float():
            return AnyValue(double_value=float(value))
        case list():
            return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
        case _:
            return AnyValue(string_value=value)


def span(
    trace_id: int,
    span_id: int,
    name: str,
    start_ns: int,
    end_ns: int,
    attributes: Mapping[str, Value | None],
    *,
    parent_id: int = 0,
    failed: bool = False,
) -> Span:
    """A span; pending when `end_ns` is 0."""
    return Span(
        trace_id=trace_id.to_bytes(16, "big"),
        span_id=span_id.to_bytes(8, "big"),
        parent_span_id=parent_id.to_bytes(8, "big") if parent_id else b"",
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=end_ns,
        attributes=key_values(attributes),
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
    )


def traces(resource: Mapping[str, Value | None], spans: Iterable[Span]) -> bytes:
    """A request with spans."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=key_values(resource)),
                scope_spans=[ScopeSpans(scope=_SCOPE, spans=spans)],
            )
        ]
    ).SerializeToString()


@dataclass(frozen=True)
class Point:
    """A scalar of a run."""

    key: str
    step: int | None
    value: float | int
    time_ns: int


def points(resource: Mapping[str, Value | None], run_id: str, values: Iterable[Point]) -> bytes:
    """A request with scalars of a run."""
    by_key: dict[str, list[NumberDataPoint]] = {}
    for point in values:
        is_int = isinstance(point.value, int) and -_LARGEST_INT <= point.value < _LARGEST_INT
        found = NumberDataPoint(
            time_unix_nano=point.time_ns,
            attributes=key_values({TRACEHOUSE_RUN_ID: run_id, TRACEHOUSE_STEP: point.step}),
        )
        if is_int:
            found.as_int = int(point.value)
        else:
            found.as_double = float(point.value)
        by_key.setdefault(point.key, []).append(found)
    metrics = [Metric(name=key, gauge=Gauge(data_points=found)) for key, found in by_key.items()]
    return ExportMetricsServiceRequest(
        resource_metrics=[
            ResourceMetrics(
                resource=Resource(attributes=key_values(resource)),
                scope_metrics=[ScopeMetrics(scope=_SCOPE, metrics=metrics)],
            )
        ]
    ).SerializeToString()


def event(name: str, time_ns: int, body: str, attributes: Mapping[str, Value | None]) -> LogRecord:
    """An event with a text body."""
    return LogRecord(
        event_name=name,
        time_unix_nano=time_ns,
        observed_time_unix_nano=time_ns,
        body=AnyValue(string_value=body),
        attributes=key_values(attributes),
    )


def logs(resource: Mapping[str, Value | None], records: Iterable[LogRecord]) -> bytes:
    """A request with events."""
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=Resource(attributes=key_values(resource)),
                scope_logs=[ScopeLogs(scope=_SCOPE, log_records=records)],
            )
        ]
    ).SerializeToString()


def json_text(value: Any) -> str:
    """JSON without NaN: what is not finite becomes null."""
    return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            items: dict[str, Any] = value
            return {key: _finite(item) for key, item in items.items()}
        case list():
            elements: list[Any] = value
            return [_finite(item) for item in elements]
        case _:
            return value
