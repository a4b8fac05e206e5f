"""Removing files that nothing refers to any more.

Records of runs name files by their hash, and so do checkpoints in traces and the media of
Langfuse's SDKs. A file that was kept lately stays, whatever refers to it: its record may be on its
way.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from tracehouse_api.blobs import Blobs
from tracehouse_api.content.checkpoints import CHECKPOINT, OUTPUT
from tracehouse_api.langfuse.media_tables import media, media_traces
from tracehouse_api.lifecycle.batches import batches
from tracehouse_api.meta.database import Meta
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.values import text

GRACE_SECONDS = 86_400.0
_HASHES = "arrayJoin(extractAll(body, '[0-9a-f]{64}'))"
_NOT_TEXT = "kind != 'console'"
_IS_CHECKPOINT = f"startsWith(name, '{CHECKPOINT}')"
_KEPT = f"arrayJoin(extractAll(attributes['{OUTPUT}'], '[0-9a-f]{{64}}'))"


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


def files_of_traces(
    rows: Store, meta: Meta, workspace: str, trace_ids: Collection[bytes]
) -> set[str]:
    """The hashes that checkpoints in these traces name, and of media that were made for them."""
    found: set[str] = set()
    for some in batches(sorted(trace_ids)):
        kept = rows.select(f"DISTINCT {_KEPT} AS sha256", "spans", [IN_TRACES, _IS_CHECKPOINT])
        found |= {text(row["sha256"]) for row in rows.rows(kept, traces(some))}
    with meta.read() as connection:
        for some in batches(sorted(trace_id.hex() for trace_id in trace_ids)):
            made = select(media.c.sha256).join(
                media_traces,
                (media.c.workspace == media_traces.c.workspace)
                & (media.c.media_id == media_traces.c.media_id),
            )
            found |= set(
                connection.execute(
                    made.where(media.c.workspace == workspace, media_traces.c.trace_id.in_(some))
                ).scalars()
            )
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
    statements = (
        rows.select(f"DISTINCT {_HASHES} AS sha256", "run_records", [_NOT_TEXT]),
        rows.select(f"DISTINCT {_KEPT} AS sha256", "spans", [_IS_CHECKPOINT]),
    )
    named = {text(row["sha256"]) for found in map(rows.rows, statements) for row in found}
    with meta.read() as connection:
        named |= set(
            connection.execute(
                select(media.c.sha256).where(media.c.workspace == workspace)
            ).scalars()
        )
    return named
