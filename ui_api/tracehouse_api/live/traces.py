"""What is new in a list of traces."""

from __future__ import annotations

from tracehouse_api.asked_traces import AskedTraces
from tracehouse_api.live.arrivals import Arrivals
from tracehouse_api.live.streams import Event
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.traces import newest_traces, summaries

# As `version` of a row begins with whether its span has ended.
RECEIVED = "bitAnd(version, 9223372036854775807)"
_MOST = 200


class TracesFeed:
    """Traces of which something came, as the list shows them now. Of more than 200 at once those
    are told that began last."""

    def __init__(self, rows: Store, asked: AskedTraces, cursor: str | None) -> None:
        self._rows = rows
        self._asked = asked
        self._arrivals = Arrivals(cursor)

    def look(self) -> list[Event]:
        rows = self._rows
        came = rows.rows(
            rows.select(
                f"trace_id, {RECEIVED} AS received",
                "trace_roots",
                [f"{RECEIVED} >= {{since:UInt64}}"],
                "GROUP BY trace_id, received",
            ),
            {"since": max(0, self._arrivals.since)},
        )
        changed = self._arrivals.fresh((row["trace_id"], row["received"]) for row in came)
        if not changed:
            return []
        of_root, window = self._asked.conditions(rows)
        window.where.append(IN_TRACES)
        window.parameters |= traces(changed)
        found = summaries(rows, newest_traces(rows, window, of_root, None, _MOST))
        return [Event("traces", {"traces": found}, self._arrivals.cursor)] if found else []
