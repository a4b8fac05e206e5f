"""What the traces of subjects used.

As in `usage/of_traces.py`, a call is known by its id alone: what else `usage/calls.py` knows of
emitters that report a call twice takes a look at all calls of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.subjects.asked import Asked
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.usage.counting import SUMS, TOKENS, tier

_ZEROS = bytes(16)
_OF_CALL = ("trace_id", "provider", "model", "cost_usd", *TOKENS)


def usage_rows(
    rows: Store, asked: Asked, group_by: str = "", join: str = ""
) -> Iterator[dict[str, Any]]:
    """Rows of sums, as `Usage.add` takes them, over the calls in these subjects' traces, each once.
    `join` follows the calls, and may give the column `group_by`."""
    # Each column costs, because the calls of a subject lie scattered over all of them.
    columns = (*_OF_CALL, *(["project"] if rows.pricing.by_project else []))
    # The last of the versions that a merge has not yet made one.
    latest = rows.select(
        f"day, argMax(({', '.join(columns)}), version) AS latest",
        "calls",
        [*asked.within, f"trace_id IN ({asked.trace_ids()})"],
        "GROUP BY day, call_id",
    )
    named = ", ".join(f"latest.{place} AS {name}" for place, name in enumerate(columns, start=1))
    calls = f"SELECT day, {named} FROM ({latest})"
    keys = ["of_trace", *rows.pricing.depends_on, *([group_by] if group_by else [])]
    shown = [key for key in keys if key not in ("of_trace", "tier", "has_cost")]
    found = rows.rows(
        f"SELECT if(model = '', trace_id, toFixedString('', 16)) AS of_trace, {', '.join(shown)},"
        f" {tier()} AS tier, {SUMS} FROM ({calls}) AS call {join} GROUP BY {', '.join(keys)}",
        asked.parameters,
    )
    # A call that names no model has that of its trace.
    models = _models(rows, {row["of_trace"] for row in found} - {_ZEROS})
    for row in found:
        yield row | {"model": row["model"] or models.get(row["of_trace"], b"")}


def _models(rows: Store, trace_ids: set[bytes]) -> dict[bytes, bytes]:
    if not trace_ids:
        return {}
    found = rows.rows(
        rows.select(
            "trace_id, max(model) AS model", "trace_roots", [IN_TRACES], "GROUP BY trace_id"
        ),
        traces(trace_ids),
    )
    return {row["trace_id"]: row["model"] for row in found}
