"""What calls cost: by what the emitter said, else the workspace's own prices, else the list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from tracehouse_api.usage import prices
from tracehouse_api.usage.prices import Rates
from tracehouse_api.values import text

SENT, OWN = "emitter", "own price"


@dataclass(frozen=True)
class OwnPrice:
    """A price that goes before the list: of a model (`*` stands for anything), in a project ('':
    in all), from a day on and before another."""

    model: str
    project: str
    first: date
    end: date
    rates: Rates

    def is_for(self, model: str, project: str, day: date) -> bool:
        """Whether it is about such a call."""
        return (
            self.project in ("", project)
            and self.first <= day < self.end
            and _pattern(self.model).fullmatch(model) is not None
        )


@cache
def _pattern(model: str) -> re.Pattern[str]:
    """`*` stands for anything; brackets are part of some models' names."""
    return re.compile(".*".join(map(re.escape, model.split("*"))), re.IGNORECASE | re.DOTALL)


class Pricing:
    """The prices of a workspace."""

    def __init__(self, own: tuple[OwnPrice, ...] = ()) -> None:
        # A project's before those of all, a whole name before a pattern, the later before the
        # earlier.
        self._own = sorted(own, key=lambda p: p.first, reverse=True)
        self._own.sort(key=lambda p: (not p.project, "*" in p.model))
        self.by_project = any(price.project for price in own)

    @property
    def depends_on(self) -> tuple[str, ...]:
        """What rows must be grouped by before they are priced."""
        common = ("provider", "model", "day", "tier", "has_cost")
        return (*common, "project") if self.by_project else common

    def cost(self, row: Mapping[str, Any]) -> tuple[float | None, str]:
        """USD for a row of sums, and where the price is from; None where no price is known."""
        if row["has_cost"]:
            return row["sent_cost"], SENT
        if row["sum_input_tokens"] + row["sum_output_tokens"] == 0 < row["sum_total_tokens"]:
            return None, ""  # a total alone has no price
        known, source = self.rates(
            text(row["provider"]), text(row["model"]), text(row.get("project", b"")),
            row["day"], row["tier"],
        )  # fmt: skip
        if known is None:
            return None, ""
        amount = known.cost(
            row["sum_input_tokens"],
            row["sum_output_tokens"],
            row["sum_cache_read_tokens"],
            row["sum_cache_write_tokens"],
            row["sum_cache_write_1h_tokens"],
        )
        return amount, source

    def rates(
        self, provider: str, model: str, project: str, day: date, tier: int
    ) -> tuple[Rates | None, str]:
        """What a model costs, and where the price is from; None where no price is known."""
        own = next((p for p in self._own if p.is_for(model, project, day)), None)
        if own is not None:
            return own.rates, OWN
        return prices.rates(provider, model, day, tier), prices.SOURCE
