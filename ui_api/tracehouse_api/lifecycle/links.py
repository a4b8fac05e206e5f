"""What the metadata database says of traces and runs, when these are erased."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, exists, select, update

from tracehouse_api.datasets.tables import items, run_items
from tracehouse_api.identity.tables import share_links
from tracehouse_api.langfuse.media_tables import media, media_traces
from tracehouse_api.lifecycle.batches import batches
from tracehouse_api.meta.database import Meta


def clear_links(
    meta: Meta, workspace: str, trace_ids: Collection[bytes], run_ids: Collection[str] = ()
) -> dict[str, int]:
    """Take the traces out of what was made from them: items of datasets stay, and forget where they
    are from; runs over datasets lose these results; media go with the last trace that they were
    made for; links to what is gone lead nowhere. How many of each."""
    counts: dict[str, int] = {}
    hexes = sorted(trace_id.hex() for trace_id in trace_ids)
    targets = {"trace": hexes, "run": sorted(run_ids)}
    with meta.begin() as connection:

        def count(name: str, statement: object) -> None:
            done = connection.execute(statement).rowcount  # pyright: ignore
            if done:
                counts[name] = counts.get(name, 0) + done

        for some in batches(hexes):
            count(
                "dataset_item_sources",
                update(items)
                .where(items.c.workspace == workspace, items.c.source_trace_id.in_(some))
                .values(source_trace_id=None, source_span_id=None),
            )
            count(
                "dataset_run_items",
                delete(run_items).where(
                    run_items.c.workspace == workspace, run_items.c.trace_id.in_(some)
                ),
            )
            made_for = media_traces.c.workspace == workspace, media_traces.c.trace_id.in_(some)
            mine = connection.execute(select(media_traces.c.media_id).where(*made_for)).scalars()
            lost = sorted(set(mine))
            connection.execute(delete(media_traces).where(*made_for))
            elsewhere = exists().where(
                media_traces.c.workspace == media.c.workspace,
                media_traces.c.media_id == media.c.media_id,
            )
            for few in batches(lost):
                count(
                    "media",
                    delete(media).where(
                        media.c.workspace == workspace, media.c.media_id.in_(few), ~elsewhere
                    ),
                )
        for kind, named in targets.items():
            for some in batches(named):
                count(
                    "share_links",
                    delete(share_links).where(
                        share_links.c.workspace == workspace,
                        share_links.c.kind == kind,
                        share_links.c.target.in_(some),
                    ),
                )
    return counts
