"""What calls cost, as SQL: the prices that `usage/pricing.py` knows, put into a statement.

A comparison needs what each trace cost, and not only their sum. So it is asked first which models
were called on which days, and their prices then stand in the statement as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.usage.counting import tier
from tracehouse_api.values import text

_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_COST = (
    "greatest(0, input_tokens - (toFloat64(cache_read_tokens) + cache_write_tokens))"
    " * {price_input:Array(Float64)}[price_place]"
    " + cache_read_tokens * {price_cache_read:Array(Float64)}[price_place]"
    " + greatest(0, toFloat64(cache_write_tokens) - cache_write_1h_tokens)"
    " * {price_cache_write:Array(Float64)}[price_place]"
    " + cache_write_1h_tokens * {price_cache_write_1h:Array(Float64)}[price_place]"
    " + output_tokens * {price_output:Array(Float64)}[price_place]"
)
# A total alone has no price.
_UNKNOWN = "isNull(cost_usd) AND (price_place = 1 OR input_tokens + output_tokens = 0)"


def priced_calls(
    rows: Store, calls: str, parameters: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """SQL, and its parameters: these calls (of the table of that name), each with its `call_cost`
    in USD, and `is_unpriced`, whether what it costs is not known."""
    found = rows.rows(
        f"SELECT {_key()} AS key, any(provider) AS of_provider, any(model) AS of_model,"
        f" any(project) AS of_project, any(day) AS on_day, any({tier()}) AS size"
        f" FROM ({calls}) WHERE isNull(cost_usd) GROUP BY key ORDER BY key",
        parameters,
    )
    keys, columns = [0], {name: [0.0] for name in _RATES}  # the first stands for no known price
    for row in found:
        known, _ = rows.pricing.rates(
            text(row["of_provider"]), text(row["of_model"]), text(row["of_project"]),
            row["on_day"], row["size"],
        )  # fmt: skip
        if known is not None:
            keys.append(row["key"])
            for name in _RATES:
                columns[name].append(getattr(known, name))
    place = (
        f"transform({_key()}, {{price_keys:Array(UInt64)}}, {{price_places:Array(UInt32)}},"
        " toUInt32(1))"
    )
    priced = (
        f"SELECT *, {_UNKNOWN} AS is_unpriced, ifNull(cost_usd, {_COST}) AS call_cost"
        f" FROM (SELECT *, {place} AS price_place FROM ({calls}))"
    )
    arrays = {f"price_{name}": column for name, column in columns.items()}
    return priced, arrays | {"price_keys": keys, "price_places": list(range(1, len(keys) + 1))}


def _key() -> str:
    """SQL: what the price of a call depends on, as a number. Names are hashed one by one, since
    ClickHouse then does so once for each name and not for each call."""
    return (
        f"cityHash64(cityHash64(provider), cityHash64(model), cityHash64(project), day, {tier()})"
    )
