"""A client whose spans stay in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from tracehouse.agenttrace import AgentTrace, client
from tracehouse.recorder.recorder import Source
from tracehouse.recorder.spans import SpanVersion, make_tracer


class Recorded:
    """What was recorded: spans that have ended, events, and files."""

    def __init__(self) -> None:
        self.ended: list[ReadableSpan] = []
        self.others: list[Any] = []
        self.files: dict[str, bytes] = {}

    def source(self, attributes: Mapping[str, Any]) -> Source:
        return Source(make_tracer(Resource.create(attributes), self.put), b"")

    def put(self, item: Any) -> None:
        if not isinstance(item, SpanVersion):
            self.others.append(item)
        elif not item.pending:
            self.ended.append(item.span)

    def add_blob(self, sha256: str, content: bytes) -> None:
        self.files[sha256] = content

    def flush(self, timeout: float = 0.0) -> bool:
        return timeout >= 0

    def spans(self) -> dict[str, ReadableSpan]:
        """By their names, of which no two are the same."""
        found = {span.name: span for span in self.ended}
        assert len(found) == len(self.ended)
        return found

    def parents(self) -> dict[str, str | None]:
        """The name of each span's parent, by its own."""
        names = {span.context.span_id: span.name for span in self.ended if span.context}
        return {
            name: names[span.parent.span_id] if span.parent else None
            for name, span in self.spans().items()
        }


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    found = Recorded()
    monkeypatch.setattr(client, "get_recorder", lambda *_: found)
    return found


@pytest.fixture
def at(recorded: Recorded) -> AgentTrace:
    return AgentTrace()
