"""Amounts: quantiles as close as the buckets allow, and what happened in between."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse_api.metrics.amounts import (
    Amount,
    Exponential,
    add,
    exponential_amount,
    histogram_amount,
    number_amount,
    quantile,
    since,
)

BOUNDS = [0.0, 5.0, 10.0, 25.0, 50.0, 100.0]
LEVELS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def exponential(values: list[float], scale: int) -> Amount:
    """The amount of an exponential histogram of these values."""
    sides: dict[str, Any] = {"count": float(len(values)), "sum": sum(values), "scale": scale}
    sides["zero_count"] = float(values.count(0.0))
    for side, sign in (("positive", 1), ("negative", -1)):
        found = [abs(v) for v in values if v * sign > 0]
        indices = [math.ceil(math.log2(v) * 2**scale) - 1 for v in found]
        sides[f"{side}_offset"] = offset = min(indices, default=0)
        counts = [0.0] * (max(indices, default=-1) - offset + 1 if indices else 0)
        for index in indices:
            counts[index - offset] += 1
        sides[f"{side}_bucket_counts"] = counts
    return exponential_amount(sides)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=60), LEVELS)
def test_a_quantile_of_explicit_buckets_lies_in_the_right_bucket(
    values: list[float], level: float
) -> None:
    places = np.searchsorted(BOUNDS, values, side="left")
    counts = np.bincount(places, minlength=len(BOUNDS) + 1).astype(float).tolist()

    found = quantile(level, histogram_amount(len(values), sum(values), BOUNDS, counts))

    exact = float(np.quantile(values, level, method="inverted_cdf"))
    high = int(np.searchsorted(BOUNDS, exact, side="left"))
    assert found is not None
    assert BOUNDS[high - 1] <= found <= BOUNDS[high]


@given(
    st.lists(st.floats(1e-3, 1e3).flatmap(lambda v: st.sampled_from([v, -v, 0.0])), min_size=1),
    st.integers(-2, 8),
    LEVELS,
)
def test_a_quantile_of_exponential_buckets_is_within_a_bucket(
    values: list[float], scale: int, level: float
) -> None:
    found = quantile(level, exponential(values, scale))

    exact = float(np.quantile(values, level, method="inverted_cdf"))
    base = 2.0 ** (2.0**-scale)
    assert found is not None
    low, high = sorted((exact / base, exact * base))
    assert low - 1e-9 * abs(low) <= found <= high + 1e-9 * abs(high)


def test_observations_are_spread_evenly_in_their_bucket() -> None:
    amount = histogram_amount(4, None, [10.0, 20.0], [0, 4, 0])

    assert [quantile(level, amount) for level in (0, 0.25, 0.5, 1)] == [10.0, 12.5, 15.0, 20.0]


def test_the_lowest_bucket_starts_at_zero_and_the_highest_is_a_point() -> None:
    assert quantile(0.5, histogram_amount(2, None, [10.0], [2, 0])) == 5.0
    assert quantile(0.5, histogram_amount(2, None, [10.0], [0, 2])) == 10.0
    assert quantile(0.5, histogram_amount(2, None, [-10.0, 0.0], [2, 0, 0])) == -10.0


@pytest.mark.parametrize(
    "amount", [{}, number_amount(5), histogram_amount(3, 1.0, [], [3]), exponential([], 3)]
)
def test_without_buckets_there_is_no_quantile(amount: Amount) -> None:
    assert quantile(0.5, amount) is None


@pytest.mark.parametrize(
    ("bucket", "low", "high"),
    [
        (Exponential(0, 1, 0), 1.0, 2.0),
        (Exponential(1, 1, 1), 2**0.5, 2.0),
        (Exponential(0, -1, 1), -4.0, -2.0),
        (Exponential(0, 0, 0), 0.0, 0.0),
        (Exponential(-10, 1, -1), 2.0**-1024, 1.0),  # the coarsest scale of the SDKs
    ],
)
def test_the_edges_of_a_bucket(bucket: Exponential, low: float, high: float) -> None:
    assert bucket.edges() == pytest.approx((low, high))


@pytest.mark.parametrize(
    "bucket", [Exponential(0, 1, 1023), Exponential(-10, 1, 0), Exponential(0, 1, 2**31 - 1)]
)
def test_a_bucket_at_the_end_of_the_doubles_has_edges_too(bucket: Exponential) -> None:
    low, high = bucket.edges()

    assert low <= high


def test_what_was_counted_in_between_is_the_difference() -> None:
    earlier = histogram_amount(3, 6.0, [10.0], [2, 1])
    now = histogram_amount(7, 9.0, [10.0], [5, 2])

    growth = since(now, earlier, monotonic=True)

    assert growth == {"count": 4, "sum": 3.0, (0.0, 10.0): 3, (10.0, 10.0): 1}


def test_after_a_reset_all_of_it_is_new() -> None:
    assert since(number_amount(3), number_amount(10), monotonic=True) == {"value": 3}
    now = histogram_amount(4, 1.0, [10.0], [0, 4])
    assert since(now, histogram_amount(3, 1.0, [10.0], [3, 0]), monotonic=True) == now


def test_what_may_fall_is_not_reset_by_falling() -> None:
    assert since(number_amount(3), number_amount(10), monotonic=False) == {"value": -7}


def test_a_sum_of_observations_may_fall() -> None:
    now, earlier = (histogram_amount(c, t, [1.0], [c, 0]) for c, t in ((5, -9.0), (4, 2.0)))

    assert since(now, earlier, monotonic=True)["sum"] == -11.0


@given(
    st.lists(st.floats(0.01, 100), max_size=20),
    st.lists(st.floats(0.01, 100), min_size=1, max_size=20),
    st.integers(-1, 4),
    st.integers(0, 4),
)
def test_a_histogram_that_became_coarser_is_compared_at_the_coarser_scale(
    before: list[float], after: list[float], scale: int, finer: int
) -> None:
    earlier = exponential(before, scale + finer)

    growth = since(exponential(before + after, scale), earlier, monotonic=True)

    wanted = {k: v for k, v in exponential(after, scale).items() if k != "sum" and v}
    assert {k: v for k, v in growth.items() if k != "sum" and v} == wanted


def test_amounts_add_up() -> None:
    total = number_amount(1)
    add(total, {"value": 2, "count": 3})

    assert total == {"value": 3, "count": 3}
