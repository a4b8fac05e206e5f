"""The span of a training run: pending while it lives, and exported again whenever it changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Status, StatusCode
from opentelemetry.util.types import AttributeValue

from tracehouse import complain
from tracehouse.live_dict import LiveDict
from tracehouse.recorder import Recorder
from tracehouse.recorder.ids import chosen
from tracehouse.recorder.spans import SpanVersion
from tracehouse.values import jsonable, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import RunStatus
from tracehouse_semconv.ids import SpanIdentity


class RunSpan:
    """What a run says of itself: name, status, config, summary, and facts (tags, links, cohort …).

    `before` is what is known of an earlier part of the run. Thread-safe; raises nothing.
    """

    def __init__(
        self,
        recorder: Recorder,
        tracer: trace.Tracer,
        identity: SpanIdentity,
        *,
        name: str,
        client_run_id: str,
        config: Mapping[str, Any],
        facts: Mapping[str, AttributeValue],
        before: Mapping[str, Any],
        heartbeat_seconds: float,
    ) -> None:
        self.name = name
        self.status = RunStatus.running
        self.config = LiveDict({**before.get("config", {}), **config}, self.changed)
        self.summary = LiveDict(before.get("summary"), self.changed)
        self._facts: dict[str, AttributeValue] = {**before.get("facts", {}), **facts}
        self._recorder = recorder
        self._lock = threading.RLock()
        self._started_ns = int(before.get("started_ns", time.time_ns()))
        self._ended = self._has_error = False
        around = trace.get_current_span().get_span_context()
        # A run is never sampled away by what surrounds it.
        context = Context() if around.is_valid and not around.trace_flags.sampled else None
        with chosen(identity):
            self._span = tracer.start_span(
                "tracehouse.run",
                context,
                attributes={
                    names.TRACEHOUSE_RUN_ID: identity.trace_hex,
                    names.TRACEHOUSE_RUN_CLIENT_ID: valid_text(client_run_id),
                    names.TRACEHOUSE_RUN_HEARTBEAT: heartbeat_seconds,
                    **self._state(),
                },
                start_time=self._started_ns,
            )

    @property
    def context(self) -> trace.SpanContext:
        """What other spans link to."""
        return self._span.get_span_context()

    def fact(self, name: str) -> Any:
        """One of the facts; None when it is not known."""
        return self._facts.get(name)

    def tell(self, facts: Mapping[str, AttributeValue | None]) -> None:
        """Set facts; those that are None stay as they are."""
        self._facts |= {name: value for name, value in facts.items() if value is not None}
        self.changed()

    @complain.never_raises(complain.nothing)
    def changed(self) -> None:
        """Export the span again, as it is now."""
        with self._lock:
            if self._ended or not hasattr(self, "_span"):
                return
            self._span.set_attributes(self._state())
            if isinstance(self._span, ReadableSpan):
                self._recorder.put(SpanVersion(self._span, pending=True))

    def _state(self) -> dict[str, AttributeValue]:
        return {
            **self._facts,
            names.TRACEHOUSE_RUN_NAME: valid_text(self.name),
            names.TRACEHOUSE_RUN_STATUS: str(self.status),
            names.TRACEHOUSE_RUN_CONFIG: self.config.as_json(),
            names.TRACEHOUSE_RUN_SUMMARY: self.summary.as_json(),
            names.TRACEHOUSE_RUN_UPDATED: time.time_ns(),
        }

    def to_remember(self) -> dict[str, Any]:
        """What a later process needs to go on."""
        return {
            "name": self.name,
            "started_ns": self._started_ns,
            "config": jsonable(dict(self.config)),
            "summary": jsonable(dict(self.summary)),
            "facts": self._facts,
        }

    def record_exception(self, error: BaseException) -> None:
        """Keep what ended the run."""
        self._has_error = True
        self._span.record_exception(error)
        told = valid_text(f"{type(error).__name__}: {error}")
        self._span.set_status(Status(StatusCode.ERROR, told))

    def end(self, status: RunStatus) -> None:
        """End the span with this status."""
        with self._lock:
            self.status = status
            self._span.set_attributes(self._state())
            self._ended = True
        if status in (RunStatus.failed, RunStatus.crashed) and not self._has_error:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(time.time_ns())
