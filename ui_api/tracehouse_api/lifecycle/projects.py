"""The projects of a workspace, and how much is in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.values import iso_time, text

_COUNTS = ("traces", "runs", "spans", "logs", "points")


def projects(rows: Store, retention: Mapping[str, int]) -> list[dict[str, Any]]:
    """The projects that have data or a limit, by name."""
    traces = rows.select(
        "project, uniqExact(trace_id) AS traces, toUnixTimestamp64Nano(max(start_time)) AS last_ns",
        "trace_roots",
        (),
        "GROUP BY project",
    )
    runs = rows.select(
        "project, uniqExact(run_id) AS runs, toUnixTimestamp64Nano(max(start_time)) AS last_ns",
        "run_spans",
        ["NOT is_rollout"],
        "GROUP BY project",
    )
    statements = [
        traces,
        runs,
        *(
            rows.select(f"project, count() AS {table}", table, (), "GROUP BY project")
            for table in ("spans", "logs", "points")
        ),
    ]
    found: dict[str, dict[str, Any]] = {name: {} for name in retention}
    for statement in statements:
        for row in rows.rows(statement):
            known = found.setdefault(text(row.pop("project")), {})
            last_ns = max(row.pop("last_ns", 0), known.get("last_ns", 0))
            known |= row | {"last_ns": last_ns}
    return [
        {
            "project": name,
            **{count: known.get(count, 0) for count in _COUNTS},
            "last_time": iso_time(known["last_ns"]) if known.get("last_ns") else None,
            "retention_days": retention.get(name),
        }
        for name, known in sorted(found.items())
    ]
