"""A line on standard error for each span that ends, to see what a program logs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from opentelemetry.sdk.trace import ReadableSpan

from tracehouse.recorder.spans import SpanVersion
from tracehouse_semconv import attributes as names

_LONGEST = 200
_SHOWN = (
    names.TRACEHOUSE_ROLLOUT_DATAPOINT_ID,
    names.TRACEHOUSE_ROLLOUT_STATUS,
    names.TRACEHOUSE_ROLLOUT_REWARD,
    names.GEN_AI_TOOL_NAME,
    names.TRACEHOUSE_TEXT,
)


class DebugConsole:
    """Prints what the others send."""

    def put(self, item: SpanVersion, /) -> None:
        if not item.pending:
            sys.stderr.write(_line(item.span) + "\n")

    def flush(self, timeout: float = 0.0) -> bool:
        del timeout
        return True


def _line(span: ReadableSpan) -> str:
    said = span.attributes or {}
    ended = span.end_time or 0
    at = datetime.fromtimestamp(ended / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    turn = said.get(names.TRACEHOUSE_ROLLOUT_TURN)
    place = "" if turn is None else f" {turn}/{said.get(names.TRACEHOUSE_ROLLOUT_INTRA)}"
    took = (ended - (span.start_time or ended)) / 1e6
    facts = " ".join(f"{name.rpartition('.')[2]}={said[name]}" for name in _SHOWN if name in said)
    facts = " ".join(facts.split())
    shown = facts if len(facts) <= _LONGEST else facts[: _LONGEST - 1] + "…"
    indent = "  " if span.parent is not None else ""
    return f"{at} {indent}{span.name}{place} {took:.1f}ms {span.status.status_code.name} {shown}"
