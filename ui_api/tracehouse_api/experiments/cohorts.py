"""The cohorts of experiments: which there are, and each in numbers. ClickHouse adds up; rows of
single traces do not come here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tracehouse_api.experiments.statistics import Moments
from tracehouse_api.experiments.units import TAGGED, Asked, tagged_runs
from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import effective
from tracehouse_api.store import Store
from tracehouse_api.values import text

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Exact, since the others depend on the order in which threads finish.
_QUANTILES = f"quantilesExactInclusive({', '.join(map(str, QUANTILES))})"
_MOST_NAMES = 100
_DIGITS = 12


@dataclass(frozen=True)
class Variant:
    """An arm. Times are Unix nanoseconds; None where nothing is tagged so."""

    name: str
    traces: int
    runs: int
    subjects: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True)
class Cohort:
    """A metric over one variant's units. `moments` is None where no unit has a value. A rate has
    neither bounds nor quantiles, but a `count`, how many units are yes; None where some are in
    between."""

    moments: Moments | None
    count: int | None = None
    lowest: float | None = None
    highest: float | None = None
    quantiles: tuple[float, ...] = ()


_NO_VALUES = Cohort(None)


@dataclass(frozen=True)
class Pairs:
    """A metric over what was tried in both arms. `only_control`, `only_variant`: in how many pairs
    only that arm's was yes; None where it is no rate of yes and no."""

    differences: Moments
    only_control: int | None
    only_variant: int | None


@dataclass(frozen=True)
class Experiment:
    """What is known of an experiment. `subjects` of its variants overlap where the same were served
    by both."""

    name: str
    variants: list[Variant]
    subjects: int

    @property
    def last_ns(self) -> int:
        return max(variant.last_ns for variant in self.variants)


def experiments(rows: Store, filters: Filters, name: str | None = None) -> list[Experiment]:
    """The experiments that there are, or that of a name if it is there, in order of name."""
    one = "experiment != ''" if name is None else "experiment = {experiment:String}"
    subjects = "uniqExactStateIf(subject_id, subject_id != '') AS subjects"
    traces = rows.select(
        "toString(experiment) AS experiment, toString(variant) AS variant,"
        " uniqExact(trace_id) AS traces, toUInt64(0) AS runs,"
        " toUnixTimestamp64Nano(min(start_time)) AS first_ns,"
        f" toUnixTimestamp64Nano(max(start_time)) AS last_ns, {subjects}",
        "spans",
        [one, "name != 'tracehouse.run'", *filters.where],
        "GROUP BY experiment, variant",
        final=True,
    )
    runs = (
        "SELECT toString(experiment) AS experiment, toString(variant) AS variant,"
        " toUInt64(0) AS traces, count() AS runs, min(start_ns) AS first_ns,"
        f" max(start_ns) AS last_ns, {subjects} FROM ({effective([one, *filters.where])})"
        " GROUP BY experiment, variant"
    )
    by_variant = (
        "SELECT experiment, variant, sum(traces) AS of_traces, sum(runs) AS of_runs,"
        " uniqExactMergeState(subjects) AS of_subjects, min(first_ns) AS first,"
        f" max(last_ns) AS last FROM ({traces} UNION ALL {runs}) GROUP BY experiment, variant"
    )
    found = rows.rows(
        "SELECT experiment, uniqExactMerge(of_subjects) AS subjects, arraySort(groupArray("
        "(variant, of_traces, of_runs, finalizeAggregation(of_subjects), first, last))) AS variants"
        f" FROM ({by_variant}) GROUP BY experiment ORDER BY experiment",
        filters.parameters | ({} if name is None else {"experiment": name}),
    )
    return [
        Experiment(
            text(row["experiment"]),
            [Variant(text(variant), *rest) for variant, *rest in row["variants"]],
            row["subjects"],
        )
        for row in found
    ]


@dataclass(frozen=True)
class Sight:
    """A first look at what is tagged, before its rows are made one of each: `variants` may hold
    some that no trace is of in the end."""

    variants: list[str]
    spans: int


def look(rows: Store, filters: Filters) -> Sight:
    """Look at the spans of traces; the experiment is among the parameters."""
    spans = rows.select(
        "variant, count() AS n", "spans", [TAGGED, *filters.where], "GROUP BY variant"
    )
    return _sight(rows, spans, filters)


def look_at_runs(rows: Store, filters: Filters) -> Sight:
    """Look at the runs; each is one span."""
    # Most experiments have none, and that is told sooner than what runs are.
    if not rows.rows(
        rows.select("1", "run_spans", ["experiment = {experiment:String}"], "LIMIT 1"),
        filters.parameters,
    ):
        return Sight([], 0)
    runs = f"SELECT variant, count() AS n FROM ({tagged_runs(filters)}) GROUP BY variant"
    return _sight(rows, runs, filters)


def _sight(rows: Store, by_variant: str, filters: Filters) -> Sight:
    (found,) = rows.rows(
        "SELECT arraySort(groupArray(toString(variant))) AS names, sum(n) AS spans"
        f" FROM ({by_variant})",
        filters.parameters,
    )
    return Sight([text(name) for name in found["names"]], found["spans"])


def has_pairs(rows: Store, filters: Filters, near: Sequence[str], one_in: int) -> bool:
    """Whether it is worth looking for what was tried in several variants: there is a datapoint, or
    a subject in several. One subject in so many is looked at: where none of those is, too few are
    for pairs to decide anything."""
    subjects = rows.select(
        "cityHash64(subject_id) AS subject",
        "spans",
        [TAGGED, "subject_id != ''", "subject % {one_in:UInt32} = 0", *filters.where],
        "GROUP BY subject HAVING min(variant) != max(variant) LIMIT 1",
    )
    datapoints = rows.select("1", "spans", ["datapoint != ''", *near], "LIMIT 1")
    given = filters.parameters | {"one_in": one_in}
    return any(rows.rows(statement, given) for statement in (subjects, datapoints))


def score_names(
    rows: Store, of: Literal["trace_id", "run_id"], units: str, parameters: dict[str, Any]
) -> dict[str, bool]:
    """The scores with a number or a yes or no that these traces or runs were given, the most
    frequent first; and whether a score is always yes or no."""
    found = rows.rows(
        rows.select(
            "toString(name) AS score, count() AS given, min(data_type = 'boolean') AS yes_no",
            "scores",
            ["NOT deleted", "data_type IN ('numeric', 'boolean')", f"{of} IN ({units})"],
            f"GROUP BY score ORDER BY given DESC, score LIMIT {_MOST_NAMES}",
            final=True,
        ),
        parameters,
    )
    return {text(row["score"]): bool(row["yes_no"]) for row in found}


def run_keys(rows: Store, runs: str, parameters: dict[str, Any]) -> list[str]:
    """The keys of the scalars that runs logged."""
    found = rows.rows(
        rows.select(
            "DISTINCT toString(key) AS name",
            "run_summary",
            [f"run_id IN ({runs})"],
            f"ORDER BY name LIMIT {_MOST_NAMES}",
        ),
        parameters,
    )
    return [text(row["name"]) for row in found]


def cohorts(asked: Asked, units: str) -> dict[str, tuple[int, list[Cohort]]]:
    """How many units each variant has, and its cohort for each metric; by variant."""
    numbers = "".join(
        f", count(m{n}) AS n{n}, "
        + (
            # Between 0 and 1 sums are exact enough, and cheap.
            f"sum(m{n}) AS sum{n}, sum(m{n} * m{n}) AS squares{n}"
            if metric.is_rate
            else f"avg(m{n}) AS mean{n}, varSampStable(m{n}) AS variance{n},"
            f" min(m{n}) AS lowest{n}, max(m{n}) AS highest{n}, {_QUANTILES}(m{n}) AS quantiles{n}"
        )
        for n, metric in enumerate(asked.metrics)
    )
    found = asked.rows.rows(
        f"SELECT variant_place, count() AS units{numbers} FROM ({units})"
        " WHERE variant_place > 0 GROUP BY variant_place ORDER BY variant_place",
        asked.parameters,
    )
    by_variant: dict[str, tuple[int, list[Cohort]]] = {}
    for row in found:
        name = str(asked.variants[row["variant_place"] - 1])
        of_metrics = [_cohort(row, n, metric.is_rate) for n, metric in enumerate(asked.metrics)]
        by_variant[name] = (row["units"], of_metrics)
    return by_variant


def pairs(asked: Asked, units: str, control: str, variant: str) -> tuple[float, list[Pairs]]:
    """What was tried in both arms: which share of the units of the arm that has the lower share,
    and the differences variant - control, for each metric. Of what was tried several times in an
    arm, the mean."""
    of_pairs = "".join(
        f", avgIf(m{n}, is_control) AS first{n}, avgIf(m{n}, NOT is_control) AS second{n}"
        for n in range(len(asked.metrics))
    )
    by_pair = (
        f"SELECT pair, countIf(is_control) AS in_control, count() - in_control AS in_variant"
        f"{of_pairs} FROM (SELECT *, variant_place = {{control_place:UInt8}} AS is_control"
        f" FROM ({units}) WHERE variant_place IN ({{control_place:UInt8}}, {{place:UInt8}}))"
        " GROUP BY pair"
    )
    both = "pair != 0 AND in_control > 0 AND in_variant > 0"
    of_metrics = "".join(
        f", countIf({both} AND isNotNull(second{n} - first{n})) AS n{n},"
        f" avgIf(second{n} - first{n}, {both}) AS mean{n},"
        f" varSampStableIf(second{n} - first{n}, {both}) AS variance{n},"
        f" countIf({both} AND first{n} = 1 AND second{n} = 0) AS only_first{n},"
        f" countIf({both} AND first{n} = 0 AND second{n} = 1) AS only_second{n},"
        f" countIf({both} AND (first{n} NOT IN (0, 1) OR second{n} NOT IN (0, 1))) AS between{n}"
        for n in range(len(asked.metrics))
    )
    (found,) = asked.rows.rows(
        f"SELECT sumIf(in_control, {both}) AS control_paired, sum(in_control) AS control_units,"
        f" sumIf(in_variant, {both}) AS variant_paired, sum(in_variant) AS variant_units"
        f"{of_metrics} FROM ({by_pair})",
        asked.parameters
        | {
            "control_place": asked.variants.index(control) + 1,
            "place": asked.variants.index(variant) + 1,
        },
    )
    share = min(
        found[f"{arm}_paired"] / found[f"{arm}_units"] if found[f"{arm}_units"] else 0.0
        for arm in ("control", "variant")
    )
    return share, [_pairs(found, n, metric.is_rate) for n, metric in enumerate(asked.metrics)]


def _cohort(row: dict[str, Any], n: int, is_rate: bool) -> Cohort:
    if is_rate:
        return _rate(row[f"n{n}"], row[f"sum{n}"], row[f"squares{n}"])
    moments = _moments(row, n)
    if moments is None:
        return _NO_VALUES
    quantiles = tuple(map(_rounded, row[f"quantiles{n}"]))
    return Cohort(moments, None, row[f"lowest{n}"], row[f"highest{n}"], quantiles)


def _rate(n: int, total: float, squares: float) -> Cohort:
    """A rate from the sums of its values and of their squares, which of yes and no are the same."""
    if not n:
        return _NO_VALUES
    mean = _rounded(total / n)
    variance = _rounded(max(0.0, squares - total * total / n) / (n - 1)) if n > 1 else 0.0
    return Cohort(Moments(n, mean, variance), round(total) if total == squares else None)


def _pairs(row: dict[str, Any], n: int, is_rate: bool) -> Pairs:
    moments = _moments(row, n) or Moments(0, 0.0, 0.0)
    yes_no = is_rate and not row[f"between{n}"]
    return Pairs(
        moments,
        row[f"only_first{n}"] if yes_no else None,
        row[f"only_second{n}"] if yes_no else None,
    )


def _moments(row: dict[str, Any], n: int) -> Moments | None:
    count = row[f"n{n}"]
    if not count:
        return None
    mean = _rounded(row[f"mean{n}"])
    variance = _rounded(row[f"variance{n}"]) if count > 1 else 0.0
    # Of values near the largest doubles the squares are infinite: nothing can be said of them.
    return Moments(count, mean, variance) if math.isfinite(mean + variance) else None


def _rounded(value: float) -> float:
    """Without the last digits: in them shows in which order threads added up."""
    return float(f"{value:.{_DIGITS}g}")
