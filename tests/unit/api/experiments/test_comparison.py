"""Verdicts, from cohorts in numbers."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse_api.experiments import metrics
from tracehouse_api.experiments.cohorts import Cohort, Pairs
from tracehouse_api.experiments.comparison import Comparison, cohort_json, compared, control_of
from tracehouse_api.experiments.definitions import Definitions
from tracehouse_api.experiments.statistics import Moments

NOTHING = Cohort(None)


def rate(count: int, n: int) -> Cohort:
    p = count / n
    return Cohort(Moments(n, p, n * p * (1 - p) / (n - 1) if n > 1 else 0.0), count)


def mean(n: int, value: float, variance: float) -> Cohort:
    return Cohort(Moments(n, value, variance), None, 0.0, 1.0, (0.0,) * 5)


def verdict(
    name: str,
    control: Cohort,
    variant: Cohort,
    pairs: Pairs | None = None,
    share: float = 0.0,
    **definitions: Any,
) -> dict[str, Any]:
    metric = metrics.parse(name, (), {})
    comparison = Comparison("b", control, variant, pairs, share)
    _, ((answer,),) = compared([metric], [[comparison]], Definitions(**definitions))
    return answer


@pytest.mark.parametrize(
    ("name", "control", "variant", "expected"),
    [
        ("flag_rate", rate(100, 1000), rate(50, 1000), "better"),
        ("flag_rate", rate(50, 1000), rate(100, 1000), "worse"),
        ("flag_rate", rate(100, 1000), rate(101, 1000), "no difference seen"),
        ("flag_rate", rate(10, 100), rate(11, 100), "not enough data"),
        ("score.quality", mean(50, 0.5, 0.01), mean(50, 0.7, 0.01), "better"),
        ("metric.loss.last", mean(50, 0.5, 0.01), mean(50, 0.7, 0.01), "worse"),
        ("latency_ms", mean(1, 5, 0), mean(9, 50, 1), "not enough data"),
        ("latency_ms", NOTHING, mean(9, 50, 1), "not enough data"),
        ("latency_ms", NOTHING, NOTHING, "not enough data"),
        ("flag_rate", rate(0, 5000), rate(0, 5000), "no difference seen"),
        ("flag_rate", rate(5000, 5000), rate(5000, 5000), "no difference seen"),
    ],
)
def test_verdicts(name: str, control: Cohort, variant: Cohort, expected: str) -> None:
    assert verdict(name, control, variant)["verdict"] == expected


def test_what_is_needed_holds_for_arms_of_any_size() -> None:
    needed = verdict("flag_rate", rate(10, 100), rate(10, 100))["needed"]
    assert (needed["n"], needed["still"]) == (393, 293)
    uneven = verdict("flag_rate", rate(20, 200), rate(10_000, 100_000))["needed"]
    assert uneven["still"] == 0, "200 beside very many are worth 400 in each arm"
    stricter = verdict("flag_rate", rate(10, 100), rate(10, 100), power=0.95)["needed"]
    assert stricter["n"] == 650


def test_with_more_tests_more_is_needed() -> None:
    metric = metrics.parse("flag_rate", (), {})
    one = Comparison("b", rate(10, 100), rate(10, 100), None, 0.0)
    tests, answers = compared([metric] * 5, [[one] * 5], Definitions())
    assert tests == 5
    assert {answer["needed"]["n"] for answer in answers[0]} == {584}


class TestPairs:
    PAIRS = Pairs(Moments(100, -3.0, 16.0), None, None)

    def test_they_decide_where_most_of_both_arms_is_in_them(self) -> None:
        arms = mean(100, 50, 1e4), mean(100, 47, 1e4)
        mostly = verdict("latency_ms", *arms, self.PAIRS, 0.9)
        assert (mostly["decided_by"], mostly["verdict"]) == ("pairs", "better")
        assert mostly["needed"]["of"] == "pairs"
        few = verdict("latency_ms", *arms, self.PAIRS, 0.3)
        assert (few["decided_by"], few["verdict"]) == ("units", "not enough data")
        assert few["paired"]["test"]["p_value"] < 1e-9, "shown all the same"

    def test_those_of_yes_and_no_are_mcnemars(self) -> None:
        pairs = Pairs(Moments(60, -0.25, 0.3), 20, 5)
        found = verdict("flag_rate", rate(30, 60), rate(15, 60), pairs, 1.0)
        assert found["paired"]["test"]["method"] == "McNemar's test"
        assert found["p_holm"] == found["paired"]["test"]["p_value"]

    def test_one_alone_decides_nothing(self) -> None:
        found = verdict(
            "flag_rate", rate(1, 1), rate(0, 1), Pairs(Moments(1, -1.0, 0.0), 1, 0), 1.0
        )
        assert (found["decided_by"], found["paired"]["test"]) == ("units", None)


def test_a_cohort_of_nothing_is_shown() -> None:
    shown = cohort_json("a", 7, NOTHING, 0.95)
    assert (shown["n"], shown["missing"], shown["mean"], shown["interval"]) == (0, 7, None, None)


@pytest.mark.parametrize(
    ("variants", "asked", "expected"),
    [
        (["a", "control", "b"], None, "control"),
        (["b", "a"], None, "a"),
        (["b", "a"], "b", "b"),
        ([], None, ""),
    ],
)
def test_the_control(variants: list[str], asked: str | None, expected: str) -> None:
    assert control_of(variants, asked)[0] == expected


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("cost_usd", "lower"),
        ("metric.val/loss.last", "lower"),
        ("metric.eval.wer.mean", "lower"),
        ("metric.mae.last", "lower"),
        ("metric.reward.last", "higher"),
        ("metric.answer.mean", "higher"),
        ("score.error_free", "lower"),
        ("score.helpful", "higher"),
    ],
)
def test_which_way_is_better(name: str, better: str) -> None:
    assert metrics.parse(name, (), {}).better == better
    turned = {"lower": "higher", "higher": "lower"}[better]
    assert metrics.parse(name, (), {name: turned}).better == turned  # pyright: ignore


@pytest.mark.parametrize("name", ["", "score.", "metric.loss", "metric.last", "Cost_usd"])
def test_a_metric_that_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="there is no metric"):
        metrics.parse(name, (), {})


def test_keys_may_hold_dots() -> None:
    found = metrics.parse("metric.a.last.b.mean", (), {})
    assert (found.key, found.how) == ("a.last.b", "mean")
