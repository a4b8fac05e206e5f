"""A project as files: a Parquet file a table, and the files that its runs logged.

What comes back goes into the workspace of whoever brings it, whatever the file says. The keys of
the tables hold a row's identity, so bringing it twice changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from tracehouse_api.blobs import Blobs
from tracehouse_api.lifecycle.erasing import runs_of_project, scores_of_project
from tracehouse_api.lifecycle.sweep import files_of_runs
from tracehouse_api.store import Store
from tracehouse_collector.clickhouse.database import Database

FORMAT = 1

# What a project is made of. `run_summary` is made anew of `run_metrics`.
Exported = Literal[
    "spans", "trace_roots", "trace_cohorts", "calls", "scores", "logs", "points", "histograms",
    "exponential_histograms", "summaries", "run_spans", "run_metrics", "run_records",
]  # fmt: skip
TABLES: tuple[Exported, ...] = get_args(Exported)
_IN_PROJECT = "project = {project:String}"
_LAST = (
    "argMaxState((value, toInt8(value_type), value_int), (step, version)) AS last,"
    " max(step) AS last_step"
)


def contents(database: Database, rows: Store, blobs: Blobs, workspace: str, project: str) -> Any:
    """What an export has: `format`, `project`, `schema` (the newest migration), `tables` with how
    many rows, versions counted, and `files` with their sizes."""
    (newest,) = database.rows("SELECT max(name) FROM schema_migrations")
    given = {"project": project}
    counts = {table: rows.rows(_select("count() AS n", table), given)[0]["n"] for table in TABLES}
    files = sorted(files_of_runs(rows, runs_of_project(rows, project)))
    sizes = {sha256: blobs.size(workspace, sha256) for sha256 in files}
    return {
        "format": FORMAT,
        "project": project,
        "schema": newest[0],
        "tables": counts,
        "files": {sha256: size for sha256, size in sizes.items() if size is not None},
    }


def export_table(rows: Store, table: Exported, project: str, file: Path) -> None:
    """Write a project's rows of a table, all versions, to a file that is not there yet."""
    columns = ", ".join(f"`{name}`" for name in rows.columns(table))
    rows.save_parquet(_select(columns, table), {"project": project}, file)


def import_table(rows: Store, table: Exported, project: str, file: Path) -> None:
    """Add what `export_table` wrote to the caller's rows, as this project's. Raises
    clickhouse-connect's errors for what it did not write."""
    rows.insert_parquet(table, file, project)
    if table == "run_metrics":
        rows.insert_selected(
            "run_summary",
            rows.select(
                f"workspace, run_id, key, {_LAST}", "run_metrics", [_IN_PROJECT, "has_step"],
                "GROUP BY workspace, run_id, key",
            ),
            {"project": project},
        )  # fmt: skip


def _select(columns: str, table: Exported) -> str:
    condition = scores_of_project() if table == "scores" else _IN_PROJECT
    return Store.select(columns, table, [condition])
