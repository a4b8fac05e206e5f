"""A record written anew, in the one form that every reader of Protobuf takes."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracehouse_semconv.record import Signal, decode, encode

_REQUESTS = {
    Signal.traces: ExportTraceServiceRequest,
    Signal.logs: ExportLogsServiceRequest,
    Signal.metrics: ExportMetricsServiceRequest,
}


def normalised(record: bytes) -> bytes:
    """The record with its payload parsed and written again, without fields that OTLP does not know.

    Raises ValueError when it holds no OTLP request.
    """
    envelope = decode(record)
    try:
        message = _REQUESTS[envelope.signal].FromString(envelope.payload)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    message.DiscardUnknownFields()
    return b"".join(
        encode(
            envelope.signal,
            message.SerializeToString(),
            workspace=envelope.workspace,
            received_ns=envelope.received_ns,
            request_id=envelope.request_id,
            project=envelope.project,
        )
    )
