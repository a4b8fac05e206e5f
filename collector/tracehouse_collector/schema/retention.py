"""Retention: how long rows stay, as ClickHouse TTLs, brought in line at each start."""

from __future__ import annotations

import logging

from tracehouse_collector.schema.migrate import Executor
from tracehouse_collector.settings import Retention

logger = logging.getLogger(__name__)

# table → (the setting that governs it, the column that its age is counted from)
_TABLES = {
    "spans": ("spans", "start_time"),
    "trace_roots": ("spans", "start_time"),
    "trace_cohorts": ("spans", "last_time"),
    "calls": ("spans", "day"),
    "scores": ("spans", "time"),
    "logs": ("logs", "time"),
    "points": ("metrics", "time"),
    "histograms": ("metrics", "time"),
    "exponential_histograms": ("metrics", "time"),
    "summaries": ("metrics", "time"),
    "run_metrics": ("run_metrics", "time"),
    "run_records": ("run_metrics", "time"),
    "run_spans": ("run_metrics", "start_time"),
    "rejects": ("rejects", "received_time"),
}


def apply_retention(
    database: Executor, name: str, retention: Retention, cluster: str | None = None
) -> None:
    """Give each table the TTL that the settings ask for; touch none that already has it."""
    for table, (setting, column) in _TABLES.items():
        physical = f"{table}_local" if cluster else table
        on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
        days: int = getattr(retention, setting)
        wanted = f"{column} + toIntervalDay({days})" if days else ""
        found = database.rows(
            "SELECT extract(create_table_query, 'TTL (.+?) (?:SETTINGS|COMMENT)') FROM "
            f"system.tables WHERE database = '{name}' AND name = '{physical}'"
        )
        if not found or found[0][0].strip() == wanted:
            continue
        change = f"MODIFY TTL {wanted}" if wanted else "REMOVE TTL"
        # Old parts lose their rows with their next merge, not in one rewrite at start.
        database.command(
            f"ALTER TABLE {physical}{on_cluster} {change} SETTINGS materialize_ttl_after_modify = 0"
        )
        logger.info("%s: rows are kept %s", table, f"{days} days" if days else "for ever")
