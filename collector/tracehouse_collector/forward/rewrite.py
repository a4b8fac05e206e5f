"""What is taken out of a request, or added, before it is sent on. Without any of that its bytes
stay as they came."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from fnmatch import translate
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracehouse_collector.admit.otlp import parse
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal

# What a Langfuse server wants on every span of a trace.
_OF_TRACE = (
    "user.id", "session.id", "langfuse.trace.name", "langfuse.trace.tags", "langfuse.environment",
    "langfuse.release", "langfuse.version",
)  # fmt: skip
_MOST_TRACES = 20_000


class Rewrite:
    """The changes that one destination asks for."""

    def __init__(self, forward: Forward) -> None:
        patterns = "|".join(translate(pattern) for pattern in forward.drop_attributes)
        self._drop = re.compile(patterns) if patterns else None
        self._services = frozenset(forward.services)
        self._of_traces = _OfTraces() if forward.kind == "langfuse" else None

    def __call__(self, signal: Signal, payload: bytes) -> bytes:
        """The request to send; empty when nothing of it is to be sent."""
        if not (self._drop or self._services or self._of_traces):
            return payload
        message: Any = parse(signal, payload)
        groups: Any = getattr(
            message, f"resource_{'spans' if signal is Signal.traces else signal.name}"
        )
        if self._services:
            kept = [group for group in groups if _service(group) in self._services]
            if not kept:
                return b""
            if len(kept) < len(groups):
                copies = [type(group).FromString(group.SerializeToString()) for group in kept]
                del groups[:]
                groups.extend(copies)
        if self._drop:
            for attributes in _attribute_lists(message):
                for index in reversed(range(len(attributes))):
                    if self._drop.match(attributes[index].key):
                        del attributes[index]
        if self._of_traces and isinstance(message, ExportTraceServiceRequest):
            self._of_traces.copy_down(message)
        return message.SerializeToString()


def _service(group: Any) -> str:
    return next(
        (kv.value.string_value for kv in group.resource.attributes if kv.key == "service.name"), ""
    )


def _attribute_lists(message: Any) -> Iterator[Any]:
    """Every list of attributes in a message, wherever it is."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.name.endswith("attributes"):
            yield value
        elif field.message_type.name != "AnyValue":
            for inner in value if field.is_repeated else (value,):
                yield from _attribute_lists(inner)


class _OfTraces:
    """What spans have said of their traces, for those of the trace that come after them."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, dict[str, KeyValue]] = OrderedDict()

    def copy_down(self, message: ExportTraceServiceRequest) -> None:
        """Give each span what any span of its trace has said so far."""
        spans = [
            span
            for group in message.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]
        for span in spans:
            said = [kv for kv in span.attributes if kv.key in _OF_TRACE]
            if said:
                known = self._known.setdefault(span.trace_id, {})
                for kv in said:
                    if kv.key not in known:
                        # A copy: the attribute itself would keep its whole request in memory.
                        known[kv.key] = KeyValue.FromString(kv.SerializeToString())
                self._known.move_to_end(span.trace_id)
        for span in spans:
            _add(span, self._known.get(span.trace_id, {}))
        while len(self._known) > _MOST_TRACES:
            self._known.popitem(last=False)


def _add(span: Span, wanted: dict[str, KeyValue]) -> None:
    has = {kv.key for kv in span.attributes}
    span.attributes.extend(kv for key, kv in wanted.items() if key not in has)
