"""From cohorts to verdicts: each variant beside the control, metric by metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tracehouse_api.experiments import statistics
from tracehouse_api.experiments.cohorts import QUANTILES, Cohort, Pairs
from tracehouse_api.experiments.definitions import Definitions
from tracehouse_api.experiments.metrics import Metric
from tracehouse_api.experiments.statistics import Proportion, Test

Verdict = Literal["better", "worse", "no difference seen", "not enough data"]
Json = dict[str, Any]

# From this share of units in pairs on, units of the arms are not independent: pairs decide.
_MOSTLY_PAIRED = 0.5


@dataclass(frozen=True)
class Comparison:
    """One variant beside the control by one metric. `pairs` is None where nothing was tried in both
    arms; `paired_share` of how many units something was."""

    variant: str
    control_cohort: Cohort
    cohort: Cohort
    pairs: Pairs | None
    paired_share: float


def control_of(variants: Sequence[str], asked: str | None) -> tuple[str, str]:
    """The control and how it was chosen: the one asked for, else the one of that name, else the
    first; '' where there is no variant. Raises ValueError where the one asked for is not there."""
    if asked is not None:
        if asked not in variants:
            raise ValueError(
                f"control: there is no variant {asked}: choose of {', '.join(variants)}"
            )
        return asked, "it was asked for"
    if "control" in variants:
        return "control", "it is named control"
    return min(variants, default=""), "it is the first by name"


def compared(
    metrics: Sequence[Metric], comparisons: Sequence[Sequence[Comparison]], definitions: Definitions
) -> tuple[int, list[list[Json]]]:
    """How many tests were made, and the comparisons as answered; they come, and go, by variant and
    in it by metric. The p-values are adjusted for all of these tests, by Holm."""
    tested = [
        [_Tested(metric, one, definitions) for metric, one in zip(metrics, of_variant, strict=True)]
        for of_variant in comparisons
    ]
    deciding = [one.deciding for of_variant in tested for one in of_variant if one.deciding]
    adjusted = iter(statistics.holm([test.p_value for test in deciding]))
    # The level that the adjustment leaves to a test at worst: what is planned for then holds
    # whatever the others find.
    planned = definitions.alpha / max(1, len(deciding))
    return len(deciding), [
        [one.json(next(adjusted) if one.deciding else None, planned) for one in of_variant]
        for of_variant in tested
    ]


def cohort_json(variant: str, units: int, cohort: Cohort, confidence: float) -> Json:
    """A variant's cohort as answered. Where no unit has a value all but the counts is null."""
    moments = cohort.moments
    shown: Json = {
        "variant": variant, "n": moments.n if moments else 0,
        "missing": units - (moments.n if moments else 0), "count": cohort.count,
        "mean": None, "interval": None, "sd": None, "standard_error": None,
        "min": None, "max": None, "quantiles": None,
    }  # fmt: skip
    if moments is None:
        return shown
    several = moments.n > 1
    shown |= {
        "mean": moments.mean,
        "interval": _interval(_interval_of(cohort, confidence)),
        "sd": math.sqrt(moments.variance) if several else None,
        "standard_error": math.sqrt(moments.variance / moments.n) if several else None,
        "min": cohort.lowest,
        "max": cohort.highest,
        "quantiles": {
            f"p{round(q * 100)}": value
            for q, value in zip(QUANTILES, cohort.quantiles, strict=True)
        }
        if cohort.quantiles
        else None,
    }
    return shown


class _Tested:
    """The tests of one comparison."""

    def __init__(self, metric: Metric, given: Comparison, definitions: Definitions) -> None:
        self.metric, self.given, self.definitions = metric, given, definitions
        self.first, self.second = given.control_cohort.moments, given.cohort.moments
        self.proportions = _proportions(given.control_cohort, given.cohort)
        self.interval: statistics.Interval | None = None
        self.test: Test | None = None
        if self.proportions is not None:
            self.test = statistics.two_proportions(*self.proportions)
            self.interval = statistics.difference_of_proportions(
                *self.proportions, definitions.confidence
            )
        elif self.first is not None and self.second is not None:
            self.test, self.interval = statistics.welch(
                self.first, self.second, definitions.confidence
            )
        self.paired, self.paired_interval = self._paired()
        self.by_pairs = self.paired is not None and given.paired_share > _MOSTLY_PAIRED
        self.deciding = self.paired if self.by_pairs else self.test

    def _paired(self) -> tuple[Test | None, statistics.Interval | None]:
        pairs = self.given.pairs
        if pairs is None or pairs.differences.n < 2:
            return None, None
        test, interval = statistics.paired_t(pairs.differences, self.definitions.confidence)
        if pairs.only_control is not None and pairs.only_variant is not None:
            test = statistics.mcnemar(pairs.only_control, pairs.only_variant)
        return test, interval

    def json(self, p_holm: float | None, planned: float) -> Json:
        delta = self.second.mean - self.first.mean if self.first and self.second else None
        pairs = self.given.pairs
        base = abs(self.first.mean) if self.first else 0.0
        relative = delta / base if delta is not None and base else None
        needed = self._needed(planned)
        return {
            "variant": self.given.variant,
            "delta": delta,
            "relative_delta": relative if relative is None or math.isfinite(relative) else None,
            "interval": _interval(self.interval),
            "test": _test(self.test),
            "effect": self._effect(),
            "paired": None
            if pairs is None
            else {
                "pairs": pairs.differences.n,
                "share_of_units": self.given.paired_share,
                "delta": pairs.differences.mean if pairs.differences.n else None,
                "interval": _interval(self.paired_interval),
                "only_control": pairs.only_control,
                "only_variant": pairs.only_variant,
                "test": _test(self.paired),
            },
            "decided_by": "pairs" if self.by_pairs else "units",
            "p_holm": p_holm,
            "verdict": self._verdict(p_holm, needed),
            "needed": needed,
        }

    def _effect(self) -> Json | None:
        if self.proportions is not None:
            return {"name": "Cohen's h", "value": statistics.cohens_h(*self.proportions)}
        if self.first is None or self.second is None:
            return None
        g = statistics.hedges_g(self.first, self.second)
        return None if g is None else {"name": "Hedges' g", "value": g}

    def _needed(self, planned: float) -> Json:
        effect, power = self.definitions.smallest_effect, self.definitions.power
        if self.by_pairs and self.given.pairs is not None:
            needed = statistics.needed_pairs(effect, planned, power)
            have = self.given.pairs.differences.n
            return {"of": "pairs", "n": needed, "still": max(0, needed - have)}
        needed = statistics.needed_in_each_arm(
            effect, planned, power, of_means=self.proportions is None
        )
        sizes = [of.n if of else 0 for of in (self.first, self.second)]
        # Arms of different size tell as much as equal ones of their harmonic mean.
        worth = 2 / sum(1 / size for size in sizes) if all(sizes) else 0
        still = 0 if worth >= needed else needed - min(sizes)
        return {"of": "units in each arm", "n": needed, "still": max(0, still)}

    def _verdict(self, p_holm: float | None, needed: Json) -> Verdict:
        if self.deciding is None or p_holm is None:
            return "not enough data"
        if p_holm <= self.definitions.alpha:
            delta = self._deciding_delta()
            return "better" if (delta > 0) == (self.metric.better == "higher") else "worse"
        return "not enough data" if needed["still"] else "no difference seen"

    def _deciding_delta(self) -> float:
        if self.by_pairs and self.given.pairs is not None:
            return self.given.pairs.differences.mean
        assert self.first is not None
        assert self.second is not None
        return self.second.mean - self.first.mean


def _proportions(control: Cohort, variant: Cohort) -> tuple[Proportion, Proportion] | None:
    counts = [
        Proportion(of.count, of.moments.n)
        for of in (control, variant)
        if of.moments is not None and of.count is not None
    ]
    return (counts[0], counts[1]) if len(counts) == 2 else None


def _interval_of(cohort: Cohort, confidence: float) -> statistics.Interval | None:
    moments = cohort.moments
    if moments is None:
        return None
    if cohort.count is not None:
        return statistics.wilson(Proportion(cohort.count, moments.n), confidence)
    # The mean as a difference to 0.
    return statistics.paired_t(moments, confidence)[1]


def _interval(interval: statistics.Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _test(test: Test | None) -> Json | None:
    if test is None:
        return None
    return {
        "method": test.method,
        "statistic": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
    }
