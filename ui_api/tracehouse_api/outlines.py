"""A trace in outline: what a tree and a time line show of each of its spans, and no more.

Attributes, events and contents make up nearly all of a large trace's bytes. They are read for the
one span that somebody looks at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tracehouse_api.noise import IS_HTTP, noise_in
from tracehouse_api.spans import in_tree_order
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE
from tracehouse_api.usage.counting import TOKENS
from tracehouse_api.usage.of_traces import cost_of_span
from tracehouse_api.usage.pricing import Pricing
from tracehouse_api.values import hex_id, iso_time, milliseconds, text

_COLUMNS = f"""
    span_id, parent_span_id, name, toUnixTimestamp64Nano(start_time) AS start_ns,
    concat(replaceOne(toString(start_time), ' ', 'T'), 'Z') AS start_text,
    toUnixTimestamp64Nano(end_time) AS end_ns, duration_ns, pending, status_code, status_message,
    project, service, span_kind, scope_name, dialect, kind, provider, request_model, response_model,
    response_id, agent_name, tool_name, error_type, session_id, user_id, call_id, cost_usd,
    {", ".join(TOKENS)},
    {IS_HTTP},
    toUnixTimestamp64Nano(received_time) AS received_ns, version
"""
_LONGEST_MESSAGE = 500
_STEP = "attributes['tracehouse.span.kind']"
RECEIVED_SINCE = "received_time >= fromUnixTimestamp64Nano({received_ns:Int64}, 'UTC')"
Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a trace's spans are found."""

    trace_id: str
    hours: Sequence[int]

    def parameters(self) -> dict[str, Any]:
        return {"trace_id": self.trace_id, "hours": list(self.hours)}


def outlined_spans(rows: Store, place: Place, received_ns: int | None = None) -> list[Row]:
    """The spans of a trace in their latest versions, parents first; with `received_ns` those that
    came since then (Unix nanoseconds)."""
    where, parameters = [IN_HOURS, IS_TRACE], place.parameters()
    if received_ns is not None:
        where.append(RECEIVED_SINCE)
        parameters["received_ns"] = received_ns
    latest: dict[bytes, Row] = {}
    for row in rows.rows(rows.select(_COLUMNS, "spans", where), parameters):
        known = latest.get(row["span_id"])
        if known is None or row["version"] > known["version"]:
            latest[row["span_id"]] = row
    found = list(latest.values())
    _add_steps(rows, where, parameters, found)
    return in_tree_order(found)


def has_agent(rows: Store, place: Place) -> bool:
    """Whether the trace has an agent, a model, or anything else that is more than a span."""
    asked = rows.select("1", "spans", [IN_HOURS, IS_TRACE, "kind != 'span'"], "LIMIT 1")
    return bool(rows.rows(asked, place.parameters()))


def _add_steps(
    rows: Store, where: Sequence[str], parameters: Mapping[str, Any], found: Collection[Row]
) -> None:
    """What a span is among the steps of a chat: only our own SDK says it, and it lies among the
    attributes, which are not read for anybody else."""
    steps: dict[bytes, bytes] = {}
    if any(row["dialect"] == b"tracehouse" for row in found):
        asked = rows.select(f"span_id, {_STEP} AS step", "spans", [*where, f"{_STEP} != ''"])
        steps = {row["span_id"]: row["step"] for row in rows.rows(asked, parameters)}
    for row in found:
        row["step_kind"] = steps.get(row["span_id"], b"")


def facts(ordered: Sequence[Row]) -> dict[str, Any]:
    """What is so of a whole trace, from all of its spans, parents first."""
    root = ordered[0]
    finished = [row["end_ns"] for row in ordered if not row["pending"]]
    start = min(row["start_ns"] for row in ordered)
    pending = any(row["pending"] for row in ordered)
    return {
        "name": text(root["name"]),
        "service": text(root["service"]),
        "project": text(root["project"]),
        "start_time": iso_time(start),
        "duration_ms": None if pending or not finished else milliseconds(max(finished) - start),
        "status": root["status_code"],
        "pending": pending,
        "span_count": len(ordered),
        "error_count": sum(row["status_code"] == "error" for row in ordered),
    }


def said_by_any(ordered: Iterable[Row]) -> dict[str, str | None]:
    """The session and user that some span of the trace names."""
    found: dict[str, str | None] = {"session": None, "user": None}
    for row in ordered:
        found["session"] = found["session"] or text(row["session_id"]) or None
        found["user"] = found["user"] or text(row["user_id"]) or None
        if all(found.values()):
            break
    return found


def outline_json(
    ordered: Sequence[Row], pricing: Pricing, *, in_agent: bool | None = None
) -> list[dict[str, Any]]:
    """The spans as they are answered. `in_agent` as `noise_in` has it.

    Of a large trace this is most of the answer's time: what ClickHouse can write it writes, and
    what many spans say is decoded once.
    """
    said = cache(text)
    return [
        {
            "span_id": row["span_id"].hex(),
            "parent_span_id": hex_id(row["parent_span_id"]),
            "name": said(row["name"]),
            "kind": said(row["kind"]),
            "step_kind": said(row["step_kind"]) or None,
            "start_time": row["start_text"].decode(),
            "duration_ms": None if row["pending"] else milliseconds(row["duration_ns"]),
            "status": row["status_code"],
            "status_message": said(row["status_message"])[:_LONGEST_MESSAGE],
            "error_type": said(row["error_type"]) or None,
            "pending": bool(row["pending"]),
            "noise": noise,
            "model": said(row["response_model"] or row["request_model"]) or None,
            "tool_name": said(row["tool_name"]) or None,
            "total_tokens": row["total_tokens"],
            "cost_usd": cost_of_span(row, pricing),
            "version": str(row["version"]),
        }
        for row, noise in zip(ordered, noise_in(ordered, in_agent=in_agent), strict=True)
    ]
