"""A comparison, from the question to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tracehouse_api.experiments import cohorts, metrics
from tracehouse_api.experiments.call_prices import priced_calls
from tracehouse_api.experiments.cohorts import Cohort, Sight
from tracehouse_api.experiments.comparison import Comparison, cohort_json, compared, control_of
from tracehouse_api.experiments.definitions import Definitions
from tracehouse_api.experiments.metrics import USAGE, Better, Metric
from tracehouse_api.experiments.units import (
    Asked,
    calls_near_traces,
    near_traces,
    run_rows,
    scored_traces,
    subject_rows,
    tagged_runs,
    tagged_traces,
    trace_rows,
    traces_of_runs,
)
from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.usage.calls import counted_calls

Unit = Literal["trace", "run", "subject"]
Source = Literal["traces", "runs"]

MOST_VARIANTS = 20
MOST_METRICS = 50
# Up to so many spans, the others of their traces are looked for by id, else among all spans.
_FEW_SPANS = 100_000
# With more, so many subjects are passed over in the search for one in several variants.
_ONE_SUBJECT_IN = 64


@dataclass(frozen=True)
class Question:
    """What is asked; None, and no metrics, leave it to what there is. `filters` are conditions on
    tagged spans and runs."""

    experiment: str
    filters: Filters
    unit: Unit | None = None
    control: str | None = None
    metrics: Sequence[str] = ()
    direction: Mapping[str, Better] = field(default_factory=dict[str, Better])
    definitions: Definitions = field(default_factory=Definitions)

    def __post_init__(self) -> None:
        self.filters.parameters["experiment"] = self.experiment


def compare(rows: Store, question: Question) -> dict[str, Any] | None:
    """The answer; None where nothing is tagged with the experiment. Raises ValueError where
    something is asked for that is not there."""
    sight = cohorts.look(rows, question.filters)
    of_runs = cohorts.look_at_runs(rows, question.filters)
    if not sight.spans and not of_runs.spans:
        return None
    by_runs = question.unit == "run" or (question.unit != "trace" and not sight.spans)
    unit: Unit = question.unit or ("run" if by_runs else "trace")
    source: Source = "runs" if by_runs else "traces"
    asked = _asked(rows, question, of_runs if by_runs else sight, source, unit)
    units = run_rows(asked) if by_runs else trace_rows(asked)
    if unit == "subject":
        units = subject_rows(asked, units)
    found = cohorts.cohorts(asked, units)
    control, control_is = control_of(list(found), question.control)
    compared_in = [
        _beside_control(asked, units, found, control, name) for name in found if name != control
    ]
    tests, comparisons = compared(asked.metrics, compared_in, question.definitions)
    return {
        "experiment": question.experiment,
        "unit": unit,
        "control": control,
        "control_is": control_is,
        "definitions": question.definitions.json(),
        "tests": tests,
        "variants": [{"variant": name, "n": n} for name, (n, _) in found.items()],
        "metrics": [
            {
                "name": metric.name,
                "kind": "rate" if metric.is_rate else "mean",
                "better": metric.better,
                "variants": [
                    cohort_json(name, n, of_metrics[place], question.definitions.confidence)
                    for name, (n, of_metrics) in found.items()
                ],
                "comparisons": [of_variant[place] for of_variant in comparisons],
            }
            for place, metric in enumerate(asked.metrics)
        ],
    }


def available(rows: Store, filters: Filters) -> list[str]:
    """The names of all metrics that an experiment can be compared by; it is among the parameters
    of the filters."""
    scores = {
        **cohorts.score_names(rows, "trace_id", scored_traces(rows, filters), filters.parameters),
        **cohorts.score_names(rows, "run_id", _run_ids(filters), filters.parameters),
    }
    return metrics.available(scores, cohorts.run_keys(rows, _run_ids(filters), filters.parameters))


def _asked(rows: Store, question: Question, sight: Sight, source: Source, unit: Unit) -> Asked:
    if len(sight.variants) > MOST_VARIANTS:
        raise ValueError(
            f"the experiment has {len(sight.variants)} variants: at most {MOST_VARIANTS} are"
            " compared, so narrow it by project, from and to"
        )
    filters = question.filters
    many = sight.spans > _FEW_SPANS
    traces = None if many else tagged_traces(rows, filters)
    if source == "runs":
        traces = traces_of_runs(rows, filters)
    near = near_traces(rows, traces) if traces else []
    calls, prices, has_calls = "", dict[str, Any](), False
    if not question.metrics or any(name in USAGE for name in question.metrics):
        beside = calls_near_traces(rows, traces) if traces else []
        counted = counted_calls(rows, beside, filters.parameters)
        has_calls = bool(rows.rows(f"SELECT 1 FROM ({counted}) LIMIT 1", filters.parameters))
        calls, prices = priced_calls(rows, counted, filters.parameters)
    filters.parameters |= prices
    return Asked(
        rows,
        filters,
        sight.variants,
        _metrics(rows, question, source, has_calls),
        question.definitions,
        near,
        calls if has_calls or question.metrics else "",
        # Whom a subject's row is for is always asked.
        unit != "trace" or cohorts.has_pairs(rows, filters, near, _ONE_SUBJECT_IN if many else 1),
    )


def _metrics(rows: Store, question: Question, source: Source, has_calls: bool) -> list[Metric]:
    filters = question.filters
    if source == "runs":
        scores = cohorts.score_names(rows, "run_id", _run_ids(filters), filters.parameters)
        keys = cohorts.run_keys(rows, _run_ids(filters), filters.parameters)
    else:
        judged = scored_traces(rows, filters)
        scores = cohorts.score_names(rows, "trace_id", judged, filters.parameters)
        keys = []
    there = metrics.available(scores, keys)
    names = list(dict.fromkeys(question.metrics))
    if not names:
        names = metrics.shown(there, has_calls=has_calls)[:MOST_METRICS]
    if len(names) > MOST_METRICS:
        raise ValueError(f"metrics: at most {MOST_METRICS} are compared at once")
    yes_no = {name for name, is_yes_no in scores.items() if is_yes_no}
    parsed = [metrics.parse(name, yes_no, question.direction) for name in names]
    for metric in parsed:
        if metric.how in ("last", "mean") and source != "runs":
            raise ValueError(f"metrics: only runs have {metric.name}: ask with unit=run")
    return parsed


def _beside_control(
    asked: Asked,
    units: str,
    found: Mapping[str, tuple[int, list[Cohort]]],
    control: str,
    variant: str,
) -> list[Comparison]:
    """The comparisons of one variant, metric by metric."""
    share, in_pairs = (
        cohorts.pairs(asked, units, control, variant) if asked.in_pairs else (0.0, None)
    )
    return [
        Comparison(
            variant,
            found[control][1][place],
            found[variant][1][place],
            in_pairs[place] if in_pairs is not None and share > 0 else None,
            share,
        )
        for place in range(len(asked.metrics))
    ]


def _run_ids(filters: Filters) -> str:
    return f"SELECT run_id FROM ({tagged_runs(filters)})"
