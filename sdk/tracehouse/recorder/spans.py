"""OpenTelemetry's own spans, recorded when they start and when they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import Tracer

from tracehouse.recorder.ids import ChosenIds

_ATTEMPTS = 5


@dataclass(slots=True, eq=False)
class SpanVersion:
    """A span as it is to be exported: pending (still running) or finished."""

    span: ReadableSpan
    pending: bool


class RecordingProcessor(SpanProcessor):
    """Gives every span to `put` twice: when it starts, as pending, and when it ends.

    May be added to an application's own TracerProvider as well.
    """

    def __init__(self, put: Callable[[SpanVersion], None]) -> None:
        self._put = put

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        if span.is_recording() and span.get_span_context().trace_flags.sampled:
            self._put(SpanVersion(span, pending=True))

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is not None and context.trace_flags.sampled:
            self._put(SpanVersion(span, pending=False))

    def shutdown(self) -> None:
        """The recorder outlives every provider."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        del timeout_millis
        return True


def make_tracer(resource: Resource, put: Callable[[SpanVersion], None]) -> Tracer:
    """A tracer of a provider of our own: the application's global one is not touched.

    OpenTelemetry's variables for the sampler and for limits count, as in any provider.
    """
    provider = TracerProvider(resource=resource, id_generator=ChosenIds(), shutdown_on_exit=False)
    provider.add_span_processor(RecordingProcessor(put))
    return provider.get_tracer("tracehouse")


def encode_versions(versions: Iterable[SpanVersion]) -> bytes:
    """An ExportTraceServiceRequest. A span that has ended meanwhile is in it once, as finished."""
    latest: dict[int, ReadableSpan] = {}
    for version in versions:
        context = version.span.get_span_context()
        assert context is not None
        if version.pending and version.span.end_time is not None:
            continue
        latest.pop(context.span_id, None)
        latest[context.span_id] = version.span
    if not latest:
        return b""
    for _ in range(_ATTEMPTS - 1):
        try:
            return encode_spans(list(latest.values())).SerializeToString()
        except RuntimeError:  # a running span was given an attribute while it was read
            time.sleep(0.0005)
    return encode_spans(list(latest.values())).SerializeToString()
