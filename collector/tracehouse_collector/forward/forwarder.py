"""A destination that gets the requests as they came, over OTLP/HTTP.

Each request is sent on its own, in order. One that fails is tried again as OTLP's specification
tells clients to; those before it are not sent again by the same process. What the other side
refuses for good becomes a dead letter. Nothing here holds up what is stored in ClickHouse: see
`GroupCommit.release` for what happens when the other side stays away.
"""

from __future__ import annotations

import gzip
import ipaddress
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from tracehouse_collector.forward.rewrite import Rewrite
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Record, Signal, decode, scan

_TIMEOUT = urllib3.Timeout(connect=5.0, read=30.0)
# What OTLP says may be retried, and what somebody has to mend over there: nothing is given up.
_RETRY = frozenset((401, 403, 404, 408, 429, 500, 502, 503, 504))
_LANGFUSE_PATH = "/api/public/otel"


class Forbidden(Exception):
    """An address that must not be sent to; the message says what to do."""


class Forwarder:
    """Sends spooled requests on."""

    def __init__(self, forward: Forward) -> None:
        self.name = f"forward-{forward.name}"
        self._forward = forward
        base = forward.url.rstrip("/")
        self._base = base + _LANGFUSE_PATH if forward.kind == "langfuse" else base
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, maxsize=4)
        self._headers = {"content-type": "application/x-protobuf", **forward.headers}
        if forward.public_key:
            self._headers |= urllib3.make_headers(
                basic_auth=f"{forward.public_key}:{forward.secret_key.get_secret_value()}"
            )
        if forward.kind == "langfuse":
            self._headers["x-langfuse-ingestion-version"] = "4"
        self._rewrite = Rewrite(forward)
        self._sent: dict[Signal, set[tuple[int, int]]] = {}

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        """Send each record's request. Raises InsertFailed at the first that is not taken."""
        del file
        self.check_address()
        sent = self._sent.setdefault(signal, set())
        for item in scan(data):
            if not isinstance(item, Record):
                continue
            envelope = decode(memoryview(data)[item.start : item.end])
            place = (envelope.received_ns, envelope.request_id)
            if place not in sent:
                payload = self._rewrite(signal, bytes(envelope.payload))
                if payload:
                    self._post(signal, payload)
                sent.add(place)
        sent.clear()

    def check_address(self) -> None:
        """Raises InsertFailed where the address leads into a private network and may not."""
        try:
            check(self._forward.url, allow_private=self._forward.allow_private)
        except (Forbidden, OSError) as error:
            raise InsertFailed(Verdict.retry, str(error)) from error

    def _post(self, signal: Signal, payload: bytes) -> None:
        headers = dict(self._headers)
        if self._forward.gzip:
            payload = gzip.compress(payload, 1)
            headers["content-encoding"] = "gzip"
        try:
            answer = self._pool.request(
                "POST", f"{self._base}/v1/{signal.name}", body=payload, headers=headers,
                redirect=False,
            )  # fmt: skip
        except HTTPError as error:
            raise InsertFailed(Verdict.retry, f"{self._base} is out of reach: {error}") from error
        if answer.status < 300:
            return
        said = answer.data[:500].decode("utf-8", "replace")
        message = f"{self._base} answered {answer.status}: {said}"
        if answer.status in _RETRY or answer.status >= 500:
            raise InsertFailed(
                Verdict.retry, message, wait=_seconds(answer.headers.get("retry-after"))
            )
        raise InsertFailed(Verdict.poison, message)


def check(url: str, *, allow_private: bool) -> None:
    """Raises Forbidden for an address that is not HTTP, or that leads into a private network."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden(f"{url}: give an address that begins with http:// or https://")
    if allow_private:
        return
    for found in socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM):
        address = ipaddress.ip_address(found[4][0])
        if not address.is_global:
            raise Forbidden(
                f"{parts.hostname} is {address}, an address of a private network: set "
                "allow_private = true for this destination if that is meant"
            )


def _seconds(retry_after: str | None) -> float:
    if not retry_after:
        return 0.0
    try:
        return float(retry_after)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
