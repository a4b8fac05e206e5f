"""Sessions and users: what traces have in common, from the list of traces and the log records."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any, Literal

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.usage.calls import counted_rows
from tracehouse_api.usage.counting import SUMS, Usage, gather, tier
from tracehouse_api.values import text

Shared = Literal["session_id", "user_id"]

_HOUR_NS = 3_600_000_000_000
_WINDOWS = (1, 24, 24 * 24)  # hours; where they hold too few, everything is read
_IN = "IN {names:Array(String)}"
_IS_PROMPT = "endsWith(if(event_name != '', event_name, attributes['event.name']), 'user_prompt')"


def latest_names(
    rows: Store, shared: Shared, filters: Filters, after: tuple[int, str] | None, count: int
) -> list[dict[str, Any]]:
    """The next sessions or users, the last active first: `name`, `last_ns`."""
    # Whatever was active since some moment is found by reading no more than what came since.
    before = after[0] if after else time.time_ns()
    for hours in _WINDOWS:
        since = max(0, before - hours * _HOUR_NS)
        found = _active_since(rows, shared, filters, after, count, since)
        if len(found) == count:
            return found
    return _active_since(rows, shared, filters, after, count, None)


def _active_since(
    rows: Store,
    shared: Shared,
    filters: Filters,
    after: tuple[int, str] | None,
    count: int,
    since_ns: int | None,
) -> list[dict[str, Any]]:
    where = list(filters.where)
    parameters: dict[str, Any] = {**filters.parameters, "count": count}
    if since_ns is not None:
        where.append("start_time >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')")
        parameters["since_ns"] = since_ns
    sources = [_names(rows, shared, "trace_roots", "start_time", where)]
    if shared == "session_id" and "user_id" not in filters.parameters:
        sources.append(_names(rows, shared, "logs", "time", where))
    having = ""
    if after is not None:
        having = "HAVING (last_ns, name) < ({after_ns:Int64}, {after_name:String})"
        parameters |= {"after_ns": after[0], "after_name": after[1]}
    return rows.rows(
        "SELECT name, max(last) AS last_ns FROM"
        f" ({' UNION ALL '.join(sources)}) GROUP BY name {having}"
        " ORDER BY last_ns DESC, name DESC LIMIT {count:UInt32}",
        parameters,
    )


def _names(
    rows: Store,
    shared: Shared,
    table: Literal["trace_roots", "logs"],
    time_column: str,
    where: Sequence[str],
) -> str:
    where = [condition.replace("start_time", time_column) for condition in where]
    return rows.select(
        f"{shared} AS name, toUnixTimestamp64Nano(max({time_column})) AS last",
        table,
        [f"{shared} != ''", *where],
        f"GROUP BY {shared}",
    )


def traces_of(rows: Store, shared: Shared, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is known of the traces of these sessions or users, by name. `begun`: with which trace,
    and the hours in which it lies (Unix seconds)."""
    one_row_a_trace = rows.select(
        f"{shared} AS name, trace_id, min(start_time) AS first, max(start_time) AS last,"
        " max(project) AS of_project, max(session_id) AS of_session, max(user_id) AS of_user,"
        " argMin(status_code, (NOT is_root, start_time, bitNot(version))) AS status,"
        " argMin(service, (NOT is_root, start_time, bitNot(version))) AS of_service,"
        " groupUniqArray(toUnixTimestamp(toStartOfHour(start_time))) AS hours",
        "trace_roots",
        [f"{shared} {_IN}"],
        f"GROUP BY {shared}, trace_id",
    )
    found = rows.rows(
        "SELECT name, count() AS traces, countIf(status = 'error') AS errors,"
        " toUnixTimestamp64Nano(min(first)) AS first_ns,"
        " toUnixTimestamp64Nano(max(last)) AS last_ns,"
        " argMax(of_project, last) AS project, argMax(of_service, last) AS service,"
        " max(of_user) AS user,"
        " uniqExactIf(of_session, of_session != '') AS sessions,"
        " argMin((trace_id, hours), (first, trace_id)) AS begun"
        f" FROM ({one_row_a_trace}) GROUP BY name",
        {"names": list(names)},
    )
    return {text(row["name"]): row for row in found}


def logs_of(rows: Store, sessions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is known of the log records of these sessions, by session."""
    found = rows.rows(
        rows.select(
            "session_id AS name, uniqExact(request_id, ordinal) AS logs,"
            " toUnixTimestamp64Nano(min(time)) AS first_ns,"
            " toUnixTimestamp64Nano(max(time)) AS last_ns, argMax(project, time) AS of_project,"
            " argMax(service, time) AS of_service",
            "logs",
            [f"session_id {_IN}"],
            "GROUP BY session_id",
        ),
        {"names": list(sessions)},
    )
    return {text(row["name"]): row for row in found}


def first_prompts(rows: Store, sessions: Sequence[str]) -> dict[str, str]:
    """What was asked first in these sessions, as the coding agents' log records say it."""
    found = rows.rows(
        rows.select(
            "session_id AS name, argMin(attributes['prompt'], (time, request_id, ordinal)) AS said",
            "logs",
            [f"session_id {_IN}", _IS_PROMPT, "attributes['prompt'] != ''"],
            "GROUP BY session_id",
        ),
        {"names": list(sessions)},
    )
    return {text(row["name"]): text(row["said"]) for row in found}


def usage_of(
    rows: Store, shared: Shared, names: Collection[str], first_ns: int
) -> dict[str, Usage]:
    """Usage of these sessions or users, each call once. `first_ns`: nothing is older."""
    since = "fromUnixTimestamp64Nano({first_ns:Int64}, 'UTC')"
    traces = rows.select("trace_id", "trace_roots", [f"{shared} {_IN}", f"start_time >= {since}"])
    priced_by = rows.pricing.depends_on
    grouped = (shared, *priced_by)
    found = counted_rows(
        rows,
        f"{', '.join(name for name in grouped if name not in ('tier', 'has_cost'))},"
        f" {tier()} AS tier, {SUMS}",
        [
            f"({shared} {_IN} OR trace_id IN ({traces}))",
            f"day >= toDate({since})",
        ],
        f"WHERE {shared} {_IN} GROUP BY {', '.join(grouped)}",
        {"names": list(names), "first_ns": first_ns},
        inherit=[shared],
    )
    groups = gather(found, shared, pricing=rows.pricing)
    return {text(key[0]): usage for key, usage in groups.items()}  # pyright: ignore
