"""What was deleted leaves the disk: a DELETE only hides rows until their part is next merged."""

from __future__ import annotations

from tracehouse_collector.schema.migrate import Executor


def purge_deleted(database: Executor, name: str, cluster: str | None = None) -> list[str]:
    """Write the parts that hold deleted rows anew, without them. The tables that had any."""
    on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
    found = database.rows(
        "SELECT DISTINCT table FROM system.parts"
        f" WHERE database = '{name}' AND active AND has_lightweight_delete ORDER BY table"
    )
    tables = [row[0] for row in found]
    for table in tables:
        database.command(f"ALTER TABLE {table}{on_cluster} APPLY DELETED MASK")
    return tables
