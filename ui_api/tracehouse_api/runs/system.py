"""Readings of a run's machine over time, as means of equally wide buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, number, text


def series(rows: Store, run_id: str, keys: Sequence[str], max_points: int) -> list[dict[str, Any]]:
    """The readings of these keys, of all where there are none given."""
    filters = Filters()
    filters.add("run_id = {run:String}", run=run_id)
    filters.add("key IN {keys:Array(String)}", keys=list(keys) or None)
    points = rows.select(
        "key, step AS ns, value", "run_metrics", ["NOT has_step", *filters.where], final=True
    )
    width = "intDiv(max(ns) - min(ns), {points:UInt32}) + 1"
    bounds = f"SELECT min(ns) AS low, {width} AS width FROM ({points})"
    buckets = (
        "SELECT key, max(ns) AS at, avg(value) AS mean"
        f" FROM ({points}) AS points, ({bounds}) AS bounds"
        " GROUP BY key, intDiv(ns - low, width) ORDER BY key, at"
    )
    statement = (
        f"SELECT key, groupArray(at) AS ats, groupArray(mean) AS means FROM ({buckets})"
        " GROUP BY key ORDER BY key"
    )
    return [
        {
            "key": text(row["key"]),
            "time": [iso_time(at) for at in row["ats"]],
            "mean": [number(value) for value in row["means"]],
        }
        for row in rows.rows(statement, filters.parameters | {"points": max_points})
    ]
