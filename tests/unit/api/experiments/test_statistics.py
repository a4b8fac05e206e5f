"""The statistics, beside other people's: statsmodels, scipy on whole samples, R and papers."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from statistics import fmean, variance
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportion_effectsize,
    proportions_ztest,
)
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from tracehouse_api.experiments import statistics as ours
from tracehouse_api.experiments.statistics import Moments, Proportion

# Student's sleep data, as R has it.
SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

counts = st.integers(1, 100_000).flatmap(
    lambda n: st.builds(Proportion, st.integers(0, n), st.just(n))
)
samples = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def moments(values: list[float]) -> Moments:
    return Moments(len(values), fmean(values), variance(values))


class TestPublished:
    def test_welch_as_r_documents_it(self) -> None:
        test, interval = ours.welch(moments(SLEEP_1), moments(SLEEP_2), 0.95)
        assert test is not None
        assert test.statistic == pytest.approx(1.8608, abs=5e-5)  # R has the groups the other way
        assert test.df == pytest.approx(17.776, abs=5e-4)
        assert test.p_value == pytest.approx(0.07939, abs=5e-6)
        assert interval == pytest.approx((-0.2054832, 3.3654832), abs=5e-8)

    def test_paired_t_as_r_documents_it(self) -> None:
        differences = [b - a for a, b in zip(SLEEP_1, SLEEP_2, strict=True)]
        test, interval = ours.paired_t(moments(differences), 0.95)
        assert test is not None
        assert (test.statistic, test.df) == (pytest.approx(4.0621, abs=5e-5), 9)
        assert test.p_value == pytest.approx(0.002833, abs=5e-7)
        assert interval == pytest.approx((0.7001142, 2.4598858), abs=5e-8)

    def test_mcnemar_of_the_presidents_approval(self) -> None:
        """Agresti (1990), p. 350, which R's documentation has: without continuity correction."""
        test = ours.mcnemar(150, 86)
        assert test.statistic == pytest.approx(17.3559, abs=5e-5)
        assert test.p_value == pytest.approx(3.099e-05, rel=5e-4)

    @pytest.mark.parametrize(
        ("first", "second", "interval"),
        [
            (Proportion(48, 80), Proportion(56, 70), (0.0524, 0.3339)),
            (Proportion(3, 10), Proportion(9, 10), (0.1705, 0.8090)),
            (Proportion(0, 10), Proportion(10, 10), (0.6075, 1.0)),
        ],
    )
    def test_differences_of_proportions_of_newcombe(
        self, first: Proportion, second: Proportion, interval: tuple[float, float]
    ) -> None:
        """Newcombe (1998), table II, method 10."""
        found = ours.difference_of_proportions(first, second, 0.95)
        assert found == pytest.approx(interval, abs=5e-5)

    def test_wilson_of_newcombe(self) -> None:
        """Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
        assert ours.wilson(Proportion(81, 263), 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
        assert ours.wilson(Proportion(0, 20), 0.95) == pytest.approx((0, 0.1611), abs=5e-5)

    def test_effect_of_cohen(self) -> None:
        """Cohen (1988), example 6.1: of 0.65 and 0.50, 0.304."""
        effect = ours.cohens_h(Proportion(50, 100), Proportion(65, 100))
        assert effect == pytest.approx(0.304, abs=2e-3)


@pytest.fixture(scope="class")
def frozen_heap() -> Iterator[None]:
    """statsmodels collects garbage in every call of `multipletests`: what is there is left out."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("frozen_heap")
class TestBesideStatsmodels:
    @given(counts, st.sampled_from([0.8, 0.95, 0.99]))
    def test_wilson(self, of: Proportion, confidence: float) -> None:
        theirs = proportion_confint(of.count, of.n, 1 - confidence, "wilson")
        assert ours.wilson(of, confidence) == pytest.approx(theirs, abs=1e-9)

    @given(counts, counts)
    def test_difference_of_proportions(self, first: Proportion, second: Proportion) -> None:
        theirs = confint_proportions_2indep(
            second.count, second.n, first.count, first.n, method="newcomb", compare="diff"
        )
        found = ours.difference_of_proportions(first, second, 0.95)
        assert found == pytest.approx(theirs, abs=1e-7)

    @given(counts, counts)
    def test_two_proportions(self, first: Proportion, second: Proportion) -> None:
        test = ours.two_proportions(first, second)
        assume(test.statistic is not None)
        z, p_value = proportions_ztest([second.count, first.count], [second.n, first.n])
        assert test.statistic == pytest.approx(z, rel=1e-9, abs=1e-12)
        assert test.p_value == pytest.approx(p_value, rel=1e-6, abs=1e-300)

    @given(counts, counts)
    def test_cohens_h(self, first: Proportion, second: Proportion) -> None:
        theirs = proportion_effectsize(second.share, first.share)
        assert ours.cohens_h(first, second) == pytest.approx(theirs, abs=1e-9)

    @given(samples, samples)
    def test_welch(self, first: list[float], second: list[float]) -> None:
        a, b = moments(first), moments(second)
        assume(not a.is_constant or not b.is_constant)
        test, interval = ours.welch(a, b, 0.95)
        means = CompareMeans(DescrStatsW(second), DescrStatsW(first))
        t, p_value, df = means.ttest_ind(usevar="unequal")
        assert test is not None
        assert (test.statistic, test.p_value) == pytest.approx((t, p_value), rel=1e-6, abs=1e-9)
        assert test.df == pytest.approx(df, rel=1e-6)
        theirs = means.tconfint_diff(usevar="unequal")
        assert interval == pytest.approx(theirs, rel=1e-6, abs=1e-6 * (1 + abs(b.mean - a.mean)))

    @given(st.integers(0, 200), st.integers(0, 200))
    def test_mcnemar(self, only_first: int, only_second: int) -> None:
        changed = only_first + only_second
        assume(changed > 0)
        theirs: Any = statsmodels_mcnemar(
            [[0, only_first], [only_second, 0]], exact=changed < 25, correction=False
        )
        assert ours.mcnemar(only_first, only_second).p_value == pytest.approx(theirs.pvalue)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
    def test_holm(self, p_values: list[float]) -> None:
        theirs = multipletests(p_values, method="holm")[1]
        assert ours.holm(p_values) == pytest.approx(list(theirs))

    @pytest.mark.parametrize("effect", [0.05, 0.2, 0.5, 1.0])
    @pytest.mark.parametrize("alpha", [0.05, 0.005])
    @pytest.mark.parametrize("power", [0.8, 0.95])
    def test_needed(self, effect: float, alpha: float, power: float) -> None:
        of_proportions = NormalIndPower().solve_power(effect, alpha=alpha, power=power)
        found = ours.needed_in_each_arm(effect, alpha, power, of_means=False)
        assert found == pytest.approx(of_proportions, abs=1)
        of_means = TTestIndPower().solve_power(effect, alpha=alpha, power=power)
        found = ours.needed_in_each_arm(effect, alpha, power, of_means=True)
        assert found == pytest.approx(of_means, abs=1.6)
        of_pairs = TTestPower().solve_power(effect, alpha=alpha, power=power)
        assert ours.needed_pairs(effect, alpha, power) == pytest.approx(of_pairs, abs=2)


def test_hedges_g_is_cohens_d_without_its_bias() -> None:
    first, second = moments(SLEEP_1), moments(SLEEP_2)
    pooled = math.sqrt((first.variance + second.variance) / 2)
    d = (second.mean - first.mean) / pooled
    g = ours.hedges_g(first, second)
    assert g == pytest.approx(d * (1 - 3 / (4 * 18 - 1)), rel=2e-4)
    assert g != pytest.approx(d, rel=1e-2)


@given(counts, counts)
def test_a_small_table_is_counted_out(first: Proportion, second: Proportion) -> None:
    test = ours.two_proportions(first, second)
    pooled = (first.count + second.count) / (first.n + second.n)
    fewest = min(first.n, second.n) * min(pooled, 1 - pooled)
    assert (test.method == "Fisher's exact test") == (fewest < 5)


def test_three_of_three_beside_none_of_three_is_no_finding() -> None:
    assert ours.two_proportions(Proportion(0, 3), Proportion(3, 3)).p_value == pytest.approx(0.1)


class TestConstants:
    def test_equal_ones_do_not_differ(self) -> None:
        test, interval = ours.welch(Moments(50, 0.1, 0), Moments(40, 0.1, 0), 0.95)
        assert test is not None
        assert (test.p_value, interval) == (1.0, None)
        assert ours.hedges_g(Moments(50, 0.1, 0), Moments(40, 0.1, 0)) is None

    def test_different_ones_are_tested_by_randomisation(self) -> None:
        def p_value(n: int, m: int) -> float:
            test, _ = ours.welch(Moments(n, 1, 0), Moments(m, 2, 0), 0.95)
            assert test is not None
            return test.p_value

        assert p_value(2, 2) == pytest.approx(2 / 6)
        assert p_value(2, 3) == pytest.approx(1 / 10)
        assert p_value(10**6, 10**6) == 0.0
        found = stats.permutation_test(
            ([1, 1, 1], [2, 2, 2, 2]), lambda a, b: fmean(b) - fmean(a), n_resamples=math.inf
        )
        assert found.pvalue in (pytest.approx(p_value(3, 4)), pytest.approx(2 * p_value(3, 4)))

    def test_equal_differences_are_tested_by_sign(self) -> None:
        test, _ = ours.paired_t(Moments(6, -3.0, 0), 0.95)
        assert test is not None
        assert test.p_value == pytest.approx(stats.binomtest(6, 6).pvalue)

    def test_of_one_nothing_is_known(self) -> None:
        assert ours.welch(Moments(1, 1, 0), Moments(9, 1, 1), 0.95) == (None, None)
        assert ours.paired_t(Moments(1, 1, 0), 0.95) == (None, None)


@given(samples, samples)
def test_exchanging_the_arms_turns_the_sign_alone(first: list[float], second: list[float]) -> None:
    a, b = moments(first), moments(second)
    forth, back = ours.welch(a, b, 0.95), ours.welch(b, a, 0.95)
    assert forth[0] is not None
    assert back[0] is not None
    assert forth[0].p_value == pytest.approx(back[0].p_value)
    g, other = ours.hedges_g(a, b), ours.hedges_g(b, a)
    assert (g is None) == (other is None)
    if g is not None and other is not None:
        assert g == pytest.approx(-other)


@given(counts, counts)
def test_an_interval_holds_the_difference(first: Proportion, second: Proportion) -> None:
    low, high = ours.difference_of_proportions(first, second, 0.95)
    assert -1 - 1e-9 <= low <= second.share - first.share <= high <= 1 + 1e-9
