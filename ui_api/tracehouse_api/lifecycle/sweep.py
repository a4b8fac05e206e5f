"""Removing files that nothing refers to any more.

Records of runs name files by their hash, and so do the media of Langfuse's SDKs. A file that was
kept lately stays, whatever refers to it: its record may be on its way.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Column, MetaData, String, Table, select

from tracehouse_api.blobs import Blobs
from tracehouse_api.lifecycle.batches import batches
from tracehouse_api.meta.database import Meta
from tracehouse_api.store import Store
from tracehouse_api.values import text

GRACE_SECONDS = 86_400.0
_HASHES = "arrayJoin(extractAll(body, '[0-9a-f]{64}'))"
_NOT_TEXT = "kind != 'console'"
_media = Table("media", MetaData(), Column("workspace", String), Column("sha256", String))


def files_of_runs(rows: Store, run_ids: Collection[str]) -> set[str]:
    """The hashes that the records of these runs name."""
    found: set[str] = set()
    for some in batches(sorted(run_ids)):
        named = rows.select(
            f"DISTINCT {_HASHES} AS sha256", "run_records",
            [_NOT_TEXT, "run_id IN {runs:Array(String)}"],
        )  # fmt: skip
        found |= {text(row["sha256"]) for row in rows.rows(named, {"runs": some})}
    return found


def remove_unreferenced(
    blobs: Blobs,
    rows: Store,
    meta: Meta,
    workspace: str,
    *,
    now: float,
    grace_seconds: float = GRACE_SECONDS,
    among: Collection[str] | None = None,
) -> int:
    """Remove the workspace's files that nothing names and that are older than the grace; only
    those `among` these hashes, where they are given. How many."""
    if among is None:
        ages = dict(blobs.list(workspace))
    else:
        ages = {one: at for one in among if (at := blobs.modified(workspace, one)) is not None}
    old = {sha256 for sha256, modified in ages.items() if modified < now - grace_seconds}
    gone = old - _named(rows, meta, workspace) if old else old
    for sha256 in gone:
        blobs.delete(workspace, sha256)
    return len(gone)


def _named(rows: Store, meta: Meta, workspace: str) -> set[str]:
    """Every hash that a record or a medium names. What looks like one and is none keeps nothing."""
    found = rows.rows(rows.select(f"DISTINCT {_HASHES} AS sha256", "run_records", [_NOT_TEXT]))
    named = {text(row["sha256"]) for row in found}
    with meta.read() as connection:
        named |= set(
            connection.execute(
                select(_media.c.sha256).where(_media.c.workspace == workspace)
            ).scalars()
        )
    return named
