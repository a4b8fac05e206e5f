"""Usage of single traces, from their spans: each call once, whichever of its spans report it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IN_TRACES, Root, places
from tracehouse_api.usage.counting import SUMS, TOKENS, Usage, gather, tier
from tracehouse_api.usage.prices import tiers
from tracehouse_api.usage.pricing import Pricing

_DEEPEST = 100


def usage_of_traces(rows: Store, roots: Collection[Root]) -> dict[bytes, Usage]:
    """Usage of each of a page's traces."""
    if not roots:
        return {}
    calls = rows.select(
        "trace_id, call_id, provider, project, toDate(start_time) AS day, cost_usd,"
        f" if(response_model != '', response_model, request_model) AS model, {', '.join(TOKENS)}",
        "spans",
        [IN_HOURS, IN_TRACES, "call_id != 0"],
        "ORDER BY cost_usd IS NULL, version DESC LIMIT 1 BY trace_id, call_id",
    )
    found = rows.rows(
        f"SELECT trace_id, provider, project, model, day, {tier()} AS tier, {SUMS} FROM ({calls})"
        " GROUP BY trace_id, provider, project, model, day, tier, has_cost",
        places(roots),
    )
    models = {root.trace_id: root.row["model"] for root in roots}
    named = (row | {"model": row["model"] or models[row["trace_id"]]} for row in found)
    return {key[0]: usage for key, usage in gather(named, "trace_id", pricing=rows.pricing).items()}  # pyright: ignore


def usage_of_spans(spans: Iterable[Mapping[str, Any]], pricing: Pricing) -> Usage:
    """Usage of a whole trace. Beside what has an id in common, a call inside another of the same
    model, of which one has no id, is the same call seen twice: the inner one counts."""
    rows = list(spans)
    calls = [row for row in rows if row["call_id"]]
    parents = {row["span_id"]: row["parent_span_id"] for row in rows}
    outer = _reported_around(calls, parents)
    best: dict[int, Mapping[str, Any]] = {}
    for row in calls:
        known = best.get(row["call_id"])
        better = known is None or (row["cost_usd"] is not None and known["cost_usd"] is None)
        if row["span_id"] not in outer and better:
            best[row["call_id"]] = row
    model = next((row["request_model"] for row in rows if row["request_model"]), b"")
    usage = Usage(pricing)
    for row in best.values():
        usage.add(_sums(row, model))
    return usage


def cost_of_span(row: Mapping[str, Any], pricing: Pricing) -> float | None:
    """What the call that a span reports costs, in USD; None where it reports none, or no price is
    known."""
    if not row["call_id"]:
        return row["cost_usd"]
    return pricing.cost(_sums(row, b""))[0]


def _reported_around(calls: list[Mapping[str, Any]], parents: Mapping[bytes, bytes]) -> set[bytes]:
    """The calls whose span lies around another that reports the same call."""
    by_span = {row["span_id"]: row for row in calls}
    found: set[bytes] = set()
    for inner in calls:
        at, seen = inner["parent_span_id"], set[bytes]()
        while at in parents and at not in seen and len(seen) < _DEEPEST:
            outer = by_span.get(at)
            if outer is not None and _is_same_call(outer, inner):
                found.add(at)
            seen.add(at)
            at = parents[at]
    return found


def _is_same_call(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool:
    both_known = inner["response_id"] and outer["response_id"]
    return (
        inner["call_id"] != outer["call_id"]
        and not both_known
        and _model(inner) == _model(outer)
        and _contains(outer, inner)
    )


def _contains(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool:
    return outer["start_ns"] <= inner["start_ns"] and inner["end_ns"] <= outer["end_ns"]


def _model(row: Mapping[str, Any]) -> bytes:
    return row["request_model"] or row["response_model"]


def _sums(row: Mapping[str, Any], model: bytes) -> dict[str, Any]:
    return {
        "calls": 1,
        "provider": row["provider"],
        "project": row["project"],
        "model": row["response_model"] or row["request_model"] or model,
        "day": datetime.fromtimestamp(row["start_ns"] / 1e9, UTC).date(),
        "tier": sum(row["input_tokens"] > size for size in tiers()),
        "has_cost": row["cost_usd"] is not None,
        "sent_cost": row["cost_usd"],
        **{f"sum_{name}": row[name] for name in TOKENS},
    }
