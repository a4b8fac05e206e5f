"""The batch of events that Python 2 and JS 3 send, as the spans that newer SDKs would have sent.

An observation comes in pieces: created, then updated, perhaps in another batch or after a restart.
The pieces are merged here, and each batch writes the observations that it touched anew: a span
that comes again replaces itself. A trace is an entity of its own there and a span here, the parent
of all observations that name none.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracehouse_api.langfuse.remembered import Fields, Remembered
from tracehouse_api.parameters import parse_time
from tracehouse_api.recent import Value
from tracehouse_api.rest import otlp

# A span and its environment.
Made = tuple[Span, str | None]

_LONGEST_ID = 500
_TYPES = {
    "trace-create": "trace",
    "span-create": "span",
    "span-update": "span",
    "generation-create": "generation",
    "generation-update": "generation",
    "event-create": "event",
    "observation-create": None,
    "observation-update": None,
}
# SQL: a span that was made of a trace, and is no observation there (see `span`).
_TRACE_SPAN = "toFixedString(substring(SHA256(concat('trace/', lower(hex(trace_id)))), 1, 8), 8)"
IS_TRACE_SPAN = f"scope_name = 'tracehouse.rest' AND span_id = {_TRACE_SPAN}"
# SQL: one that is a child of such a span, and so a root there.
OF_TRACE_SPAN = f"(scope_name = 'tracehouse.rest' AND parent_span_id = {_TRACE_SPAN})"
_USAGE_NAMES = {
    "promptTokens": "prompt_tokens",
    "completionTokens": "completion_tokens",
    "totalTokens": "total_tokens",
}


def takes(event_type: str) -> bool:
    """Whether an event of this type becomes a span."""
    return event_type in _TYPES


def trace_hex(identity: str) -> str:
    """A trace id: the given one where it is one (a UUID, or 32 hex digits), else made from it."""
    bare = identity.replace("-", "").lower()
    if len(bare) == 32 and all(c in "0123456789abcdef" for c in bare) and bare.strip("0"):
        return bare
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def span_hex(identity: str) -> str:
    """A span id: the given one where it is one (16 hex digits), else made from it."""
    if len(identity) == 16 and all(c in "0123456789abcdef" for c in identity):
        return identity if identity.strip("0") else "f" * 16
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


class Legacy:
    """Takes batches of events in, one after another."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._lock = threading.Lock()

    @contextmanager
    def batch(self, workspace: str) -> Generator[Batch]:
        """A batch: what it says is kept at its end."""
        with self._lock:
            batch = Batch(workspace, self._remembered)
            yield batch
            if batch.known:
                self._remembered.keep(workspace, batch.known)

    def forget(self, workspace: str, trace_ids: Collection[str]) -> None:
        """Forget what was said of these traces, given in hex, and of what is in them."""

        def is_of_them(identity: str, fields: Fields) -> bool:
            trace = fields.get("id") if identity.startswith("trace/") else fields.get("traceId")
            return trace_hex(str(trace or fields.get("id"))) in trace_ids

        with self._lock:
            self._remembered.forget(workspace, is_of_them)


class Batch:
    """The events of one request. `known`: all that is known now of the observations and traces that
    they are about; `spans`: what these have become."""

    def __init__(self, workspace: str, remembered: Remembered) -> None:
        self._workspace = workspace
        self._remembered = remembered
        self.known: dict[str, Fields] = {}
        self.spans: dict[str, Made] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event in. Raises ValueError for one that cannot be, and then changes nothing."""
        body = event.get("body")
        if not isinstance(body, dict):
            raise ValueError("body: it must be an object")
        said: Fields = {key: value for key, value in body.items() if value is not None}
        kind = _TYPES[event["type"]] or str(said.get("type", "span")).lower()
        identity = str(said.get("id") or event.get("id") or "")
        if not 0 < len(identity) <= _LONGEST_ID:
            raise ValueError(f"body.id: it is required, of at most {_LONGEST_ID} characters")
        key = f"{'trace' if kind == 'trace' else 'observation'}/{identity}"
        before = self.known.get(key) or self._remembered.recall(self._workspace, key)
        if isinstance(said.get("metadata"), dict) and isinstance(before.get("metadata"), dict):
            said["metadata"] = {**before["metadata"], **said["metadata"]}
        known = before | said | {"id": identity, "kind": kind}
        known.setdefault("startTime", said.get("timestamp") or event.get("timestamp"))
        known["seen"] = event.get("timestamp") or known["startTime"]
        made, environment = span(known)
        otlp.traces({"langfuse.environment": environment}, [made])  # raises where it cannot be
        self.spans[key] = made, environment
        self.known[key] = known


def span(known: Fields) -> Made:
    """The span of what is known, and its environment. Raises ValueError."""
    is_trace = known["kind"] == "trace"
    trace = str(known["id"] if is_trace else known.get("traceId") or known["id"])
    start = parse_time(str(known["startTime"]))
    if is_trace or known["kind"] == "event":
        end = max(start, parse_time(str(known["seen"]))) if is_trace else start
    else:
        end = max(start, parse_time(str(known["endTime"]))) if known.get("endTime") else 0
    own = f"trace/{trace_hex(trace)}"
    parent = "" if is_trace else str(known.get("parentObservationId") or own)
    made = otlp.span(
        int(trace_hex(trace), 16),
        int(span_hex(own if is_trace else str(known["id"])), 16),
        str(known.get("name") or known["kind"]),
        start,
        end,
        _attributes(known, is_trace),
        parent_id=int(span_hex(parent), 16) if parent else 0,
        failed=str(known.get("level", "")).upper() == "ERROR",
    )
    environment = known.get("environment")
    return made, str(environment) if environment else None


def _attributes(known: Fields, is_trace: bool) -> dict[str, Value | None]:
    where = "trace" if is_trace else "observation"
    found: dict[str, Value | None] = {
        "langfuse.observation.type": "span" if is_trace else str(known["kind"]),
        f"langfuse.{where}.input": _text(known.get("input")),
        f"langfuse.{where}.output": _text(known.get("output")),
        "langfuse.version": _text(known.get("version")),
        "langfuse.release": _text(known.get("release")),
        "session.id": _text(known.get("sessionId")),
        "user.id": _text(known.get("userId")),
    }
    if is_trace:
        # The trace's own input and output are those of its span.
        found["langfuse.observation.input"] = found["langfuse.trace.input"]
        found["langfuse.observation.output"] = found["langfuse.trace.output"]
        found["langfuse.trace.name"] = _text(known.get("name"))
        tags = known.get("tags")
        found["langfuse.trace.tags"] = (
            [str(tag) for tag in tags] if isinstance(tags, list) else None
        )
    else:
        usage = _usage(known)
        found |= {
            "langfuse.observation.level": _text(known.get("level")),
            "langfuse.observation.status_message": _text(known.get("statusMessage")),
            "langfuse.observation.model.name": _text(known.get("model")),
            "langfuse.observation.model.parameters": _json(known.get("modelParameters")),
            "langfuse.observation.usage_details": _json(usage or None),
            "langfuse.observation.cost_details": _json(_cost(known) or None),
            "langfuse.observation.completion_start_time": _text(known.get("completionStartTime")),
            "langfuse.observation.prompt.name": _text(known.get("promptName")),
            "langfuse.observation.prompt.version": _text(known.get("promptVersion")),
        }
    metadata = known.get("metadata")
    if isinstance(metadata, dict):
        for key, value in metadata.items():
            found[f"langfuse.{where}.metadata.{key}"] = _text(value)
    elif metadata is not None:
        found[f"langfuse.{where}.metadata"] = _text(metadata)
    return found


def _usage(known: Fields) -> Fields:
    given = known.get("usageDetails") or known.get("usage")
    if not isinstance(given, dict):
        return {}
    said: Fields = given
    return {
        _USAGE_NAMES.get(name, name): value
        for name, value in said.items()
        if isinstance(value, (int, dict)) and not isinstance(value, bool)
    }


def _cost(known: Fields) -> Fields:
    given = known.get("costDetails")
    if isinstance(given, dict):
        return {k: v for k, v in given.items() if isinstance(v, (int, float))}
    usage = known.get("usage")
    total = usage.get("totalCost") if isinstance(usage, dict) else None
    return {"total": total} if isinstance(total, (int, float)) else {}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
