"""The scalars of runs that came since the last look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, number, text

_MOST_POINTS = 50_000
_NOTHING = -(1 << 62)
_LATEST = (1 << 63) - 1

# A key of a run.
_Key = tuple[str, str]


class NewPoints:
    """Points of runs behind the last step of each of their keys. `steps`: where a reader who was
    here before left off, a step a run."""

    def __init__(self, rows: Store, runs: Sequence[str], steps: Sequence[int] | None) -> None:
        self._rows = rows
        self._runs = list(runs)
        self._known: dict[_Key, int] | None = None if steps is None else {}
        self._behind = dict(zip(runs, steps or (), strict=False))
        self._last = dict.fromkeys(self._runs, _NOTHING) | self._behind

    @property
    def steps(self) -> list[int]:
        """The last step of each run."""
        return [self._last[run] for run in self._runs]

    def look(self) -> dict[str, list[dict[str, Any]]]:
        """By run: the keys that have new points, and these. The first look tells only where each
        key ends."""
        found = self._rows.rows(
            self._rows.select(
                "run_id, key, max(last_step) AS step", "run_summary",
                ["run_id IN {runs:Array(String)}"], "GROUP BY run_id, key ORDER BY run_id, key",
            ),
            {"runs": self._runs},
        )  # fmt: skip
        now = {(text(row["run_id"]), text(row["key"])): row["step"] for row in found}
        before, self._known = self._known, now
        # A key that is new after this look has all its points.
        behind, self._behind = self._behind, {}
        for (run, _), step in now.items():
            self._last[run] = max(self._last[run], step)
        if before is None:  # where it begins, for a reader whose history ends before
            return _by_run({key: series_json(key[1], step, []) for key, step in now.items()})
        grown = {
            key: after
            for key, step in now.items()
            if step > (after := before.get(key, behind.get(key[0], _NOTHING)))
        }
        begun = {key: after for key, after in grown.items() if after == _NOTHING}
        gone_on = {key: after for key, after in grown.items() if after != _NOTHING}
        # Apart, because what goes on can be found by its step.
        return _by_run(
            {
                key: series
                for part in (begun, gone_on)
                if part
                for key, series in self._series(part, now).items()
            }
        )

    def _series(self, grown: Mapping[_Key, int], now: Mapping[_Key, int]) -> dict[_Key, Any]:
        """The points of each key behind a step. Of too many at once it is told where they end, and
        their reader asks for the history again."""
        behind = (
            "transform(concat(run_id, '\\n', key), {places:Array(String)}, {after:Array(Int64)},"
            " {latest:Int64})"
        )
        found = self._rows.rows(
            self._rows.select(
                "run_id, key, groupArray((step, value, toUnixTimestamp64Nano(time))) AS points",
                "run_metrics",
                [
                    "run_id IN {runs:Array(String)}",
                    "key IN {keys:Array(String)}",
                    "step > {least:Int64}",
                    "has_step",
                    f"step > {behind}",
                ],
                "GROUP BY run_id, key",
                final=True,
            ),
            {
                "runs": list({run for run, _ in grown}),
                "keys": list({key for _, key in grown}),
                "places": [f"{run}\n{key}" for run, key in grown],
                "after": list(grown.values()),
                "least": min(grown.values()),
                "latest": _LATEST,  # what was not asked for has nothing behind it
            },
        )
        if sum(len(row["points"]) for row in found) > _MOST_POINTS:
            return {key: series_json(key[1], now[key], []) for key in grown}
        points = {(text(row["run_id"]), text(row["key"])): row["points"] for row in found}
        return {key: series_json(key[1], grown[key], points[key]) for key in grown if key in points}


class NewReadings:
    """Readings of a run's machine behind a time, in Unix nanoseconds."""

    def __init__(self, rows: Store, run_id: str, after: int | None) -> None:
        self._rows = rows
        self._run_id = run_id
        self.after = after

    def look(self) -> dict[str, Any] | None:
        """What was read since, behind which time; None for nothing. The first look tells only
        where the readings end."""
        where = ["run_id = {run:String}", "NOT has_step", "step > {after:Int64}"]
        if self.after is None:
            (row,) = self._rows.rows(
                self._rows.select("max(step) AS last", "run_metrics", where),
                {"run": self._run_id, "after": 0},
            )
            self.after = row["last"]
            return {"after": iso_time(self.after), "readings": []}
        found = self._rows.rows(
            self._rows.select(
                "key, arraySort(groupArray((step, value))) AS readings", "run_metrics", where,
                "GROUP BY key ORDER BY key", final=True,
            ),
            {"run": self._run_id, "after": self.after},
        )  # fmt: skip
        if not found:
            return None
        after = self.after
        self.after = max(row["readings"][-1][0] for row in found)
        return {
            "after": iso_time(after),
            "readings": [
                {
                    "key": text(row["key"]),
                    "time": [iso_time(at) for at, _ in row["readings"]],
                    "value": [number(value) for _, value in row["readings"]],
                }
                for row in found
            ],
        }


def series_json(key: str, after: int, points: Sequence[tuple[int, float, int]]) -> dict[str, Any]:
    """New points of a key, in order of their steps."""
    ordered = sorted(points)
    return {
        "key": key,
        "after": after if after > _NOTHING else None,
        "step": [step for step, _, _ in ordered],
        "time": [iso_time(at) for _, _, at in ordered],
        "value": [number(value) for _, value, _ in ordered],
    }


def _by_run(series: Mapping[_Key, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for (run, _), one in series.items():
        found.setdefault(run, []).append(one)
    return found
