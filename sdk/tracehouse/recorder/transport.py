"""One HTTP connection to a server, by OTLP's rules for clients.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response says which answers may be retried.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracehouse import complain
from tracehouse.recorder.answers import Answer, Outcome
from tracehouse.settings import Destination
from tracehouse_semconv.record import Signal, encode

logger = logging.getLogger("tracehouse")

_REFUSED_FOR_GOOD = frozenset((400, 413, 415, 422))
_RESPONSES: dict[Signal, Any] = {
    Signal.traces: ExportTraceServiceResponse,
    Signal.logs: ExportLogsServiceResponse,
    Signal.metrics: ExportMetricsServiceResponse,
}


class Transport:
    """Posts to one destination over kept-alive connections. Raises nothing."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self._pool = connections(destination)

    def export(self, signal: Signal, payload: bytes) -> Answer:
        """Send an OTLP request."""
        headers = {"Content-Type": "application/x-protobuf"}
        workspace = self.destination.workspace
        body = payload if workspace is None else _record(signal, payload, workspace)
        if self.destination.compression == "gzip":
            body = gzip.compress(payload, 1)
            headers["Content-Encoding"] = "gzip"
        answer, data = self.request(
            "POST", self.destination.url(signal.name), body=body, headers=headers
        )
        if answer.outcome is Outcome.delivered and data:
            _tell_partial_success(signal, data)
        return answer

    def upload(self, sha256: str, file: Path) -> Answer:
        """Send a file to the blob store, which knows it by its hash."""
        url = f"{self.destination.api_base}/v1/blobs/{sha256}"
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer, _ = self.request("PUT", url, body=file.read_bytes(), headers=headers)
        except OSError as error:
            return Answer(Outcome.retry, f"{file}: {error}")
        return answer

    def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: dict[str, str]
    ) -> tuple[Answer, bytes]:
        """Send anything; the answer and its body."""
        logger.debug("→ %s %s %d bytes", method, url, len(body or b""))
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=headers | self.destination.request_headers(),
                timeout=urllib3.Timeout(
                    connect=min(3.0, self.destination.timeout), read=self.destination.timeout
                ),
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            detail = f"{urlsplit(url).netloc} does not answer ({type(error).__name__})"
            logger.debug("← %s", error)
            return Answer(Outcome.retry, detail), b""
        except ValueError as error:  # an address or header that cannot be one
            return Answer(Outcome.retry, f"{url}: {error}"), b""
        data = response.data
        logger.debug("← %d %d bytes", response.status, len(data))
        if response.status < 300:
            return Answer(Outcome.delivered, status=response.status), data
        detail = f"HTTP {response.status}: {data[:300].decode('utf-8', 'replace').strip()}"
        outcome = Outcome.refused if response.status in _REFUSED_FOR_GOOD else Outcome.retry
        after = _seconds(response.headers.get("Retry-After"))
        return Answer(outcome, detail, response.status, after), data


def _record(signal: Signal, payload: bytes, workspace: str) -> bytes:
    """The request as the collector would have spooled it."""
    request_id = int.from_bytes(hashlib.sha256(payload).digest()[:8], "big")
    return b"".join(
        encode(
            signal, payload, workspace=workspace, received_ns=time.time_ns(), request_id=request_id
        )
    )


def _seconds(value: str | None) -> float | None:
    try:
        return min(max(0.0, float(value)), 300.0) if value else None
    except ValueError:
        return None


def _tell_partial_success(signal: Signal, data: bytes) -> None:
    try:
        partial = _RESPONSES[signal].FromString(data).partial_success
    except Exception:
        return
    if partial.error_message:
        complain.once("the server did not store all %s: %s", signal.name, partial.error_message)


def connections(destination: Destination) -> urllib3.PoolManager:
    """Kept-alive connections to a destination, through the proxy that the environment names."""
    parts = urlsplit(destination.api_base)
    proxy = getproxies().get(parts.scheme)
    options: dict[str, Any] = {"maxsize": 2, "ca_certs": destination.certificate}
    if proxy and parts.hostname and not proxy_bypass(parts.hostname):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(**options)
