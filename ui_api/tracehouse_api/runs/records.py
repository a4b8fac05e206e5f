"""What a run logged beside its scalars: values, media, artifacts, console, environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracehouse_api.runs.run import as_object, parse_json
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, text

# A record's identity inside its run and kind, as 16 hex digits.
ID = "lower(hex(cityHash64(key, step, ordinal)))"
_COLUMNS = f"project, key, step, ordinal, toUnixTimestamp64Nano(time) AS time_ns, body, {ID} AS id"


def records(
    rows: Store,
    run_id: str,
    kind: str,
    *,
    where: Sequence[str] = (),
    order: str = "key, step, ordinal",
    limit: int | None = None,
    **parameters: Any,
) -> list[dict[str, Any]]:
    """Records of one kind, the last version of each."""
    statement = rows.select(
        _COLUMNS,
        "run_records",
        ["run_id = {run:String}", "kind = {kind:String}", *where],
        f"ORDER BY {order}" + (f" LIMIT {int(limit)}" if limit else ""),
        final=True,
    )
    return rows.rows(statement, {"run": run_id, "kind": kind, **parameters})


def value_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A structured value: a list, an object, a text, a histogram, a table."""
    return _at(row) | {"value": parse_json(row["body"])}


def media_json(row: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """A media item, with the address of its bytes."""
    media_id = text(row["id"])
    return (
        {"id": media_id}
        | _at(row)
        | {"index": row["ordinal"]}
        | as_object(row["body"])
        | {"url": f"/v1/runs/{run_id}/media/{media_id}"}
    )


def artifact_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A version of an artifact."""
    return {
        "name": text(row["key"]),
        "time": iso_time(row["time_ns"]),
        **as_object(row["body"]),
    }


def console_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of output."""
    return {
        "line": row["ordinal"],
        "stream": text(row["key"]),
        "time": iso_time(row["time_ns"]),
        "text": text(row["body"]),
    }


def _at(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": text(row["key"]), "step": row["step"], "time": iso_time(row["time_ns"])}
