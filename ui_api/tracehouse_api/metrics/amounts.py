"""What happened in a stretch of time, in a form that can be added, subtracted and asked.

An amount maps what was counted to how much: `"count"` and `"sum"` of observations, `"value"` of a
sum, and the buckets of histograms. A bucket with explicit bounds is `(low, high)`; one of an
exponential histogram is `Exponential(scale, sign, index)`.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Amount = dict[Any, float]


@dataclass(frozen=True, slots=True)
class Exponential:
    """A bucket of an exponential histogram: (base^index, base^(index+1)], base = 2^(2^-scale);
    mirrored where `sign` is -1, and [0, 0] where it is 0. (OpenTelemetry metrics data model.)"""

    scale: int
    sign: int
    index: int

    def at_scale(self, scale: int) -> Exponential:
        """The bucket of a coarser scale that holds this one."""
        return Exponential(scale, self.sign, self.index >> (self.scale - scale))

    def edges(self) -> tuple[float, float]:
        if self.sign == 0:
            return 0.0, 0.0
        low, high = self._power(self.index), self._power(self.index + 1)
        return (low, high) if self.sign > 0 else (-high, -low)

    def _power(self, index: int) -> float:
        """base ** index; the largest double where that is beyond it."""
        try:
            return math.pow(2.0, math.ldexp(index, -self.scale))
        except OverflowError:
            return sys.float_info.max


def number_amount(value: float) -> Amount:
    """Of a point of a sum."""
    return {"value": value}


def histogram_amount(
    count: float, total: float | None, bounds: Sequence[float], counts: Sequence[float]
) -> Amount:
    """Of an explicit-bucket histogram. As for Prometheus' `histogram_quantile`, the lowest bucket
    starts at 0 where its bound is positive, and the highest, which has no end, is a point."""
    amount: Amount = defaultdict(float, {"count": count, "sum": total or 0.0})
    if bounds:
        edges = [min(0.0, bounds[0]), *bounds, bounds[-1]]
        for index, bucket in enumerate(counts):
            amount[edges[index], edges[index + 1]] += bucket
    return amount


def exponential_amount(row: dict[str, Any]) -> Amount:
    """Of an exponential histogram, from its columns."""
    amount: Amount = defaultdict(float, {"count": row["count"], "sum": row["sum"] or 0.0})
    scale = row["scale"]
    amount[Exponential(scale, 0, 0)] += row["zero_count"]
    for sign, side in ((1, "positive"), (-1, "negative")):
        for index, bucket in enumerate(row[f"{side}_bucket_counts"], row[f"{side}_offset"]):
            amount[Exponential(scale, sign, index)] += bucket
    return amount


def since(amount: Amount, earlier: Amount, *, monotonic: bool) -> Amount:
    """What a cumulative amount grew by; all of it when it was reset in between, which shows in
    something that fell."""
    scale = min((k.scale for k in amount if isinstance(k, Exponential)), default=None)
    if scale is not None:
        earlier = _coarsened(earlier, scale)
    growth = {key: amount.get(key, 0.0) - earlier.get(key, 0.0) for key in amount | earlier}
    fell = any(value < 0 and key != "sum" for key, value in growth.items())
    return amount if monotonic and fell else growth


def _coarsened(amount: Amount, scale: int) -> Amount:
    result: Amount = defaultdict(float)
    for key, value in amount.items():
        fits = isinstance(key, Exponential) and key.scale > scale
        result[key.at_scale(scale) if fits else key] += value
    return result


def quantile(level: float, amount: Amount) -> float | None:
    """The quantile, observations taken to be spread evenly in each bucket; None when empty."""
    buckets: list[tuple[float, float, float]] = []
    for key, count in amount.items():
        if count > 0 and not isinstance(key, str):
            low, high = key.edges() if isinstance(key, Exponential) else key
            buckets.append((low, high, count))
    return _interpolate(level, sorted(buckets))


def add(total: Amount, more: Mapping[Any, float]) -> None:
    """Add to an amount in place."""
    for key, value in more.items():
        total[key] = total.get(key, 0.0) + value


def _interpolate(level: float, buckets: Iterable[tuple[float, float, float]]) -> float | None:
    known = list(buckets)
    if not known:
        return None
    rank, below = level * sum(count for _, _, count in known), 0.0
    for low, high, count in known:
        if below + count >= rank:
            return low + (high - low) * max(0.0, rank - below) / count
        below += count
    return known[-1][1]
