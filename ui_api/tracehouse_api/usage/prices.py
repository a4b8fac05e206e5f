"""Prices of models, from the list that `genai-prices` carries; nothing is fetched at run time.

A price is asked for once for each model, day and tier, and multiplied here: asking takes 100 µs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from importlib.metadata import version

SOURCE = f"genai-prices {version('genai-prices')}"

# OpenTelemetry's names of providers that the price list calls otherwise.
_PROVIDERS = {
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "aws.bedrock": "aws",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "ibm.watsonx.ai": "ibm",
}
_MANY = 1_000_000


@dataclass(frozen=True)
class Rates:
    """USD a token. `input` is of what was not cached, `cache_write` of what is kept for minutes."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    cache_write_1h: float

    def cost(
        self,
        input_tokens: int,
        output_tokens: int,
        cache_read: int,
        cache_write: int,
        cache_write_1h: int,
    ) -> float:
        """USD for tokens counted as `calls` has them: the cached ones are part of the input, and
        those kept for an hour of what was written."""
        uncached = max(0, input_tokens - cache_read - cache_write)
        return (
            uncached * self.input
            + cache_read * self.cache_read
            + max(0, cache_write - cache_write_1h) * self.cache_write
            + cache_write_1h * self.cache_write_1h
            + output_tokens * self.output
        )


@cache
def tiers() -> tuple[int, ...]:
    """The input sizes, in tokens, at which some model gets dearer."""
    from genai_prices.data import providers  # takes 100 ms, which a start should not

    found: set[int] = set()
    for provider in providers:
        for model in provider.models:
            dated = model.prices if isinstance(model.prices, list) else [model.prices]
            for prices in dated:
                for price in vars(getattr(prices, "prices", prices)).values():
                    found |= {tier.start for tier in getattr(price, "tiers", ())}
    return tuple(sorted(found))


@lru_cache(maxsize=10_000)
def rates(provider: str, model: str, day: date, tier: int) -> Rates | None:
    """What a model cost on a day, for requests whose input is above so many of `tiers()`. None when
    the list does not know the model."""
    from genai_prices import Usage, calc_price

    sizes = tiers()
    size = max(_MANY if not sizes else sizes[0] if tier == 0 else sizes[tier - 1] + 1, 1)
    name = _known_as(provider, model, day)
    if name is None:
        return None
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    def ask(**counts: int) -> float:
        provider_id, reference = name
        priced = calc_price(
            Usage(input_tokens=size, **counts),
            reference,
            provider_id=provider_id,
            genai_request_timestamp=at,
        )
        return float(priced.total_price)

    plain = ask()
    return Rates(
        input=plain / size,
        output=(ask(output_tokens=_MANY) - plain) / _MANY,
        cache_read=ask(cache_read_tokens=size) / size,
        cache_write=ask(cache_write_tokens=size) / size,
        cache_write_1h=ask(cache_write_tokens=size, cache_write_1h_tokens=size) / size,
    )


def _known_as(provider: str, model: str, day: date) -> tuple[str | None, str] | None:
    """By which provider's id and which name the list knows a model."""
    from genai_prices import Usage, calc_price

    listed = _PROVIDERS.get(provider, provider) or None
    prefix, slash, bare = model.partition("/")
    candidates = [(listed, model), (None, model)]
    if slash:  # as in openai/gpt-4o
        candidates += [(_PROVIDERS.get(prefix, prefix), bare), (listed, bare), (None, bare)]
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for provider_id, name in candidates:
        try:
            calc_price(
                Usage(input_tokens=1), name, provider_id=provider_id, genai_request_timestamp=at
            )
        except (LookupError, ValueError):
            continue
        return provider_id, name
    return None
