"""Usage of models: sums over calls, each call once, with what they cost.

Tokens come summed from ClickHouse, by model, day and tier of size, because that is what a price
depends on; the multiplication happens in `pricing.py`. A model whose price is not known has no
cost, and is named.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracehouse_api.usage import prices
from tracehouse_api.usage.pricing import Pricing
from tracehouse_api.values import text

TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
    "total_tokens",
)
SUMS = ", ".join(
    (
        "count() AS calls",
        "sum(cost_usd) AS sent_cost",
        "isNotNull(cost_usd) AS has_cost",
        *(f"sum({name}) AS sum_{name}" for name in TOKENS),
    )
)


_LIST = Pricing()


def tier() -> str:
    """SQL: how large a request was, as an index into the sizes at which prices change."""
    # One comparison a size, for whole columns: an arrayCount, which goes from call to call, took
    # three times as long.
    passed = " + ".join(f"(input_tokens > {size})" for size in prices.tiers())
    return f"toUInt8({passed or 0})"


@dataclass
class Usage:
    """Tokens and cost of some calls."""

    pricing: Pricing = _LIST
    calls: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOKENS, 0))
    cost_usd: float | None = None
    priced_by: dict[str, int] = field(default_factory=dict[str, int])
    unpriced: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of sums, grouped at least by what the pricing depends on."""
        self.calls += row["calls"]
        for name in TOKENS:
            self.tokens[name] += row[f"sum_{name}"]
        cost, source = self.pricing.cost(row)
        if cost is None:
            model = text(row["model"]) or "(no model)"
            self.unpriced[model] = self.unpriced.get(model, 0) + row["calls"]
        else:
            self.cost_usd = (self.cost_usd or 0.0) + cost
            self.priced_by[source] = self.priced_by.get(source, 0) + row["calls"]

    def merge(self, other: Usage) -> None:
        """Add other calls."""
        self.calls += other.calls
        for name in TOKENS:
            self.tokens[name] += other.tokens[name]
        if other.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + other.cost_usd
        for mine, theirs in ((self.priced_by, other.priced_by), (self.unpriced, other.unpriced)):
            for name, calls in theirs.items():
                mine[name] = mine.get(name, 0) + calls

    def json(self) -> dict[str, Any]:
        """As answered. `cost_usd` is null when nothing is known; `unpriced` says of how many calls
        of which models the cost is not in it, `priced_by` where the others' prices are from."""
        return {
            "calls": self.calls,
            **self.tokens,
            "cost_usd": self.cost_usd,
            "priced_by": self.priced_by,
            "unpriced": self.unpriced,
        }


def gather(
    rows: Iterable[Mapping[str, Any]], *keys: str, pricing: Pricing
) -> dict[tuple[Hashable, ...], Usage]:
    """Usage by the values of some columns."""
    found: dict[tuple[Hashable, ...], Usage] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), Usage(pricing)).add(row)
    return found
