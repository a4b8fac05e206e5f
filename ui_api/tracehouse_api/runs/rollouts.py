"""The rollouts of a run: chat traces that belong to it and to one of its steps."""

from __future__ import annotations

from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.parameters import decode_cursor, encode_cursor, hex_text
from tracehouse_api.runs.run import as_object
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, milliseconds, text


def page(
    rows: Store, run_id: str, step: int | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of rollouts, by step and trace."""
    filters = Filters()
    filters.add("run_id = {run:String}", run=run_id)
    filters.add("step = {step:Int64}", step=step)
    if cursor is not None:
        after_step, after_trace = decode_cursor(cursor, int, hex_text)
        filters.where.append(
            "(step, trace_id) > ({after_step:Int64},"
            " toFixedString(unhex({after_trace:String}), 16))"
        )
        filters.parameters |= {"after_step": after_step, "after_trace": after_trace}
    found = rows.rows(
        rows.select(
            "step, trace_id, name, session_id, outcome, reward, metadata, status_code,"
            " toUnixTimestamp64Nano(start_time) AS start_ns,"
            " toUnixTimestamp64Nano(end_time) AS end_ns",
            "run_spans",
            ["is_rollout", *filters.where],
            f"ORDER BY step, trace_id LIMIT {limit + 1}",
            final=True,
        ),
        filters.parameters,
    )
    last = found[limit - 1] if len(found) > limit else None
    return {
        "rollouts": [_rollout_json(row) for row in found[:limit]],
        "next_cursor": encode_cursor(last["step"], last["trace_id"].hex()) if last else None,
    }


def _rollout_json(row: dict[str, Any]) -> dict[str, Any]:
    pending = not row["end_ns"]
    return {
        "step": row["step"],
        "trace_id": row["trace_id"].hex(),
        "name": text(row["name"]),
        "session": text(row["session_id"]) or None,
        "outcome": text(row["outcome"]) or None,
        "reward": row["reward"],
        "metadata": as_object(row["metadata"]),
        "status": text(row["status_code"]),
        "pending": pending,
        "start_time": iso_time(row["start_ns"]),
        "duration_ms": None if pending else milliseconds(row["end_ns"] - row["start_ns"]),
    }
