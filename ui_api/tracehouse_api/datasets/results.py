"""What came of a run: for each item the output, how it was judged, its duration and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from tracehouse_api.content.sides import input_and_output
from tracehouse_api.datasets.store import Row
from tracehouse_api.filters import Filters
from tracehouse_api.scores import scores_of_traces
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import roots_of
from tracehouse_api.traces import spans_of
from tracehouse_api.usage.of_traces import usage_of_spans
from tracehouse_api.usage.pricing import Pricing
from tracehouse_api.values import milliseconds, text


def results_of(rows: Store, links: Sequence[Row]) -> dict[str, Row]:
    """By item: `trace_id`, `span_id`, `output`, `scores`, `latency_ms`, `status`, `error`, `usage`.
    Of an item that was tried twice, the later."""
    traces = {bytes.fromhex(link["trace_id"]) for link in links}
    spans = spans_of(rows, roots_of(rows, traces, Filters()).values())
    judged = scores_of_traces(rows, traces)
    return {
        link["item_id"]: {
            "trace_id": link["trace_id"],
            "span_id": link["span_id"],
            "scores": _latest(judged.get(link["trace_id"], [])),
        }
        | _result(spans.get(bytes.fromhex(link["trace_id"]), []), link["span_id"], rows.pricing)
        for link in links
    }


def _latest(scores: list[Row]) -> Row:
    """Values by name: of the newest first, an earlier judgement of a name does not replace it."""
    return {score["name"]: score["value"] for score in reversed(scores)}


def _result(spans: list[Row], span_id: str | None, pricing: Pricing) -> Row:
    if not spans:
        return {
            "output": None, "latency_ms": None, "status": None, "error": None, "usage": None,
        }  # fmt: skip
    named = [row for row in spans if row["span_id"].hex() == span_id]
    row = (named or spans)[0]
    return {
        "output": input_and_output(row)[1],
        "latency_ms": None if row["pending"] else milliseconds(row["duration_ns"]),
        "status": row["status_code"],
        "error": (text(row["status_message"]) or text(row["error_type"]) or None)
        if row["status_code"] == "error"
        else None,
        "usage": usage_of_spans(spans, pricing).json(),
    }


def summary(results: Mapping[str, Row]) -> Row:
    """Of a whole run: for each score how many there are and their mean (of a boolean: the share of
    true), or how often each label was given; errors, mean latency, cost."""
    by_name: dict[str, list[Any]] = {}
    for result in results.values():
        for name, value in result["scores"].items():
            if value is not None:
                by_name.setdefault(name, []).append(value)
    latencies = [r["latency_ms"] for r in results.values() if r["latency_ms"] is not None]
    costs = [r["usage"]["cost_usd"] for r in results.values() if r["usage"]]
    known = [cost for cost in costs if cost is not None]
    return {
        "scores": {name: _aggregate(values) for name, values in sorted(by_name.items())},
        "error_count": sum(r["status"] == "error" for r in results.values()),
        "mean_latency_ms": fmean(latencies) if latencies else None,
        "cost_usd": sum(known) if known else None,
    }


def _aggregate(values: list[Any]) -> Row:
    if all(isinstance(value, (bool, int, float)) for value in values):
        return {"count": len(values), "mean": fmean(float(value) for value in values)}
    labels = [str(value) for value in values]
    return {"count": len(labels), "labels": {one: labels.count(one) for one in sorted({*labels})}}
