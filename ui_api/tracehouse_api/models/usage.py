"""Usage of models."""

from __future__ import annotations

from pydantic import BaseModel


class Usage(BaseModel):
    """Tokens and cost of some calls of models. `input_tokens` has the cached ones in it,
    `output_tokens` the reasoning. `cost_usd` is null when nothing is known; `unpriced` says of how
    many calls of which models the cost is not in it."""

    calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    total_tokens: int
    cost_usd: float | None
    unpriced: dict[str, int]
    price_source: str
