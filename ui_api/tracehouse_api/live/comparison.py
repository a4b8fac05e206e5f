"""What is new in several runs that are looked at side by side."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from tracehouse_api.live.new_points import NewPoints
from tracehouse_api.live.streams import Event
from tracehouse_api.parameters import decode_cursor, encode_cursor
from tracehouse_api.runs.run import effective, run_json, summaries
from tracehouse_api.store import Store
from tracehouse_api.values import text


class ComparisonFeed:
    """`run` for each whose state changes, and `points` behind the last step of each key, as the
    feed of one run tells them: two questions for all of them, however many they are."""

    def __init__(self, rows: Store, runs: Sequence[str], cursor: str | None) -> None:
        self._rows = rows
        self._runs = list(runs)
        self._shown: dict[str, bytes] = {}
        steps = None if cursor is None else decode_cursor(cursor, *[int] * len(self._runs))
        self._points = NewPoints(rows, self._runs, steps)

    def look(self) -> list[Event]:
        points = self._points.look()
        cursor = encode_cursor(*self._points.steps)
        events = [Event("run", shown, cursor) for shown in self._changed()]
        return [
            *events,
            *(
                Event("points", {"run_id": run, "series": series}, cursor)
                for run, series in points.items()
            ),
        ]

    def _changed(self) -> list[dict[str, object]]:
        found = self._rows.rows(effective(["run_id IN {runs:Array(String)}"]), {"runs": self._runs})
        values = summaries(self._rows, self._runs)
        changed: list[dict[str, object]] = []
        for row in found:
            run = text(row["run_id"])
            shown = run_json(row, values.get(run))
            state = orjson.dumps(shown)
            if self._shown.get(run) != state:
                self._shown[run] = state
                changed.append(shown)
        return changed
