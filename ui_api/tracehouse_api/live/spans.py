"""What is new in a trace."""

from __future__ import annotations

from tracehouse_api.live.arrivals import Arrivals
from tracehouse_api.live.streams import Event
from tracehouse_api.outlines import Place, has_agent, outline_json, outlined_spans
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import hours_of


class SpansFeed:
    """Spans of a trace that began, ended or came again, in outline."""

    def __init__(self, rows: Store, trace_id: str, cursor: str | None) -> None:
        self._rows = rows
        self._trace_id = trace_id
        self._arrivals = Arrivals(cursor)
        self._in_agent = False

    def look(self) -> list[Event]:
        place = Place(self._trace_id, hours_of(self._rows, self._trace_id))
        came = outlined_spans(self._rows, place, max(0, self._arrivals.since))
        fresh = self._arrivals.fresh((row["span_id"], row["received_ns"]) for row in came)
        if not fresh:
            return []
        self._in_agent = self._in_agent or has_agent(self._rows, place)
        new = [row for row in came if row["span_id"] in fresh]
        spans = outline_json(new, self._rows.pricing, in_agent=self._in_agent)
        return [Event("spans", {"spans": spans}, self._arrivals.cursor)]
