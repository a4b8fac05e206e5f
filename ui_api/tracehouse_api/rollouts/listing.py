"""Pages of rollouts, by run, step and trace."""

from __future__ import annotations

from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.parameters import decode_cursor, encode_cursor, hex_text
from tracehouse_api.rollouts.asked import STATUS
from tracehouse_api.runs.run import as_object
from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, milliseconds, text, typed

_COLUMNS = f"""
    run_id, step, has_step, trace_id, phase, datapoint, environment, model, grader, project, name,
    {STATUS} AS shown_status, error, reward, rewards, turns, messages, tool_calls, input_tokens,
    output_tokens, tags, metadata,
    toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns
"""


def page(rows: Store, filters: Filters, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page: `{rollouts, next_cursor}`."""
    if cursor is not None:
        run, step, trace = decode_cursor(cursor, str, int, hex_text)
        filters.where.append(
            "(run_id, step, trace_id) > ({after_run:String}, {after_step:Int64},"
            " toFixedString(unhex({after_trace:String}), 16))"
        )
        filters.parameters |= {"after_run": run, "after_step": step, "after_trace": trace}
    found = rows.rows(
        rows.select(
            _COLUMNS,
            "run_spans",
            filters.where,
            f"ORDER BY run_id, step, trace_id LIMIT {limit + 1}",
            final=True,
        ),
        filters.parameters,
    )
    last = found[limit - 1] if len(found) > limit else None
    after = (text(last["run_id"]), last["step"], last["trace_id"].hex()) if last else None
    return {
        "rollouts": [_shown(row) for row in found[:limit]],
        "next_cursor": encode_cursor(*after) if after else None,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    pending = not row["end_ns"]
    told = ("run_id", "phase", "datapoint", "environment", "model", "grader", "error")
    return {
        "trace_id": row["trace_id"].hex(),
        **{name: text(row[name]) or None for name in told},
        "step": row["step"] if row["has_step"] else None,
        "project": text(row["project"]),
        "name": text(row["name"]),
        "status": text(row["shown_status"]),
        "reward": row["reward"],
        "rewards": as_object(row["rewards"]) or _only(row["reward"]),
        **{name: row[name] for name in ("turns", "messages", "tool_calls")},
        **{name: row[name] for name in ("input_tokens", "output_tokens")},
        "tags": typed(row["tags"], "array") if row["tags"] else [],
        "metadata": as_object(row["metadata"]),
        "start_time": iso_time(row["start_ns"]),
        "duration_ms": None if pending else milliseconds(row["end_ns"] - row["start_ns"]),
    }


def _only(reward: float | None) -> dict[str, float]:
    return {} if reward is None else {"reward": reward}
