"""What is new in a run: what it says of itself, its scalars, its machine, and what it prints."""

from __future__ import annotations

import orjson

from tracehouse_api.live.new_points import NewPoints, NewReadings
from tracehouse_api.live.streams import Event
from tracehouse_api.parameters import decode_cursor, encode_cursor
from tracehouse_api.runs.history import keys_of
from tracehouse_api.runs.records import console_json, records
from tracehouse_api.runs.run import find_run, run_json, summaries
from tracehouse_api.store import Store

_MOST_LINES = 2_000
_UNKNOWN = -2


class RunFeed:
    """`run` when what it says of itself changes; where they are asked for, `points` behind the last
    step of each key, `readings` of its machine behind the last, and `lines` behind the last line of
    the console.

    Each event says behind what its rows lie (`after`), so that a reader sees a gap; the first ones
    say only that.
    """

    def __init__(
        self,
        rows: Store,
        run_id: str,
        cursor: str | None,
        *,
        points: bool,
        system: bool,
        console: bool,
    ) -> None:
        self._rows = rows
        self._run_id = run_id
        self._shown = b""
        self._console = console
        self._line: int | None = None
        steps, read = None, None
        if cursor is not None:
            step, line, at = decode_cursor(cursor, int, int, int)
            steps = [step]
            self._line = line if line > _UNKNOWN else None
            read = at if at > _UNKNOWN else None
        self._points = NewPoints(rows, [run_id], steps) if points else None
        self._readings = NewReadings(rows, run_id, read) if system else None

    def look(self) -> list[Event]:
        events = self._run()
        if self._points is not None:
            for run, series in self._points.look().items():
                events.append(Event("points", {"run_id": run, "series": series}, self._cursor))
        if self._readings is not None and (told := self._readings.look()) is not None:
            events.append(Event("readings", told, self._cursor))
        if self._console:
            events += self._new_lines()
        return events

    @property
    def _cursor(self) -> str:
        (step,) = self._points.steps if self._points else (0,)
        at = self._readings.after if self._readings else None
        return encode_cursor(
            step, _UNKNOWN if self._line is None else self._line, _UNKNOWN if at is None else at
        )

    def _run(self) -> list[Event]:
        found = find_run(self._rows, self._run_id)
        if found is None:
            return []
        summary = summaries(self._rows, [self._run_id]).get(self._run_id)
        shown = run_json(found, summary) | {"keys": keys_of(self._rows, self._run_id)}
        state = orjson.dumps(shown)
        if state == self._shown:
            return []
        self._shown = state
        return [Event("run", shown, self._cursor)]

    def _new_lines(self) -> list[Event]:
        if self._line is None:
            last = records(self._rows, self._run_id, "console", order="ordinal DESC", limit=1)
            self._line = last[0]["ordinal"] if last else -1
            return [Event("lines", {"after": self._line, "lines": []}, self._cursor)]
        found = records(
            self._rows, self._run_id, "console", where=["toInt64(ordinal) > {after:Int64}"],
            order="ordinal, key", limit=_MOST_LINES, after=self._line,
        )  # fmt: skip
        if not found:
            return []
        after, self._line = self._line, found[-1]["ordinal"]
        lines = [console_json(row) for row in found]
        return [Event("lines", {"after": after, "lines": lines}, self._cursor)]
