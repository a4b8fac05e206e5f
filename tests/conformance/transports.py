"""The ways in which an OTLP request may travel: content encodings, and calls over gRPC."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
from backports import zstd
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
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

from tests.support.server import Server

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
SIGNALS = ("traces", "logs", "metrics")
REQUESTS: dict[str, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
RESPONSES: dict[str, type[Message]] = {
    "traces": ExportTraceServiceResponse,
    "logs": ExportLogsServiceResponse,
    "metrics": ExportMetricsServiceResponse,
}
METHODS = {
    signal: f"/opentelemetry.proto.collector.{package}.v1.{service}Service/Export"
    for signal, package, service in (
        ("traces", "trace", "Trace"),
        ("logs", "logs", "Logs"),
        ("metrics", "metrics", "Metrics"),
    )
}


def bare_deflate(data: bytes) -> bytes:
    """Deflate without zlib's header, as some clients send it."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


@dataclass(frozen=True)
class GrpcAnswer:
    """How a call ended: the response when OK, else the code, its text and the `Status` sent."""

    code: grpc.StatusCode
    message: bytes = b""
    details: str = ""
    status: Status | None = None


def call(
    server: Server,
    method: str,
    payload: bytes,
    *,
    metadata: Sequence[tuple[str, str]] | None = None,
    compression: grpc.Compression = grpc.Compression.NoCompression,
    channel: grpc.Channel | None = None,
) -> GrpcAnswer:
    """One unary call of bytes, with the server's key unless `metadata` is given."""
    metadata = (("x-api-key", server.key),) if metadata is None else tuple(metadata)
    if channel is not None:
        return _call(channel, method, payload, metadata, compression)
    with open_channel(server) as own:
        return _call(own, method, payload, metadata, compression)


def open_channel(server: Server) -> grpc.Channel:
    """A connection of its own, on which a client may send messages of any size."""
    options = (("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
    return grpc.insecure_channel(server.grpc, options=options)


def _call(
    channel: grpc.Channel,
    method: str,
    payload: bytes,
    metadata: Sequence[tuple[str, str]],
    compression: grpc.Compression,
) -> GrpcAnswer:
    try:
        message = channel.unary_unary(method)(
            payload, metadata=metadata, compression=compression, timeout=60
        )
    except grpc.RpcError as error:
        sent = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        status = Status.FromString(sent) if sent is not None else None
        return GrpcAnswer(error.code(), details=error.details() or "", status=status)
    return GrpcAnswer(grpc.StatusCode.OK, message)


def retry_seconds(status: Status) -> float | None:
    """The delay in the status's RetryInfo; None when it has none."""
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return info.retry_delay.ToNanoseconds() / 1e9
    return None
