"""Spans in lists: those that meet some conditions, newest first, each in its latest version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.newest import distinct_rows
from tracehouse_api.spans import latest_spans
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IN_TRACES, newest_and_oldest, traces

# A span's place in such a list: its start in Unix nanoseconds, its trace's id and its own.
Place = tuple[int, bytes, bytes]

_AT = "fromUnixTimestamp64Nano({at_ns:Int64}, 'UTC')"
_FIRST_WINDOW_NS = 3_600_000_000_000
_WINDOW_GROWTH = 4
# Conditions on what an attribute is have an index on either side of an OR.
_SETTINGS = {"use_skip_indexes_for_disjunctions": 1}


def newest_spans(
    rows: Store, filters: Filters, after: Sequence[Any] | None, limit: int, *, skip: int = 0
) -> tuple[list[dict[str, Any]], Place | None]:
    """Rows of at most so many spans, those after a place, of which the first `skip` are left out;
    and the last one's place where there are more."""
    begin: dict[str, Any] | None = None
    if after is not None:
        begin = dict(zip(("start_ns", "trace_id", "span_id"), after, strict=True))
    found = distinct_rows(
        lambda last, size: _places(rows, filters, last or begin, size),
        lambda row: (row["trace_id"], row["span_id"]),
        limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    place = (last["start_ns"], last["trace_id"], last["span_id"]) if last else None
    return _at(rows, found[skip:limit]), place


def _places(
    rows: Store,
    filters: Filters,
    after: dict[str, Any] | None,
    size: int,
) -> list[dict[str, Any]]:
    """Where the next matching spans are, newest first: ids, version, start.

    Within an hour `spans` is sorted by trace and not by time, so an hour is read whole: it is
    searched from the newest hours on, as far back as it takes.
    """
    found: list[dict[str, Any]] = []
    conditions, parameters = list(filters.where), filters.parameters
    if after is not None:
        conditions.append(
            f"(start_time, trace_id, span_id) < ({_AT},"
            " toFixedString(unhex({at_trace:String}), 16),"
            " toFixedString(unhex({at_span:String}), 8))"
        )
        parameters = {
            **parameters,
            "at_ns": after["start_ns"],
            "at_trace": after["trace_id"].hex(),
            "at_span": after["span_id"].hex(),
        }
    latest = [after["start_ns"]] if after else []
    latest += [parameters["to_ns"]] if "to_ns" in parameters else []
    for window in _windows(rows, latest, parameters.get("from_ns", 0)):
        found += rows.rows(
            rows.select(
                "trace_id, span_id, version, toUnixTimestamp64Nano(start_time) AS start_ns,"
                " toUnixTimestamp(toStartOfHour(start_time)) AS hour",
                "spans",
                [*conditions, *window],
                "ORDER BY start_time DESC, trace_id DESC, span_id DESC, version DESC"
                " LIMIT {limit:UInt32}",
            ),
            {**parameters, "limit": size - len(found)},
            _SETTINGS,
        )
        if len(found) >= size:
            break
    return found


def _windows(rows: Store, latest: list[int], earliest: int) -> Iterator[list[str]]:
    """Conditions that part all time, the newest first, each longer than the one before. Times
    after one of `latest` or before `earliest` are asked for but not searched closely."""
    ends = newest_and_oldest(rows)
    if ends is None:
        return
    newest, oldest = ends
    lower = min([newest, *latest])
    length = _FIRST_WINDOW_NS
    later: list[str] = []
    while (lower := lower - length) > max(oldest, earliest):
        bound = f"fromUnixTimestamp64Nano({lower}, 'UTC')"
        yield [*later, f"start_time >= {bound}"]
        later = [f"start_time < {bound}"]
        length *= _WINDOW_GROWTH
    yield later


def _at(rows: Store, places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The spans at these places, whole. A place whose version is not the latest matched only in
    what has been replaced since, and is left out."""
    if not places:
        return []
    latest = latest_spans(
        rows,
        [
            IN_HOURS,
            IN_TRACES,
            "span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))",
        ],
        {
            **traces(place["trace_id"] for place in places),
            "spans": sorted({place["span_id"].hex() for place in places}),
            "hours": sorted({place["hour"] for place in places}),
        },
    )
    found = (latest.get((place["trace_id"], place["span_id"])) for place in places)
    return [
        row
        for row, place in zip(found, places, strict=True)
        if row is not None and row["version"] == place["version"]
    ]
