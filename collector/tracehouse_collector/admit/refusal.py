"""Why a request is not accepted, in the terms of both of OTLP's transports.

The OpenTelemetry protocol specification (1.9, "Failures") says which answers a client may retry:
over HTTP 429, 502, 503 and 504; over gRPC UNAVAILABLE and others, and RESOURCE_EXHAUSTED only
when it carries a RetryInfo.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to refuse: its HTTP status and its gRPC code."""

    http: int
    grpc: grpc.StatusCode


UNREADABLE = Kind(400, grpc.StatusCode.INVALID_ARGUMENT)
UNAUTHENTICATED = Kind(401, grpc.StatusCode.UNAUTHENTICATED)
FORBIDDEN = Kind(403, grpc.StatusCode.PERMISSION_DENIED)
TIMED_OUT = Kind(408, grpc.StatusCode.DEADLINE_EXCEEDED)
UNBOUNDED = Kind(411, grpc.StatusCode.INVALID_ARGUMENT)
TOO_LARGE = Kind(413, grpc.StatusCode.RESOURCE_EXHAUSTED)
UNSUPPORTED = Kind(415, grpc.StatusCode.UNIMPLEMENTED)
FULL = Kind(429, grpc.StatusCode.RESOURCE_EXHAUSTED)
UNAVAILABLE = Kind(503, grpc.StatusCode.UNAVAILABLE)
INTERNAL = Kind(500, grpc.StatusCode.INTERNAL)


class Refusal(Exception):
    """A request that was not accepted. Nothing of it was stored.

    `retry_after` (seconds) is set exactly when the same request may succeed later.
    """

    def __init__(self, kind: Kind, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after = retry_after

    def status(self) -> Status:
        """The google.rpc.Status that both transports answer with."""
        code: int = self.kind.grpc.value[0]
        status = Status(code=code, message=self.message)
        if self.kind is UNREADABLE:
            fault = BadRequest.FieldViolation(description=self.message)
            status.details.add().Pack(BadRequest(field_violations=[fault]))
        if self.retry_after is not None:
            delay = Duration()
            delay.FromNanoseconds(int(self.retry_after * 1e9))
            status.details.add().Pack(RetryInfo(retry_delay=delay))
        return status
