"""Judgements as they are stored and shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from tracehouse_api.filters import Filters
from tracehouse_api.parameters import decode_cursor, encode_cursor
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.values import hex_id, iso_time, text

_MOST_OF_TRACES = 100_000
_COLUMNS = """
    score_id, project, environment, toUnixTimestamp64Nano(time) AS time_ns, name, data_type, value,
    label, comment, source, author, metadata, trace_id, span_id, response_id, session_id, run_id
"""


def scores_page(
    rows: Store, filters: Filters, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """At most so many scores, newest first, those after the cursor; and the next cursor."""
    if cursor is not None:
        at_ns, at_id = decode_cursor(cursor, int, str)
        filters.add(
            "(time, score_id) < (fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC'), {at_id:String})",
            at_ns=at_ns,
            at_id=at_id,
        )
    found = scores(rows, filters, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    next_cursor = encode_cursor(last["time_ns"], text(last["score_id"])) if last else None
    return [score_json(row) for row in found[:limit]], next_cursor


def scores_of_traces(rows: Store, trace_ids: Collection[bytes]) -> dict[str, list[dict[str, Any]]]:
    """The scores of traces and of spans in them, newest first, by trace id in hex."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not trace_ids:
        return found
    filters = Filters()
    filters.add(IN_TRACES, **traces(trace_ids))
    for row in scores(rows, filters, _MOST_OF_TRACES):
        found.setdefault(row["trace_id"].hex(), []).append(score_json(row))
    return found


def scores(rows: Store, filters: Filters, limit: int) -> list[dict[str, Any]]:
    """Rows of scores that were not taken back, newest first."""
    return rows.rows(
        rows.select(
            _COLUMNS,
            "scores",
            ["NOT deleted", *filters.where],
            "ORDER BY time DESC, score_id DESC LIMIT {limit:UInt32}",
            final=True,
        ),
        {**filters.parameters, "limit": limit},
    )


def score_json(row: dict[str, Any]) -> dict[str, Any]:
    """A score. `value` is a number, a boolean or a text, as its data type says."""
    kind, label = text(row["data_type"]), text(row["label"])
    value: Any = row["value"]
    if kind == "boolean":
        value = label == "true" if label else bool(value)
    elif kind in ("categorical", "text"):
        value = label
    return {
        "id": text(row["score_id"]),
        "name": text(row["name"]),
        "data_type": kind,
        "value": value,
        "label": label or None,
        "time": iso_time(row["time_ns"]),
        "comment": text(row["comment"]) or None,
        "source": text(row["source"]),
        "author": text(row["author"]) or None,
        "metadata": _json(row["metadata"]),
        "trace_id": hex_id(row["trace_id"]),
        "span_id": hex_id(row["span_id"]),
        "response_id": text(row["response_id"]) or None,
        "session": text(row["session_id"]) or None,
        "run": text(row["run_id"]) or None,
        "project": text(row["project"]),
        "environment": text(row["environment"]) or None,
    }


def _json(stored: bytes) -> Any:
    try:
        return orjson.loads(stored) if stored else None
    except orjson.JSONDecodeError:
        return text(stored)
