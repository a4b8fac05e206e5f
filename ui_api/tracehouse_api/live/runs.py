"""What is new in a list of runs."""

from __future__ import annotations

import time

import orjson

from tracehouse_api.filters import Filters
from tracehouse_api.live.streams import Event
from tracehouse_api.parameters import decode_cursor, encode_cursor
from tracehouse_api.runs.run import effective, run_json, summaries
from tracehouse_api.store import Store
from tracehouse_api.values import text

# A run that is not heard of is told to have crashed within this time.
_RECENT_NS = 600_000_000_000
_OVERLAP_NS = 10_000_000_000
_CHANGED = (
    "(heartbeat_time >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')"
    " OR edited_ns >= {since_ns:Int64})"
)
_MOST = 200


class RunsFeed:
    """Runs that began, moved, ended or were edited, as the list shows them now. Of more than 200 at
    once those are told that began last."""

    def __init__(self, rows: Store, asked: Filters, cursor: str | None) -> None:
        self._rows = rows
        self._asked = asked
        self._newest = decode_cursor(cursor, int)[0] if cursor else time.time_ns()
        self._told: dict[str, int] = {}

    def look(self) -> list[Event]:
        now = time.time_ns()
        since = max(0, min(self._newest - _OVERLAP_NS, now - _RECENT_NS))
        found = self._rows.rows(
            effective(
                [*self._asked.where, _CHANGED],
                "ORDER BY start_time DESC",
                limit=f"LIMIT {_MOST}",
            ),
            self._asked.parameters | {"since_ns": since},
        )
        values = summaries(self._rows, [text(row["run_id"]) for row in found])
        shown = [run_json(row, values.get(text(row["run_id"]))) for row in found]
        states = {run["id"]: hash(orjson.dumps(run)) for run in shown}
        fresh = [run for run in shown if self._told.get(run["id"]) != states[run["id"]]]
        self._told, self._newest = states, now
        return [Event("runs", {"runs": fresh}, encode_cursor(now))] if fresh else []
