"""Images, sound and files that spans refer to, uploaded where the spans are sent on to.

A destination of its own, with a cursor of its own over the spooled spans: a file that is large, or
that the other side does not take now, waits and is tried again without holding up the spans. The
other side knows a file by its hash, and says when it has it already: then nothing is uploaded.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracehouse_collector.forward.address import Forbidden, check
from tracehouse_collector.forward.over_http import JSON, RETRY, OverHttp
from tracehouse_collector.forward.rewrite import Rewrite
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Record, Signal, decode, scan, workspace_of

logger = logging.getLogger(__name__)

_MARK = b"@@@langfuseMedia:"
_REFERENCE = re.compile(rb"@@@langfuseMedia:(?:[^@|]*\|)*id=([A-Za-z0-9_-]{22})[|@]")
# An SDK sends a file beside its span, and perhaps after it.
_AWAIT_NS = 60 * 10**9
_AWAIT_SECONDS = 2.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Medium:
    """A file that was sent here. `sha256` in hex."""

    sha256: str
    content_type: str
    size: int
    read: Callable[[], bytes]


class Media(Protocol):
    """The files that workspaces have."""

    def find(self, workspace: str, media_id: str) -> Medium | None:
        """The one that a reference names; None while it is not here. May raise anything."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a span refers to a file."""

    media_id: str
    trace_id: str
    span_id: str
    field: str
    """`input`, `output` or `metadata`."""


class MediaForwarder:
    """Uploads what spans refer to. Raises InsertFailed, as every destination does."""

    def __init__(
        self,
        forward: Forward,
        media: Media,
        name: str,
        label: str | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.label = label or name
        self.sent = 0
        """References that the other side knows of."""
        self._forward = forward
        self._media = media
        self._now_ns = now_ns
        self._base = f"{forward.url.rstrip('/')}/api/public/media"
        # A server that has no such door never will, and must not hold up what is spooled.
        self._http = OverHttp(forward, retry=RETRY - {404})
        # What is not sent on of a span is not looked at.
        self._rewrite = Rewrite(forward.model_copy(update={"kind": "otlp"}))
        self._known: OrderedDict[Reference, None] = OrderedDict()
        self._stopped = False

    def stop(self) -> None:
        """Upload nothing after the file that is under way."""
        self._stopped = True

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        """Upload what the records refer to. One that is refused for good costs only itself: the
        others of its record are sent before that is said."""
        del file
        refused: InsertFailed | None = None
        for item in scan(data) if _MARK in data else ():
            if not isinstance(item, Record):
                continue
            record = memoryview(data)[item.start : item.end]
            workspace = workspace_of(record)
            if self._forward.workspace not in ("", workspace):
                continue
            envelope = decode(record)
            for reference in self._references(signal, bytes(envelope.payload)):
                try:
                    self._send(reference, workspace, envelope.received_ns)
                except InsertFailed as error:
                    if error.verdict is not Verdict.poison:
                        raise
                    refused = error
        if refused is not None:
            raise refused

    def _references(self, signal: Signal, payload: bytes) -> list[Reference]:
        if _MARK not in payload:
            return []
        try:
            sent_on = self._rewrite(signal, payload)
            return list(dict.fromkeys(references(ExportTraceServiceRequest.FromString(sent_on))))
        except Exception as error:  # one odd record must not hold up all that follow
            raise InsertFailed(Verdict.poison, f"{type(error).__name__}: {error}"[:500]) from error

    def _send(self, reference: Reference, workspace: str, received_ns: int) -> None:
        if reference in self._known:
            return
        if self._stopped:
            raise InsertFailed(Verdict.retry, "it was stopped")
        try:
            medium = self._media.find(workspace, reference.media_id)
            content = medium.read() if medium else b""
        except Exception as error:
            raise InsertFailed(
                Verdict.retry, f"medium {reference.media_id} cannot be read here: {error}"[:500]
            ) from error
        if medium is None:
            if self._now_ns() - received_ns < _AWAIT_NS:
                raise InsertFailed(
                    Verdict.retry, f"medium {reference.media_id} has not come yet",
                    wait=_AWAIT_SECONDS,
                )  # fmt: skip
            logger.warning("medium %s never came: it is not sent on", reference.media_id)
        else:
            self._upload(reference, medium, content)
            self.sent += 1
        self._known[reference] = None
        while len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _upload(self, reference: Reference, medium: Medium, content: bytes) -> None:
        try:
            check(self._forward.url, allow_private=self._forward.allow_private)
        except (Forbidden, OSError) as error:
            raise InsertFailed(Verdict.retry, str(error)) from error
        digest = base64.b64encode(bytes.fromhex(medium.sha256)).decode()
        said = {
            "traceId": reference.trace_id, "observationId": reference.span_id,
            "field": reference.field, "contentType": medium.content_type,
            "contentLength": medium.size, "sha256Hash": digest,
        }  # fmt: skip
        answer = _object(self._http.send(self._base, json.dumps(said).encode(), JSON))
        address = answer.get("uploadUrl")
        if not address:
            return  # they have it
        started = time.monotonic()
        headers = {"x-amz-checksum-sha256": digest, "x-ms-blob-type": "BlockBlob"}
        self._http.send(
            str(address), content, medium.content_type, headers=headers, method="PUT",
            signed=False,
        )  # fmt: skip
        done = {
            "uploadedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "uploadHttpStatus": 200,
            "uploadTimeMs": round((time.monotonic() - started) * 1000),
        }
        media_id = quote(str(answer.get("mediaId") or reference.media_id), safe="")
        self._http.send(f"{self._base}/{media_id}", json.dumps(done).encode(), JSON, method="PATCH")


def references(message: ExportTraceServiceRequest) -> Iterator[Reference]:
    """Where the attributes of spans, and of their events, refer to files."""
    for group in message.resource_spans:
        for scope in group.scope_spans:
            for span in scope.spans:
                said = [*span.attributes, *(kv for event in span.events for kv in event.attributes)]
                for kv in said:
                    for media_id in _REFERENCE.findall(kv.value.SerializeToString()):
                        yield Reference(
                            media_id.decode(),
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            _field(kv.key),
                        )


def _field(key: str) -> str:
    if "output" in key or "completion" in key:
        return "output"
    return "input" if "input" in key or "prompt" in key else "metadata"


def _object(answer: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(answer))
    except (ValueError, TypeError) as error:
        raise InsertFailed(Verdict.doubt, f"nobody understands the answer: {error}") from error
