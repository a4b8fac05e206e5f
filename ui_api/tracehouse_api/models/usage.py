"""Usage of models."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Tokens(BaseModel):
    """Tokens. `input_tokens` has the cached ones in it, `output_tokens` the reasoning;
    `cache_write_1h_tokens` are those of `cache_write_tokens` that stay for an hour."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    total_tokens: int


class Usage(Tokens):
    """Tokens and cost of some calls of models. `cost_usd` is null when nothing is known; `unpriced`
    says of how many calls of which models the cost is not in it, `priced_by` of how many the price
    is from the emitter, from a price of your own, or from the list, in which version."""

    calls: int
    cost_usd: float | None
    priced_by: dict[str, int]
    unpriced: dict[str, int]


class Price(BaseModel):
    """What a model costs here, in USD per million tokens, from a day on and before another."""

    id: str
    model: str = Field(description="`*` stands for anything")
    project: str | None
    first_day: str | None = Field(alias="from")
    end_day: str | None = Field(alias="to")
    input_mtok: float
    output_mtok: float
    cache_read_mtok: float
    cache_write_mtok: float
    cache_write_1h_mtok: float


class Prices(BaseModel):
    """A workspace's own prices, and the list that is asked after them."""

    prices: list[Price]
    price_list: str
