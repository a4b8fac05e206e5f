"""Usage of models: sums over calls, each call once, with what they cost.

Tokens come summed from ClickHouse, by model, day and tier of size, because that is what a price
depends on; the multiplication happens here. What an emitter said that a call cost goes before the
price list. A model that the list does not know has no cost, and is named.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracehouse_api.usage import prices
from tracehouse_api.values import text

TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "total_tokens",
)
# How large a request was, as an index into the sizes at which prices change.
TIER = f"toUInt8(arrayCount(t -> input_tokens > t, {list(prices.TIERS)}))"
SUMS = ", ".join(
    (
        "count() AS calls",
        "sum(cost_usd) AS sent_cost",
        "isNotNull(cost_usd) AS has_cost",
        *(f"sum({name}) AS sum_{name}" for name in TOKENS),
    )
)
# What rows must be grouped by for `add`.
PRICED_BY = ("provider", "model", "day", "tier", "has_cost")


@dataclass
class Usage:
    """Tokens and cost of some calls."""

    calls: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOKENS, 0))
    cost_usd: float | None = None
    unpriced: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of sums, grouped at least by `PRICED_BY`."""
        self.calls += row["calls"]
        for name in TOKENS:
            self.tokens[name] += row[f"sum_{name}"]
        cost = row["sent_cost"] if row["has_cost"] else _list_price(row)
        if cost is None:
            model = text(row["model"]) or "(no model)"
            self.unpriced[model] = self.unpriced.get(model, 0) + row["calls"]
        else:
            self.cost_usd = (self.cost_usd or 0.0) + cost

    def json(self) -> dict[str, Any]:
        """As answered. `cost_usd` is null when nothing is known; `unpriced` says of how many calls
        of which models the cost is not in it."""
        return {
            "calls": self.calls,
            **self.tokens,
            "cost_usd": self.cost_usd,
            "unpriced": self.unpriced,
            "price_source": prices.SOURCE,
        }


def gather(rows: Iterable[Mapping[str, Any]], *keys: str) -> dict[tuple[Hashable, ...], Usage]:
    """Usage by the values of some columns."""
    found: dict[tuple[Hashable, ...], Usage] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), Usage()).add(row)
    return found


def _list_price(row: Mapping[str, Any]) -> float | None:
    day: date = row["day"]
    rates = prices.rates(text(row["provider"]), text(row["model"]), day, row["tier"])
    if rates is None:
        return None
    return rates.cost(
        row["sum_input_tokens"],
        row["sum_output_tokens"],
        row["sum_cache_read_tokens"],
        row["sum_cache_write_tokens"],
    )
