"""What a run logged that is neither a scalar nor a file: histograms, tables, charts, texts.

A value is JSON whose `_type` says what it is: `histogram`, `table`, `chart`, `markdown`, `plotly`;
any other JSON is a value without a type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from tracehouse_api.runs.records import records, value_json
from tracehouse_api.store import Store
from tracehouse_api.values import text

_MOST_STEPS = 1000


def keys(rows: Store, run_id: str) -> list[dict[str, Any]]:
    """The keys with what they are and their steps; of very many steps some, the last among them."""
    statement = rows.select(
        "key, argMax(JSONExtractString(body, '_type'), step) AS type, count() AS count,"
        " arraySort(groupArray(step)) AS steps",
        "run_records",
        ["run_id = {run:String}", "kind = 'value'"],
        "GROUP BY key ORDER BY key",
        final=True,
    )
    return [
        {
            "key": text(row["key"]),
            "type": text(row["type"]),
            "count": row["count"],
            "steps": thinned(row["steps"], _MOST_STEPS),
        }
        for row in rows.rows(statement, {"run": run_id})
    ]


def value(rows: Store, run_id: str, key: str, step: int) -> dict[str, Any] | None:
    """The value of a key at a step."""
    found = records(
        rows, run_id, "value", where=["key = {key:String}", "step = {step:Int64}"], limit=1,
        key=key, step=step,
    )  # fmt: skip
    return value_json(found[0]) if found else None


def histograms(rows: Store, run_id: str, key: str, most: int) -> list[dict[str, Any]]:
    """The histograms of a key by step; of more than so many, as many at equal distances."""
    statement = rows.select(
        "arraySort(groupArray(step)) AS steps",
        "run_records",
        ["run_id = {run:String}", "kind = 'value'", "key = {key:String}"],
        final=True,
    )
    (row,) = rows.rows(statement, {"run": run_id, "key": key})
    found = records(
        rows, run_id, "value", where=["key = {key:String}", "step IN {steps:Array(Int64)}"],
        order="step", key=key, steps=thinned(row["steps"], most),
    )  # fmt: skip
    return [
        {"step": one["step"], "time": one["time"], **counted}
        for one in map(value_json, found)
        if (counted := _histogram(one["value"])) is not None
    ]


def file_of(value: Any, sha256: str) -> dict[str, Any] | None:
    """The reference to a file that a value holds, in a cell of a table for one."""
    references = (one for one in _objects(value) if one.get("sha256") == sha256)
    return next(references, None)


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of them, at equal distances, the first and the last among them."""
    if len(steps) <= most:
        return list(steps)
    if most == 1:
        return [steps[-1]]
    return [steps[round(n * (len(steps) - 1) / (most - 1))] for n in range(most)]


def _histogram(value: Any) -> dict[str, Any] | None:
    """Counts and the edges around them; None for what is no histogram."""
    if not isinstance(value, dict):
        return None
    told = cast("dict[str, Any]", value)
    counts, bins = _numbers(told.get("counts")), _numbers(told.get("bins"))
    if not counts or len(bins) != len(counts) + 1:
        return None
    return {"counts": counts, "bins": bins}


def _numbers(value: Any) -> list[float]:
    """A list of numbers; an empty one for anything else."""
    if not isinstance(value, list):
        return []
    given = cast("list[Any]", value)
    are_numbers = all(isinstance(one, (int, float)) for one in given)
    return given if are_numbers else []


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found = cast("dict[str, Any]", one)
            yield found
            waiting += found.values()
        elif isinstance(one, list):
            waiting += cast("list[Any]", one)
