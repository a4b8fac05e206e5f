"""What is asked of a metric, and the parts of SQL that every kind shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store, Table
from tracehouse_api.values import text

AGGREGATIONS = ("avg", "min", "max", "sum", "last", "count", "increase", "rate")
Line = tuple[dict[str, str], dict[int, float | None]]

# Where points are kept, and the expression for their kind there.
KINDS: dict[Table, str] = {
    "points": "toString(metric_type)",
    "histograms": "'histogram'",
    "exponential_histograms": "'exponential_histogram'",
    "summaries": "'summary'",
}
_DEFAULT_AGG = {
    "gauge": "avg",
    "sum": "rate",
    "histogram": "p95",
    "exponential_histogram": "p95",
    "summary": "avg",
}


class Unanswerable(Exception):
    """An aggregation that this kind of metric has no answer for; the message says which have."""


@dataclass(frozen=True)
class Metric:
    """A metric as it was found: its kind, and the times of its first and last point."""

    name: str
    table: Table
    kind: str
    unit: str
    first_ns: int
    last_ns: int

    @property
    def default_agg(self) -> str:
        return _DEFAULT_AGG[self.kind]


@dataclass(frozen=True)
class MetricQuery:
    """One question: `agg` of `metric` for each `step_ns` of [first_ns, last_ns), by groups.

    `from_beginning`: nobody asked for a first time, so whatever is known counts.
    """

    metric: Metric
    first_ns: int
    last_ns: int
    step_ns: int
    group_by: tuple[str, ...]
    agg: str
    from_beginning: bool

    @property
    def quantile(self) -> float | None:
        """The quantile that `agg` asks for, in [0, 1]; None for every other aggregation."""
        if not self.agg.startswith("p"):
            return None
        level = float(self.agg[1:]) / 100
        if level > 1:
            raise Unanswerable("a quantile lies between p0 and p100")
        return level

    def parameters(self) -> dict[str, Any]:
        keys = {f"group{index}": key for index, key in enumerate(self._attribute_keys())}
        return {
            "metric_name": self.metric.name,
            "from_ns": self.first_ns,
            "to_ns": self.last_ns,
            "step_ns": self.step_ns,
        } | keys

    def group_columns(self) -> list[str]:
        """An expression for each group key."""
        columns: list[str] = []
        index = 0
        for key in self.group_by:
            if key in ("service", "project"):
                columns.append(f"toString({key})")
                continue
            place = "resource_attributes" if key.startswith("resource.") else "attributes"
            columns.append(f"{place}[{{group{index}:String}}]")
            index += 1
        return columns

    def _attribute_keys(self) -> list[str]:
        return [
            key.removeprefix("resource.")
            for key in self.group_by
            if key not in ("service", "project")
        ]

    def groups_select(self) -> str:
        """The group keys as one array column named `groups`."""
        return f"[{', '.join(self.group_columns())}]::Array(String) AS groups"

    def lines(
        self, found: list[dict[str, Any]]
    ) -> list[tuple[dict[str, str], list[dict[str, Any]]]]:
        """Rows with a `groups` column, gathered by group."""
        by_group: dict[tuple[bytes, ...], list[dict[str, Any]]] = {}
        for row in found:
            by_group.setdefault(tuple(row["groups"]), []).append(row)
        return [
            (dict(zip(self.group_by, map(text, key), strict=True)), rows)
            for key, rows in sorted(by_group.items())
        ]


IN_RANGE = (
    "metric_name = {metric_name:String}",
    "time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')",
    "time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')",
)
BUCKET = (
    "{from_ns:Int64} + intDiv(toUnixTimestamp64Nano(time) - {from_ns:Int64}, {step_ns:Int64})"
    " * {step_ns:Int64} AS bucket"
)


def find_metric(rows: Store, name: str, start: int | None, end: int | None) -> Metric | None:
    """The metric of that name; when several kinds share it, the one with the latest point."""
    filters = Filters()
    filters.equal(metric_name=name)
    filters.within("time", start, end)
    found: list[Metric] = []
    for table, kind in KINDS.items():
        columns = (
            f"{kind} AS kind, any(unit) AS unit, toUnixTimestamp64Nano(min(time)) AS first_ns,"
            " toUnixTimestamp64Nano(max(time)) AS last_ns"
        )
        found += [
            Metric(
                name, table, text(row["kind"]), text(row["unit"]), row["first_ns"], row["last_ns"]
            )
            for row in rows.rows(
                rows.select(columns, table, filters.where, "GROUP BY kind"), filters.parameters
            )
        ]
    return max(found, key=lambda metric: metric.last_ns, default=None)
