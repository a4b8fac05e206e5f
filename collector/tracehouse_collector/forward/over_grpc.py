"""Requests over gRPC, and what their answers mean by OTLP's rules for clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import grpc
import urllib3
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tracehouse_collector.admit.otlp import EXCHANGES
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal

_SECONDS = 30.0
# What the other side does not understand stays so; everything else may pass, or be mended there.
_POISON = frozenset(
    (
        grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND,
    )
)  # fmt: skip
# It may be full, and then says when to come back; else the request may be too large for it.
_DOUBT = frozenset(
    (
        grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS,
    )
)  # fmt: skip
_DETAILS = "grpc-status-details-bin"


class OverGrpc:
    """Calls one destination. TLS when its address begins with https."""

    def __init__(self, forward: Forward) -> None:
        parts = urlsplit(forward.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        self._target = f"{host}:{parts.port or 4317}"
        options = [
            ("grpc.max_send_message_length", -1),
            ("grpc.default_compression_algorithm", 2 if forward.gzip else 0),  # 2: gzip
        ]
        if parts.scheme == "https":
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.secure_channel(self._target, credentials, options)
        else:
            self._channel = grpc.insecure_channel(self._target, options)
        headers = dict(forward.headers)
        if forward.public_key:
            headers |= urllib3.make_headers(
                basic_auth=f"{forward.public_key}:{forward.secret_key.get_secret_value()}"
            )
        self._metadata = [(name.lower(), value) for name, value in headers.items()]

    def export(self, signal: Signal, payload: bytes) -> None:
        """Send a request. Raises InsertFailed."""
        call: Any = self._channel.unary_unary(EXCHANGES[signal].rpc)
        try:
            call(payload, timeout=_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            failure: Any = error
            message = f"{self._target} answered {failure.code().name}: {failure.details()}"[:500]
            if failure.code() in _POISON:
                raise InsertFailed(Verdict.poison, message) from error
            wait = _asked_wait(failure)
            verdict = Verdict.doubt if failure.code() in _DOUBT and not wait else Verdict.retry
            raise InsertFailed(verdict, message, wait=wait) from error


def _asked_wait(error: Any) -> float:
    """Seconds that the answer's RetryInfo asks for."""
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS:
            for detail in Status.FromString(value).details:
                retry = RetryInfo()
                if detail.Unpack(retry):
                    return retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return 0.0
