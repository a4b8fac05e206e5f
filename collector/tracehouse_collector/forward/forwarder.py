"""A destination that gets the requests as they came: any OTLP endpoint, or Langfuse.

Each request is sent on its own, in order. One that fails is tried again as OTLP's specification
tells clients to; those before it are not sent again by the same process. What the other side
refuses for good becomes a dead letter. Nothing here holds up what is stored in ClickHouse: see
`GroupCommit.release` for what happens when the other side stays away.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from tracehouse_collector.forward.address import Forbidden, check
from tracehouse_collector.forward.langfuse_scores import scores_in
from tracehouse_collector.forward.over_grpc import OverGrpc
from tracehouse_collector.forward.over_http import JSON, PROTOBUF, OverHttp
from tracehouse_collector.forward.rewrite import Rewrite
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Record, Signal, decode, scan, workspace_of

logger = logging.getLogger(__name__)

Deliver = Callable[[Signal, bytes], None]


class Forwarder:
    """Sends spooled requests on."""

    def __init__(self, forward: Forward, name: str, label: str | None = None) -> None:
        self.name = name
        self.label = label or name
        self.sent = 0
        """Requests that the other side has taken."""
        self._stopped = False
        self._forward = forward
        self._rewrite = Rewrite(forward)
        self._deliver = _delivery(forward)
        self._sent: dict[Signal, set[tuple[int, int]]] = {}

    def stop(self) -> None:
        """Send nothing after the request that is under way."""
        self._stopped = True

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        """Send each record's request. Raises InsertFailed at the first that is not taken."""
        del file
        sent = self._sent.setdefault(signal, set())
        checked = False
        for item in scan(data):
            if not isinstance(item, Record):
                continue
            record = memoryview(data)[item.start : item.end]
            if self._forward.workspace and workspace_of(record) != self._forward.workspace:
                continue
            envelope = decode(record)
            place = (envelope.received_ns, envelope.request_id)
            if place not in sent:
                if self._stopped:
                    raise InsertFailed(Verdict.retry, "it was stopped")
                if not checked:
                    self.check_address()
                    checked = True
                self._send(signal, bytes(envelope.payload))
                sent.add(place)
        sent.clear()

    def _send(self, signal: Signal, payload: bytes) -> None:
        try:
            rewritten = self._rewrite(signal, payload)
            if rewritten:
                self._deliver(signal, rewritten)
                self.sent += 1
        except InsertFailed:
            raise
        except Exception as error:  # one odd record must not hold up all that follow
            raise InsertFailed(Verdict.doubt, f"{type(error).__name__}: {error}"[:500]) from error

    def check_address(self) -> None:
        """Raises InsertFailed where the address leads into a private network and may not."""
        try:
            check(self._forward.url, allow_private=self._forward.allow_private)
        except (Forbidden, OSError) as error:
            raise InsertFailed(Verdict.retry, str(error)) from error


def _delivery(forward: Forward) -> Deliver:
    base = forward.url.rstrip("/")
    if forward.protocol == "grpc":
        return OverGrpc(forward).export
    http = OverHttp(forward)

    def otlp(signal: Signal, payload: bytes) -> None:
        http.send(f"{base}/v1/{signal.name}", payload, PROTOBUF)

    def langfuse(signal: Signal, payload: bytes) -> None:
        if signal is Signal.traces:
            url = f"{base}/api/public/otel/v1/traces"
            http.send(url, payload, PROTOBUF, headers={"x-langfuse-ingestion-version": "4"})
            return
        events, deleted = scores_in(payload)
        if events:
            body = json.dumps({"batch": events}).encode()
            _check(http.send(f"{base}/api/public/ingestion", body, JSON))
        for identity in deleted:
            _delete(http, f"{base}/api/public/scores/{quote(identity, safe='')}")

    return langfuse if forward.kind == "langfuse" else otlp


def _check(answer: bytes) -> None:
    """What of a batch was not taken is said in a good answer. Raises InsertFailed."""
    errors = json.loads(answer).get("errors") or []
    if errors:
        later = any(int(error.get("status", 400)) >= 500 for error in errors)
        raise InsertFailed(
            Verdict.doubt if later else Verdict.poison, f"scores were refused: {errors}"[:500]
        )


def _delete(http: OverHttp, url: str) -> None:
    try:
        http.send(url, b"", JSON, method="DELETE")
    except InsertFailed as error:
        if error.verdict is Verdict.poison or "answered 404" in str(error):
            logger.debug("there was nothing to delete: %s", error)  # it never got there
            return
        raise
