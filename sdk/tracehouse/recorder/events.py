"""What a run logs beside its scalars, as OTLP log records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.sdk.resources import Resource as SdkResource

from tracehouse.values import valid_text


@dataclass(slots=True)
class Event:
    """A log record with an event name. `resource` is an encoded `Resource` message."""

    resource: bytes
    name: str
    time_ns: int
    body: str
    attributes: Mapping[str, str | int | float | bool] = field(
        default_factory=dict[str, str | int | float | bool]
    )
    trace_id: int = 0
    span_id: int = 0


def encode_events(events: Iterable[Event]) -> bytes:
    """An ExportLogsServiceRequest, the events of a resource together and in order."""
    by_resource: dict[bytes, list[LogRecord]] = {}
    for event in events:
        by_resource.setdefault(event.resource, []).append(
            LogRecord(
                time_unix_nano=event.time_ns,
                observed_time_unix_nano=event.time_ns,
                event_name=event.name,
                body=AnyValue(string_value=valid_text(event.body)),
                attributes=[_attribute(k, v) for k, v in event.attributes.items()],
                trace_id=event.trace_id.to_bytes(16, "big") if event.trace_id else b"",
                span_id=event.span_id.to_bytes(8, "big") if event.span_id else b"",
            )
        )
    scope = InstrumentationScope(name="tracehouse")
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=Resource.FromString(resource),
                scope_logs=[ScopeLogs(scope=scope, log_records=records)],
            )
            for resource, records in by_resource.items()
        ]
    ).SerializeToString()


def encode_resource(resource: SdkResource) -> bytes:
    """OpenTelemetry's resource as an encoded `Resource` message."""
    return Resource(
        attributes=[
            KeyValue(key=key, value=_any_value(value)) for key, value in resource.attributes.items()
        ]
    ).SerializeToString()


def _any_value(value: object) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list() | tuple():
            items = [_any_value(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
            return AnyValue(array_value=ArrayValue(values=items))
        case _:
            return AnyValue(string_value=valid_text(str(value)))


def _attribute(key: str, value: str | float) -> KeyValue:
    return KeyValue(key=valid_text(key), value=_any_value(value))
