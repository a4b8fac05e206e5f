"""Steps as an OTLP request, straight into the Protobuf messages: the SDK's span objects would cost
more than reading the transcript does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from tracehouse.values import valid_text
from tracehouse_agent.recorder.step import Step, Value
from tracehouse_semconv import attributes as names
from tracehouse_semconv.ids import recorded_identity

SCOPE = "tracehouse.recorder"


def encode_steps(
    agent: str, session: str, steps: Iterable[Step], resource: Mapping[str, str]
) -> bytes:
    """An ExportTraceServiceRequest of steps of one session. A step that runs has no end."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[_pair(*item) for item in resource.items()]),
                scope_spans=[
                    ScopeSpans(
                        scope=InstrumentationScope(name=SCOPE),
                        spans=[_span(agent, session, step) for step in steps],
                    )
                ],
            )
        ]
    ).SerializeToString()


def _span(agent: str, session: str, step: Step) -> Span:
    identity = recorded_identity(agent, session, step.key)
    parent = b""
    if step.key:
        parent = recorded_identity(agent, session, step.parent).span_id.to_bytes(8, "big")
    attributes = [_pair(names.GEN_AI_CONVERSATION_ID, session)]
    attributes += [_pair(name, value) for name, value in step.attributes.items()]
    return Span(
        trace_id=identity.trace_id.to_bytes(16, "big"),
        span_id=identity.span_id.to_bytes(8, "big"),
        parent_span_id=parent,
        name=valid_text(step.name),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=step.start_ns,
        end_time_unix_nano=step.end_ns,
        attributes=attributes,
        status=None
        if step.failure is None
        else Status(code=Status.STATUS_CODE_ERROR, message=valid_text(step.failure)),
    )


def _pair(name: str, value: Value) -> KeyValue:
    match value:
        case str():
            return KeyValue(key=name, value=AnyValue(string_value=valid_text(value)))
        case bool():
            return KeyValue(key=name, value=AnyValue(bool_value=value))
        case int():
            return KeyValue(key=name, value=AnyValue(int_value=value))
        case float():
            return KeyValue(key=name, value=AnyValue(double_value=value))
        case _:
            inner = [AnyValue(string_value=valid_text(one)) for one in value]
            return KeyValue(key=name, value=AnyValue(array_value=ArrayValue(values=inner)))
