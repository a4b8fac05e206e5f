"""A row of `spans` as JSON, and the order of a trace's tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracehouse_api.noise import IS_HTTP
from tracehouse_api.store import Store
from tracehouse_api.values import (
    attributes,
    hex_id,
    iso_time,
    milliseconds,
    rows_of,
    text,
)

IS_SPAN = "span_id = toFixedString(unhex({span_id:String}), 8)"
SOURCE_COLUMNS = """
    resource_attributes.keys AS resource_keys,
    resource_attributes.values AS resource_values, resource_types,
    scope_name, scope_version, scope_attributes.keys AS scope_keys,
    scope_attributes.values AS scope_values, scope_types, scope_schema_url
"""
COLUMNS = f"""
    trace_id, span_id, parent_span_id, trace_state, flags, name, span_kind,
    toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns,
    duration_ns, pending, status_code, status_message, project, service,
    attributes.keys AS attribute_keys, attributes.values AS attribute_values,
    attribute_types, {IS_HTTP}, dropped_attributes_count,
    events.time_unix_nano, events.name, events.types,
    events.attributes.keys AS event_keys,
    events.attributes.values AS event_values,
    events.dropped_attributes_count, dropped_events_count,
    links.trace_id, links.span_id, links.trace_state, links.types,
    links.attributes.keys AS link_keys,
    links.attributes.values AS link_values,
    links.dropped_attributes_count, links.flags, dropped_links_count,
    resource_schema_url,
    {SOURCE_COLUMNS},
    dialect, kind, provider, framework, request_model, response_model, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, total_tokens,
    cost_usd, ttft_ms,
    finish_reason, response_id, session_id, user_id, agent_name, tool_name, tool_call_id,
    prompt_name, prompt_version, error_type, tags, environment, release, call_id,
    toUnixTimestamp64Nano(received_time) AS received_ns, version
"""


def latest_spans(
    rows: Store, where: Sequence[str], parameters: Mapping[str, Any]
) -> dict[tuple[bytes, bytes], dict[str, Any]]:
    """The rows of spans, each in its latest version, by (trace_id, span_id).

    Versions are compared here and not in ClickHouse: a sort of rows so wide costs more than the
    few that are there twice.
    """
    latest: dict[tuple[bytes, bytes], dict[str, Any]] = {}
    for row in rows.rows(rows.select(COLUMNS, "spans", where), parameters):
        span = row["trace_id"], row["span_id"]
        if span not in latest or row["version"] > latest[span]["version"]:
            latest[span] = row
    return latest


_TEXTS = (
    "dialect", "kind", "provider", "framework", "request_model", "response_model",
    "finish_reason", "response_id", "session_id", "user_id", "agent_name", "tool_name",
    "tool_call_id", "prompt_name", "prompt_version", "error_type", "environment", "release",
)  # fmt: skip
_COUNTS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_write_1h_tokens", "reasoning_tokens", "total_tokens",
)  # fmt: skip


def meaning_json(row: dict[str, Any]) -> dict[str, Any]:
    """What a span means, whichever dialect it is in. Texts that are not known are null; tokens and
    cost are as this span has them, whether they are counted or not."""
    return (
        {name: text(row[name]) or None for name in _TEXTS}
        | {name: row[name] for name in _COUNTS}
        | {"cost_usd": row["cost_usd"], "ttft_ms": row["ttft_ms"]}
        | {"tags": [text(tag) for tag in row["tags"]]}
    )


def span_json(row: dict[str, Any]) -> dict[str, Any]:
    """A span, whole."""
    pending = bool(row["pending"])
    return {
        "trace_id": row["trace_id"].hex(),
        "span_id": row["span_id"].hex(),
        "parent_span_id": hex_id(row["parent_span_id"]),
        "name": text(row["name"]),
        "kind": row["span_kind"],
        "start_time": iso_time(row["start_ns"]),
        "end_time": None if pending else iso_time(row["end_ns"]),
        "duration_ms": None if pending else milliseconds(row["duration_ns"]),
        "status": row["status_code"],
        "status_message": text(row["status_message"]),
        "pending": pending,
        "service": text(row["service"]),
        "project": text(row["project"]),
        "scope": scope_json(row),
        "resource": attributes_of(row, "resource"),
        "resource_schema_url": text(row["resource_schema_url"]),
        "meaning": meaning_json(row),
        "attributes": attributes_of(row, "attribute"),
        "dropped_attributes_count": row["dropped_attributes_count"],
        "events": rows_of(
            time=map(iso_time, row["events.time_unix_nano"]),
            name=map(text, row["events.name"]),
            attributes=map(attributes, row["event_keys"], row["event_values"], row["events.types"]),
            dropped_attributes_count=row["events.dropped_attributes_count"],
        ),
        "dropped_events_count": row["dropped_events_count"],
        "links": rows_of(
            trace_id=[value.hex() for value in row["links.trace_id"]],
            span_id=[value.hex() for value in row["links.span_id"]],
            trace_state=map(text, row["links.trace_state"]),
            attributes=map(attributes, row["link_keys"], row["link_values"], row["links.types"]),
            dropped_attributes_count=row["links.dropped_attributes_count"],
            flags=row["links.flags"],
        ),
        "dropped_links_count": row["dropped_links_count"],
        "trace_state": text(row["trace_state"]),
        "flags": row["flags"],
        "received_time": iso_time(row["received_ns"]),
    }


def scope_json(row: dict[str, Any]) -> dict[str, Any]:
    """The instrumentation scope of a span or log record."""
    return {
        "name": text(row["scope_name"]),
        "version": text(row["scope_version"]),
        "attributes": attributes_of(row, "scope"),
        "schema_url": text(row["scope_schema_url"]),
    }


def attributes_of(row: dict[str, Any], whose: str) -> dict[str, Any]:
    """The attributes in the columns `WHOSE_keys`, `WHOSE_values` and `WHOSE_types`."""
    return attributes(row[f"{whose}_keys"], row[f"{whose}_values"], row[f"{whose}_types"])


def in_tree_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parents before their children, siblings by start. A span whose parent is missing stands as
    a root; so does one span of each cycle, so that no row is lost."""
    by_start = sorted(rows, key=lambda row: (row["start_ns"], row["span_id"]))
    known = {row["span_id"] for row in by_start}
    children: dict[bytes | None, list[dict[str, Any]]] = {}
    for row in by_start:
        parent = row["parent_span_id"]
        children.setdefault(parent if parent in known else None, []).append(row)
    ordered: list[dict[str, Any]] = []
    seen: set[bytes] = set()
    # What is left after the roots' trees hangs in cycles: each is entered at its earliest span.
    for root in (*children.get(None, ()), *by_start):
        stack = [root]
        while stack:
            row = stack.pop()
            if row["span_id"] in seen:
                continue
            seen.add(row["span_id"])
            ordered.append(row)
            stack.extend(reversed(children.get(row["span_id"], ())))
    return ordered
