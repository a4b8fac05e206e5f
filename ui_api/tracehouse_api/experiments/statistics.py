"""Tests, intervals and effect sizes, from counts and moments; scipy has the distributions.

Everything here is a pure function. "First" is the control throughout: a difference is the second
minus the first. What cannot be computed is None, never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Interval = tuple[float, float]

_FEWEST_EXPECTED = 5
_FEWEST_DISCORDANT = 25


@dataclass(frozen=True)
class Moments:
    """So many values, their mean, and their variance (divisor n - 1; 0 where there is one)."""

    n: int
    mean: float
    variance: float

    @property
    def is_constant(self) -> bool:
        """Whether all values are equal, as far as doubles tell: rounding leaves a little."""
        tiny = 1e-12 * self.mean
        return self.variance <= tiny * tiny


@dataclass(frozen=True)
class Proportion:
    """`count` of `n`."""

    count: int
    n: int

    @property
    def share(self) -> float:
        return self.count / self.n


@dataclass(frozen=True)
class Test:
    """What a two-sided test says. `df` is None where the distribution has none, `statistic` where
    the p-value is counted out."""

    method: str
    statistic: float | None
    df: float | None
    p_value: float


@cache
def _scipy() -> Any:
    import scipy  # with numpy it takes a tenth of a second, which a start should not

    return scipy


def wilson(of: Proportion, confidence: float) -> Interval:
    """The interval of a proportion. Source: Wilson, JASA 22 (1927), 209-212."""
    z = float(_scipy().stats.norm.isf((1 - confidence) / 2))
    n, p = of.n, of.share
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At 0 and 1 the bound is exact, which the doubles are not.
    low = 0.0 if of.count == 0 else max(0.0, middle - half)
    high = 1.0 if of.count == n else min(1.0, middle + half)
    return low, high


def difference_of_proportions(first: Proportion, second: Proportion, confidence: float) -> Interval:
    """The interval of second - first, from the Wilson intervals of both. Source: Newcombe,
    Statistics in Medicine 17 (1998), 873-890, method 10."""
    (low1, high1), (low2, high2) = wilson(first, confidence), wilson(second, confidence)
    delta = second.share - first.share
    return (
        delta - math.hypot(second.share - low2, high1 - first.share),
        delta + math.hypot(high2 - second.share, first.share - low1),
    )


def two_proportions(first: Proportion, second: Proportion) -> Test:
    """The z-test of equal proportions with the pooled variance; where a cell of the table is
    expected to hold less than 5, Fisher's exact test.

    Sources: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003),
    section 3.1; Cochran, Biometrics 10 (1954), 417-451, for the bound; Fisher, Statistical Methods
    for Research Workers, 5th ed. (1934), section 21.02."""
    pooled = (first.count + second.count) / (first.n + second.n)
    fewest = min(first.n, second.n) * min(pooled, 1 - pooled)
    if fewest < _FEWEST_EXPECTED:
        cells = [[of.count, of.n - of.count] for of in (first, second)]
        p_value = float(_scipy().stats.fisher_exact(cells).pvalue)  # pyright: ignore
        return Test("Fisher's exact test", None, None, p_value)
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n))
    z = (second.share - first.share) / error
    return Test("two-proportion z-test", z, None, float(2 * _scipy().stats.norm.sf(abs(z))))


def cohens_h(first: Proportion, second: Proportion) -> float:
    """The difference of arcsine-transformed proportions, -π to π. Source: Cohen, Statistical Power
    Analysis for the Behavioral Sciences, 2nd ed. (1988), formula 6.2.1."""
    return 2 * math.asin(math.sqrt(second.share)) - 2 * math.asin(math.sqrt(first.share))


def welch(
    first: Moments, second: Moments, confidence: float
) -> tuple[Test | None, Interval | None]:
    """The t-test of equal means without equal variances, and the interval of the difference. None
    where an arm has fewer than two values.

    Where both arms are constant there is no variance to compare with; then the p-value is that of
    the randomisation test: the share of ways to deal the values to the arms that are as extreme.

    Sources: Welch, Biometrika 34 (1947), 28-35; Satterthwaite, Biometrics Bulletin 2 (1946),
    110-114; Fisher, The Design of Experiments (1935), section 21."""
    if min(first.n, second.n) < 2:
        return None, None
    delta = second.mean - first.mean
    errors = [of.variance / of.n for of in (first, second)]
    total = sum(errors)
    if total == 0 or (first.is_constant and second.is_constant):
        return _constant(first, second), None
    error = math.sqrt(total)
    df = 1 / sum(
        (e / total) ** 2 / (of.n - 1) for e, of in zip(errors, (first, second), strict=True)
    )
    t = delta / error
    half = float(_scipy().stats.t.isf((1 - confidence) / 2, df)) * error
    test = Test("Welch's t-test", t, df, float(2 * _scipy().stats.t.sf(abs(t), df)))
    return test, (delta - half, delta + half)


def _constant(first: Moments, second: Moments) -> Test:
    same = math.isclose(first.mean, second.mean, rel_tol=1e-9)
    ways = math.exp(
        _scipy().special.gammaln(first.n + 1)
        + _scipy().special.gammaln(second.n + 1)
        - _scipy().special.gammaln(first.n + second.n + 1)
    )
    # With arms of one size the mirrored deal is as extreme.
    p_value = 1.0 if same else ways * (2 if first.n == second.n else 1)
    return Test("randomisation test", None, None, min(1.0, p_value))


def hedges_g(first: Moments, second: Moments) -> float | None:
    """The difference of means in pooled standard deviations, without the bias of small samples.
    None where that deviation is 0 or unknown. Source: Hedges, Journal of Educational Statistics 6
    (1981), 107-128, with the exact factor."""
    df = first.n + second.n - 2
    if df < 1:
        return None
    pooled = ((first.n - 1) * first.variance + (second.n - 1) * second.variance) / df
    if pooled == 0 or (first.is_constant and second.is_constant):
        return None
    bias = 1.0
    if df > 1:  # the factor is not defined for 1
        bias = math.exp(
            _scipy().special.gammaln(df / 2) - _scipy().special.gammaln((df - 1) / 2)
        ) / math.sqrt(df / 2)
    return bias * (second.mean - first.mean) / math.sqrt(pooled)


def mcnemar(only_first: int, only_second: int) -> Test:
    """Whether as many pairs changed one way as the other: exact by the binomial distribution for
    fewer than 25 pairs that changed, else by chi-squared without continuity correction.

    Sources: McNemar, Psychometrika 12 (1947), 153-157; Agresti, Categorical Data Analysis (1990),
    section 10.1."""
    changed = only_first + only_second
    if changed < _FEWEST_DISCORDANT:
        p_value = float(_scipy().stats.binomtest(only_first, changed).pvalue) if changed else 1.0
        return Test("McNemar's exact test", None, None, p_value)
    statistic = (only_second - only_first) ** 2 / changed
    return Test("McNemar's test", statistic, 1, float(_scipy().stats.chi2.sf(statistic, 1)))


def paired_t(differences: Moments, confidence: float) -> tuple[Test | None, Interval | None]:
    """The t-test of a mean difference of 0, and the interval of the mean difference. None for fewer
    than two pairs. Where all differences are equal, the p-value is that of the sign test.

    Sources: Student, Biometrika 6 (1908), 1-25; Dixon, Mood, JASA 41 (1946), 557-566."""
    n, mean = differences.n, differences.mean
    if n < 2:
        return None, None
    error = math.sqrt(differences.variance / n)
    if error == 0 or differences.is_constant:
        return Test("sign test", None, None, 1.0 if mean == 0 else 2.0 ** (1 - n)), None
    t = mean / error
    half = float(_scipy().stats.t.isf((1 - confidence) / 2, n - 1)) * error
    test = Test("paired t-test", t, n - 1, float(2 * _scipy().stats.t.sf(abs(t), n - 1)))
    return test, (mean - half, mean + half)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, so that the chance of any false finding stays below
    the level. Source: Holm, Scandinavian Journal of Statistics 6 (1979), 65-70."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted


def needed_in_each_arm(effect: float, alpha: float, power: float, *, of_means: bool) -> int:
    """How many units each of two equal arms needs so that a two-sided test at `alpha` finds an
    effect of this size (Cohen's h or d) with this power.

    Sources: Cohen (1988), formulas 6.4.1 and 2.4.1; for means with the correction for estimating
    the variance of Guenther, The American Statistician 35 (1981), 243-244."""
    z = float(_scipy().stats.norm.isf(alpha / 2))
    units = 2 * ((z + float(_scipy().stats.norm.ppf(power))) / effect) ** 2
    return math.ceil(units + (z * z / 4 if of_means else 0))


def needed_pairs(effect: float, alpha: float, power: float) -> int:
    """How many pairs a paired t-test needs to find a mean difference of so many standard deviations
    of the differences. Source: Guenther (1981), as above."""
    z = float(_scipy().stats.norm.isf(alpha / 2))
    return math.ceil(((z + float(_scipy().stats.norm.ppf(power))) / effect) ** 2 + z * z / 2)
