"""What calls cost, as SQL: the prices that `usage/pricing.py` knows, put into a statement.

A comparison needs what each trace cost, and not only their sum. So it is asked first which models
were called on which days, and their prices then stand in the statement as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.usage.counting import tier
from tracehouse_api.values import text

# What a price depends on, as a number. Names are hashed one by one, since ClickHouse then does so
# once for each different name and not for each span.
_KEY = (
    "cityHash64(cityHash64(provider), model_key, cityHash64(project), toDate(start_time), {tier})"
)
_RATES = ("input", "output", "cache_read", "cache_write")
_COLUMNS = (
    "trace_id, call_id, provider, request_model, response_model, project, start_time,"
    " input_tokens, output_tokens, cost_usd"
)
_NO_TOKENS = "input_tokens + output_tokens = 0"


@dataclass(frozen=True)
class CallPrices:
    """SQL over spans with a key of their model (see `with_models`): `cost`, USD of a call, and
    `is_unpriced`, whether its price is not known. `calls`: how many there are; `has_repeats`: some
    call is reported by more than one span."""

    calls: int
    has_repeats: bool
    inherits_model: bool
    cost: str
    is_unpriced: str
    parameters: dict[str, Any]


NO_CALLS = CallPrices(0, False, False, "0", "0", {})


def call_prices(rows: Store, where: Sequence[str], parameters: Mapping[str, Any]) -> CallPrices:
    """The prices of the calls among these spans; more may be there than are asked for later."""
    found = _classes(rows, where, parameters, inherits_model=False)
    inherits = any(not model for _, model, *_ in found["classes"])
    if inherits:
        found = _classes(rows, where, parameters, inherits_model=True)
    keys, columns = list[int](), [list[float]() for _ in _RATES]
    for key, model, provider, project, day, size in found["classes"]:
        known, _ = rows.pricing.rates(text(provider), text(model), text(project), day, size)
        if known is not None:
            keys.append(key)
            for column, name in zip(columns, _RATES, strict=True):
                column.append(getattr(known, name))
    cost, is_unpriced = _sql(bool(keys))
    return CallPrices(
        found["calls"],
        found["calls"] != found["distinct_calls"],
        inherits,
        cost,
        is_unpriced,
        # Before the first stands what is not known.
        {"price_keys": keys, "price_places": list(range(2, len(keys) + 2))}
        | {f"price_{n}": [0.0, *column] for n, column in zip(_RATES, columns, strict=True)},
    )


def with_models(rows: Store, spans: str, *, inherits_model: bool) -> str:
    """Spans with the `model` of each, and its `model_key`: the one served, else the one requested,
    else the trace's."""
    served, requested = "response_model != ''", "request_model != ''"
    hashes = f"{served}, cityHash64(response_model), {requested}, cityHash64(request_model)"
    if not inherits_model:
        return (
            f"SELECT *, if({served}, response_model, request_model) AS model,"
            f" multiIf({hashes}, 0) AS model_key FROM ({spans})"
        )
    of_traces = rows.select(
        "trace_id AS of_trace, max(model) AS trace_model", "trace_roots", (), "GROUP BY trace_id"
    )
    return (
        f"SELECT span.*, multiIf({served}, response_model, {requested}, request_model, trace_model)"
        f" AS model, multiIf({hashes}, cityHash64(trace_model)) AS model_key"
        f" FROM ({spans}) AS span LEFT ANY JOIN ({of_traces}) AS root"
        " ON span.trace_id = root.of_trace"
    )


def repeated_calls(rows: Store, where: Sequence[str]) -> str:
    """SQL: the spans, as (trace_id, span_id), that report a call of their trace again. The one that
    says the cost, then the latest, counts."""
    return rows.select(
        "trace_id, arrayJoin(arraySlice(arraySort(groupArray("
        "(isNull(cost_usd), bitNot(version), span_id))), 2)).3 AS span_id",
        "spans",
        ["call_id != 0", *where],
        "GROUP BY trace_id, call_id HAVING count() > 1",
        final=True,
    )


def _classes(
    rows: Store, where: Sequence[str], parameters: Mapping[str, Any], *, inherits_model: bool
) -> dict[str, Any]:
    """Of which models, days and sizes there are calls (`classes`; those that say their cost are
    left out), how many calls, and how many different ones."""
    spans = rows.select(_COLUMNS, "spans", ["call_id != 0", *where])
    classes = (
        f"SELECT {_KEY.format(tier=tier())} AS key, any(model) AS of_model,"
        " any(provider) AS of_provider, any(project) AS of_project,"
        f" any(toDate(start_time)) AS day, any({tier()}) AS size, min(isNotNull(cost_usd)) AS said,"
        " count() AS n, uniqExactState(call_id) AS ids"
        f" FROM ({with_models(rows, spans, inherits_model=inherits_model)}) GROUP BY key"
    )
    (found,) = rows.rows(
        "SELECT groupArrayIf((key, of_model, of_provider, of_project, day, size), NOT said)"
        " AS classes, sum(n) AS calls, uniqExactMerge(ids) AS distinct_calls"
        f" FROM ({classes})",
        parameters,
    )
    return found


def _sql(has_prices: bool) -> tuple[str, str]:
    if not has_prices:
        return "ifNull(cost_usd, 0)", "call_id != 0 AND isNull(cost_usd)"
    place = (
        f"transform({_KEY.format(tier=tier())}, {{price_keys:Array(UInt64)}}, {{price_places:Array(UInt32)}},"
        " toUInt32(1))"
    )
    rate = {name: f"{{price_{name}:Array(Float64)}}[price_place]" for name in _RATES}
    cached = "toFloat64(cache_read_tokens) + cache_write_tokens"
    computed = (
        f"greatest(0, input_tokens - ({cached})) * {rate['input']}"
        f" + cache_read_tokens * {rate['cache_read']} + cache_write_tokens * {rate['cache_write']}"
        f" + output_tokens * {rate['output']}"
    )
    # A total alone has no price.
    unknown = (
        f"call_id != 0 AND isNull(cost_usd) AND (({place} AS price_place) = 1 OR {_NO_TOKENS})"
    )
    return f"ifNull(cost_usd, {computed})", unknown
