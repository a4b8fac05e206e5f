"""What the traces of subjects used.

As in `usage/of_traces.py`, a call is known by its id alone: what else `usage/calls.py` knows of
emitters that report a call twice takes a look at all calls of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store
from tracehouse_api.subjects.traces import trace_ids
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.usage.counting import SUMS, TOKENS, tier

_ZEROS = bytes(16)


def usage_rows(
    rows: Store, subjects: Sequence[str], window: Filters, group_by: str = "", join: str = ""
) -> Iterator[dict[str, Any]]:
    """Rows of sums, as `Usage.add` takes them, over the calls in these subjects' traces, each once.
    `window` is about `project` and `start_time` of calls; `join` follows the calls, and may give
    the column `group_by`."""
    calls = rows.select(
        f"trace_id, provider, project, model, day, cost_usd, {', '.join(TOKENS)}",
        "calls",
        [*window.where, f"trace_id IN ({trace_ids()})"],
        # Versions that a merge has not yet made one.
        "ORDER BY version DESC LIMIT 1 BY day, call_id",
    )
    keys = ["of_trace", *rows.pricing.depends_on, *([group_by] if group_by else [])]
    shown = [key for key in keys if key not in ("of_trace", "tier", "has_cost")]
    found = rows.rows(
        f"SELECT if(model = '', trace_id, toFixedString('', 16)) AS of_trace, {', '.join(shown)},"
        f" {tier()} AS tier, {SUMS} FROM ({calls}) AS call {join} GROUP BY {', '.join(keys)}",
        {**window.parameters, "subjects": list(subjects)},
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
