"""Requests over gRPC, and what their answers mean by OTLP's rules for clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import grpc
import urllib3
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tracehouse_collector.admit.otlp import EXCHANGES
from tracehouse_collector.forward.address import Forbidden, look_up
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal

_SECONDS = 30.0
_PORT = 4317
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
_AWAY = frozenset((grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
_DETAILS = "grpc-status-details-bin"


class OverGrpc:
    """Calls one destination. TLS when its address begins with https."""

    def __init__(self, forward: Forward) -> None:
        parts = urlsplit(forward.url)
        self._host, self._port = parts.hostname or "", parts.port or _PORT
        self._name = f"{_bracketed(self._host)}:{self._port}"
        self._tls = parts.scheme == "https"
        self._allow_private = forward.allow_private
        self._options = [
            ("grpc.max_send_message_length", -1),
            ("grpc.default_compression_algorithm", 2 if forward.gzip else 0),  # 2: gzip
            ("grpc.default_authority", self._name),
        ]
        self._channel: Any = None
        headers = dict(forward.headers)
        if forward.public_key:
            headers |= urllib3.make_headers(
                basic_auth=f"{forward.public_key}:{forward.secret_key.get_secret_value()}"
            )
        self._metadata = [(name.lower(), value) for name, value in headers.items()]

    def close(self) -> None:
        """End the connection; the next request makes another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _connect(self) -> Any:
        """A channel to the addresses that are checked here, and never to what the name leads to
        later. Raises InsertFailed."""
        try:
            found = look_up(self._host, allow_private=self._allow_private)
        except (Forbidden, OSError) as error:
            raise InsertFailed(Verdict.retry, str(error)) from error
        family = "ipv6" if ":" in found[0] else "ipv4"
        target = f"{family}:" + ",".join(f"{_bracketed(one)}:{self._port}" for one in found)
        if not self._tls:
            return grpc.insecure_channel(target, self._options)
        # The certificate is still that of the name.
        options = [*self._options, ("grpc.ssl_target_name_override", self._host)]
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(), options)

    def export(self, signal: Signal, payload: bytes) -> None:
        """Send a request. Raises InsertFailed."""
        if self._channel is None:
            self._channel = self._connect()
        call = self._channel.unary_unary(EXCHANGES[signal].rpc)
        try:
            call(payload, timeout=_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            failure: Any = error
            if failure.code() in _AWAY:
                self.close()  # the name may lead elsewhere by now
            message = f"{self._name} answered {failure.code().name}: {failure.details()}"[:500]
            if failure.code() in _POISON:
                raise InsertFailed(Verdict.poison, message) from error
            wait = _asked_wait(failure)
            verdict = Verdict.doubt if failure.code() in _DOUBT and not wait else Verdict.retry
            raise InsertFailed(verdict, message, wait=wait) from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _asked_wait(error: Any) -> float:
    """Seconds that the answer's RetryInfo asks for."""
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS:
            for detail in Status.FromString(value).details:
                retry = RetryInfo()
                if detail.Unpack(retry):
                    return retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return 0.0
