"""What the rollouts of each step were worth."""

from __future__ import annotations

import math
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.parameters import decode_cursor, encode_cursor
from tracehouse_api.rollouts.asked import STATUS
from tracehouse_api.store import Store
from tracehouse_api.values import text

_STATISTICS = {
    "mean": "avg(reward)", "standard_deviation": "stddevPop(reward)", "min": "min(reward)",
    "median": "quantileExactInclusive(0.5)(reward)", "max": "max(reward)",
}  # fmt: skip


def steps_page(rows: Store, filters: Filters, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page: `{steps, next_cursor}`, by run and step; what has no step comes before step 0."""
    if cursor is not None:
        run, has_step, step = decode_cursor(cursor, str, int, int)
        filters.where.append(
            "(run_id, toUInt8(has_step), step) >"
            " ({after_run:String}, {after_has:UInt8}, {after_step:Int64})"
        )
        filters.parameters |= {"after_run": run, "after_has": has_step, "after_step": step}
    columns = ", ".join(f"{sql} AS {name}" for name, sql in _STATISTICS.items())
    found = rows.rows(
        rows.select(
            f"run_id, toUInt8(has_step) AS of_step, step, count() AS rollouts,"
            f" count(reward) AS rewarded, {columns},"
            f" sumMap(map({STATUS}, toUInt64(1))) AS statuses",
            "run_spans",
            filters.where,
            f"GROUP BY run_id, of_step, step ORDER BY run_id, of_step, step LIMIT {limit + 1}",
            final=True,
        ),
        filters.parameters,
    )
    last = found[limit - 1] if len(found) > limit else None
    after = (text(last["run_id"]), last["of_step"], last["step"]) if last else None
    return {
        "steps": [_shown(row) for row in found[:limit]],
        "next_cursor": encode_cursor(*after) if after else None,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": text(row["run_id"]) or None,
        "step": row["step"] if row["of_step"] else None,
        "rollouts": row["rollouts"],
        "statuses": {text(status): count for status, count in sorted(row["statuses"].items())},
        "rewarded": row["rewarded"],
        **{name: _finite(row[name]) for name in _STATISTICS},
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
