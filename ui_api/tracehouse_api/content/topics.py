"""What traces are about, in a line: the title that an agent gave them, and what was asked in them.

What somebody asked is the last that a user says in the first span that has any such message: what
stands before it was said in earlier turns. Only the first few spans of a trace that could have one
are read, and only in the first hours of the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracehouse_api.content.content import content_of
from tracehouse_api.spans import attributes_of
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IN_TRACES, traces
from tracehouse_api.values import attributes, text
from tracehouse_semconv import attributes as names

_LONGEST = 200
_HOURS = 2  # a trace that goes on for days was begun in its first
_SPANS = 6
_SPEAKING = "kind IN ('agent', 'chain', 'generation', 'event')"
_IN_SPANS = "span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))"
_COLUMNS = """
    trace_id, span_id, parent_span_id, name, kind,
    attributes.keys AS attribute_keys, attributes.values AS attribute_values, attribute_types,
    events.name, events.types, events.attributes.keys AS event_keys,
    events.attributes.values AS event_values
"""
_ROOT = bytes(8)


@dataclass(frozen=True)
class Topic:
    """Each is None where nothing says it. `folder`: where the agent worked."""

    title: str | None = None
    asked: str | None = None
    folder: str | None = None


def topics_of(rows: Store, places: Mapping[bytes, Sequence[int]]) -> dict[bytes, Topic]:
    """Of these traces, by id. `places`: the hours in which each lies, in Unix seconds."""
    if not places:
        return {}
    hours = {hour for found in places.values() for hour in sorted(found)[:_HOURS]}
    where = {**traces(places), "hours": sorted(hours)}
    first = rows.rows(
        rows.select(
            "trace_id, span_id",
            "spans",
            [IN_HOURS, IN_TRACES, _SPEAKING],
            # A span may be there in several versions.
            "GROUP BY trace_id, span_id ORDER BY min(start_time), any(parent_span_id)"
            " LIMIT {most:UInt32} BY trace_id",
        ),
        {**where, "most": _SPANS},
    )
    wanted = {"spans": sorted({row["span_id"].hex() for row in first})}
    spans = rows.rows(
        rows.select(
            _COLUMNS,
            "spans",
            [IN_HOURS, IN_TRACES, _IN_SPANS],
            "ORDER BY start_time, parent_span_id, version DESC LIMIT 1 BY trace_id, span_id",
        ),
        where | wanted,
    )
    found: dict[bytes, list[dict[str, Any]]] = {}
    for row in spans:
        found.setdefault(row["trace_id"], []).append(row)
    return {trace_id: _topic(of_trace) for trace_id, of_trace in found.items()}


def in_a_line(words: object) -> str | None:
    """A text on one line, cut to what a list shows of it; None for an empty one."""
    line = " ".join(str(words or "")[: 4 * _LONGEST].split())
    return (f"{line[: _LONGEST - 1]}…" if len(line) > _LONGEST else line) or None


def _topic(spans: Sequence[dict[str, Any]]) -> Topic:
    said = [attributes_of(row, "attribute") for row in spans]
    asked = (_asked(row, own) for row, own in zip(spans, said, strict=True))
    folders = (own.get(names.PROCESS_WORKING_DIRECTORY) for own in said)
    return Topic(
        title=next(filter(None, map(_title, spans, said)), None),
        asked=next(filter(None, asked), None),
        folder=next((str(folder) for folder in folders if folder), None),
    )


def _title(row: Mapping[str, Any], said: Mapping[str, Any]) -> str | None:
    """What a recorder or our SDK calls a trace is made for people; other names are of functions."""
    if row["parent_span_id"] != _ROOT:
        return None
    if said.get(names.TRACEHOUSE_SOURCE):
        return in_a_line(text(row["name"]))
    return in_a_line(said.get(names.TRACEHOUSE_TASK_NAME))


def _asked(row: Mapping[str, Any], said: Mapping[str, Any]) -> str | None:
    columns = (row["events.name"], row["event_keys"], row["event_values"], row["events.types"])
    events = [
        (text(name), attributes(keys, values, types))
        for name, keys, values, types in zip(*columns, strict=True)
    ]
    messages = content_of(said, events, kind=text(row["kind"]))["input"]
    spoken = (_words(one["parts"]) for one in reversed(messages) if one["role"] == "user")
    return next(filter(None, spoken), None)


def _words(parts: Iterable[Mapping[str, Any]]) -> str | None:
    texts = (part.get("content") for part in parts if part.get("type") == "text")
    return in_a_line(next((one for one in texts if isinstance(one, str) and one.strip()), None))
