"""One subject over time: what its traces and runs did, used and scored, by day and in all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tracehouse_api.side_by_side import side_by_side
from tracehouse_api.store import Store
from tracehouse_api.subjects.asked import Asked
from tracehouse_api.subjects.usage import usage_rows
from tracehouse_api.usage.counting import Usage
from tracehouse_api.values import iso_time, milliseconds, text

# Of a boolean: whether it is true. Of a category: none.
_VALUE = (
    "multiIf(data_type = 'boolean' AND label != '', toFloat64(label = 'true'),"
    " data_type IN ('categorical', 'text'), NULL, value)"
)
_OF_NO_TRACE = "trace_id = toFixedString('', 16)"


@dataclass
class Judged:
    """How often something was judged, the sum of the values, and how often each label was given."""

    count: int = 0
    values: int = 0
    total: float = 0.0
    is_rate: bool = True
    labels: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, row: dict[str, Any]) -> None:
        """Add scores of one label."""
        self.count += row["scores"]
        self.values += row["valued"]
        self.total += row["total"]
        self.is_rate &= bool(row["yes_no"])
        if row["label"]:
            label = text(row["label"])
            self.labels[label] = self.labels.get(label, 0) + row["scores"]

    def json(self) -> dict[str, Any]:
        """As answered: the mean of the values, where there are any; whether each is a yes or a no;
        and the labels."""
        mean = self.total / self.values if self.values else None
        return {
            "count": self.count, "mean": mean, "is_rate": self.is_rate, "labels": self.labels
        }  # fmt: skip


@dataclass
class Period:
    """A day, or all days."""

    usage: Usage = field(default_factory=Usage)
    traces: int = 0
    errors: int = 0
    runs: int = 0
    latency_ms: dict[str, float] | None = None
    scores: dict[str, Judged] = field(default_factory=dict[str, Judged])

    def json(self) -> dict[str, Any]:
        """As answered; a rate or a latency of nothing is null."""
        return {
            "trace_count": self.traces,
            "error_count": self.errors,
            "error_rate": self.errors / self.traces if self.traces else None,
            "run_count": self.runs,
            "latency_ms": self.latency_ms,
            "usage": self.usage.json(),
            "scores": {name: judged.json() for name, judged in sorted(self.scores.items())},
        }


class Rollup:
    """What the traces and runs of one subject come to."""

    def __init__(self, rows: Store, asked: Asked) -> None:
        self._rows = rows
        self._asked = asked
        self._all = Period(Usage(rows.pricing))
        self._days: dict[date, Period] = {}
        has_runs = rows.rows(asked.has_runs(), asked.parameters)
        self._runs = rows.rows(asked.runs(), asked.parameters) if has_runs else []

    def json(self, newest: int) -> dict[str, Any]:
        """`total`; `days`, those on which something happened, in order; `experiments`; and so many
        of the newest `traces` and `runs`."""
        of_traces, of_calls, of_scores = side_by_side(
            lambda: self._count_traces(newest),
            lambda: list(usage_rows(self._rows, self._asked)),
            self._count_scores,
        )
        traces = self._add_traces(of_traces)
        for row in self._runs:
            for period in self._periods(_day(row)):
                period.runs += 1
        for row in of_calls:
            for period in self._periods(row["day"]):
                period.usage.add(row)
        self._add_scores(of_scores)
        return {
            "total": self._all.json(),
            "days": [
                {"day": day.isoformat()} | self._days[day].json() for day in sorted(self._days)
            ],
            "experiments": self._experiments(),
            "traces": traces,
            "runs": [_run_link(row) for row in self._runs[:newest]],
        }

    def _periods(self, day: date) -> tuple[Period, Period]:
        """What a day's figures add to."""
        return self._days.setdefault(day, Period(Usage(self._rows.pricing))), self._all

    def _count_traces(self, newest: int) -> list[dict[str, Any]]:
        """By day, and of all days with the newest."""
        return self._rows.rows(
            "SELECT toDate(start_time) AS day, grouping(day) AS is_all, count() AS traces,"
            " countIf(status_code = 'error') AS errors, countIf(NOT pending) AS ended,"
            " avgIf(duration_ns, NOT pending) AS mean,"
            " quantilesExactIf(0.5, 0.95)(duration_ns, NOT pending) AS quantiles,"
            f" groupArraySorted({int(newest)})((-toUnixTimestamp64Nano(start_time), trace_id, name,"
            " project, toString(status_code), pending, duration_ns)) AS newest"
            f" FROM ({self._asked.roots()}) GROUP BY GROUPING SETS ((day), ())",
            self._asked.parameters,
        )

    def _add_traces(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add what was counted; the newest of the traces."""
        for row in found:
            period = self._all if row["is_all"] else self._periods(row["day"])[0]
            period.traces, period.errors = row["traces"], row["errors"]
            if row["ended"]:
                median, high = row["quantiles"]
                period.latency_ms = {
                    "mean": milliseconds(row["mean"]),
                    "p50": milliseconds(median),
                    "p95": milliseconds(high),
                }
        return [_trace_link(*one) for row in found if row["is_all"] for one in row["newest"]]

    def _count_scores(self) -> list[dict[str, Any]]:
        """Of traces and what is in them, and of runs."""
        runs = [text(row["run_id"]) for row in self._runs]
        parameters = {**self._asked.parameters, "runs": runs}
        is_of_run = f"{_OF_NO_TRACE} AND run_id IN {{runs:Array(String)}}"
        scores = self._rows.select(
            "trace_id, run_id, name, if(data_type = 'categorical', label, '') AS label,"
            f" data_type = 'boolean' AS is_yes_no, {_VALUE} AS value",
            "scores",
            ["NOT deleted", f"(trace_id IN ({self._asked.trace_ids()}) OR {is_of_run})"],
            final=True,
        )
        # Where nothing is judged, the traces need not be read again.
        if not self._rows.rows(f"SELECT 1 FROM ({scores}) LIMIT 1", parameters):
            return []
        return self._rows.rows(
            f"SELECT toDate(start_time) AS day, {_OF_NO_TRACE} AS of_run,"
            " if(of_run, run_id, '') AS run, name, label, count() AS scores,"
            " count(value) AS valued, sum(ifNull(value, 0)) AS total, min(is_yes_no) AS yes_no"
            f" FROM ({scores}) AS score"
            f" LEFT JOIN (SELECT trace_id, start_time FROM ({self._asked.roots()})) AS trace"
            " USING (trace_id) GROUP BY day, of_run, run, name, label"
            # A trace outside the window has no root to be joined with.
            " HAVING of_run OR day > toDate(0)",
            parameters,
        )

    def _add_scores(self, found: list[dict[str, Any]]) -> None:
        """Add what was counted, on the day of what is judged."""
        run_days = {text(row["run_id"]): _day(row) for row in self._runs}
        for row in found:
            day = run_days[text(row["run"])] if row["of_run"] else row["day"]
            for period in self._periods(day):
                period.scores.setdefault(text(row["name"]), Judged()).add(row)

    def _experiments(self) -> list[dict[str, Any]]:
        """The experiments and variants that are named beside the subject, with how many traces and
        runs of each."""
        cohorts = self._asked.cohorts(
            "DISTINCT experiment, variant, trace_id", ["experiment != ''"]
        )
        within = f"SELECT trace_id FROM ({self._asked.roots()})"
        found = self._rows.rows(
            f"SELECT experiment, variant, count() AS traces FROM ({cohorts})"
            + (f" WHERE trace_id IN ({within})" if self._asked.within else "")
            + " GROUP BY experiment, variant",
            self._asked.parameters,
        )
        traces = Counter({(row["experiment"], row["variant"]): row["traces"] for row in found})
        runs = Counter((row["experiment"], row["variant"]) for row in self._runs)
        return [
            {
                "experiment": text(cohort[0]),
                "variant": text(cohort[1]) or None,
                "trace_count": traces[cohort],
                "run_count": runs[cohort],
            }
            for cohort in sorted(traces.keys() | runs.keys())
            if cohort[0]
        ]


def _day(run: dict[str, Any]) -> date:
    return datetime.fromtimestamp(run["start_ns"] / 1e9, UTC).date()


def _trace_link(
    minus_start_ns: int,
    trace_id: bytes,
    name: bytes,
    project: bytes,
    status: bytes,
    pending: bool,
    duration_ns: int,
) -> dict[str, Any]:
    return {
        "trace_id": trace_id.hex(),
        "name": text(name),
        "project": text(project),
        "start_time": iso_time(-minus_start_ns),
        "duration_ms": None if pending else milliseconds(duration_ns),
        "pending": bool(pending),
        "status": text(status),
    }


def _run_link(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": text(row["run_id"]),
        "name": text(row["shown_name"]),
        "project": text(row["project"]),
        "start_time": iso_time(row["start_ns"]),
        "status": text(row["shown_status"]),
    }
