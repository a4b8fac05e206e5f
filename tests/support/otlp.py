"""OTLP requests for tests, made with OpenTelemetry's own message classes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START_NS = 1_790_000_000_000_000_000  # in September 2026


def any_value(value: Any) -> AnyValue:
    """A Python value as OTLP has it; None is a value that was not set."""
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case dict():
            result = AnyValue()
            result.kvlist_value.SetInParent()
            result.kvlist_value.values.extend(key_values(value))
            return result
        case _:
            result = AnyValue()
            result.array_value.SetInParent()
            result.array_value.values.extend(any_value(item) for item in value)
            return result


def key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(
    trace: int = 1,
    number: int = 1,
    *,
    parent: int = 0,
    name: str = "span",
    start: int = START_NS,
    duration: int = 1_000_000,
    attributes: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Span:
    """A valid span; ids are the numbers, big endian. `duration` -1: it has not ended."""
    return Span(
        **{
            "trace_id": trace.to_bytes(16, "big"),
            "span_id": number.to_bytes(8, "big"),
            "parent_span_id": parent.to_bytes(8, "big") if parent else b"",
            "name": name,
            "start_time_unix_nano": start,
            "end_time_unix_nano": start + duration if duration >= 0 else 0,
            "attributes": key_values(attributes or {}),
            **fields,
        }
    )


def traces(*spans: Span, resource: Mapping[str, Any] | None = None) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(key_values(resource or {"service.name": "tests"}))
    group.scope_spans.add().spans.extend(spans)
    return request


def logs(
    *bodies: Any, resource: Mapping[str, Any] | None = None, **fields: Any
) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend(key_values(resource or {"service.name": "tests"}))
    scope = group.scope_logs.add()
    for body in bodies:
        record = scope.log_records.add(**{"time_unix_nano": START_NS, **fields})
        record.body.CopyFrom(any_value(body))
    return request


def gauge(
    name: str, value: float | int, *, time_ns: int | None = None, **attributes: Any
) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.extend(key_values({"service.name": "tests"}))
    metric = group.scope_metrics.add().metrics.add(name=name)
    point = metric.gauge.data_points.add(time_unix_nano=time_ns or time.time_ns())
    point.attributes.extend(key_values(attributes))
    if isinstance(value, int):
        point.as_int = value
    else:
        point.as_double = value
    return request
