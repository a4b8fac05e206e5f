"""The traces of subjects: a trace is a subject's when any of its spans says so."""

from __future__ import annotations

from tracehouse_api.filters import Filters
from tracehouse_api.store import Store

OF_SUBJECTS = "subject_id IN {subjects:Array(String)}"
# A true root before the earliest span seen, a finished version of it before a pending one.
_BEST = "(NOT is_root, start_time, bitNot(version))"
_OF_ROOT = (
    "project", "start_time", "status_code", "pending", "duration_ns", "name",
)  # fmt: skip


def trace_ids() -> str:
    """SQL: the traces of the subjects in the parameter `subjects`."""
    return Store.select("trace_id", "trace_cohorts", [OF_SUBJECTS])


def pairs() -> str:
    """SQL: `subject_id` and `trace_id`, each pair once."""
    return Store.select("DISTINCT subject_id, trace_id", "trace_cohorts", [OF_SUBJECTS])


def roots(window: Filters) -> str:
    """SQL: one row for each of these traces: `trace_id`, `first` and `last` (when its spans
    started, as far as the list of traces knows), and of its root `project`, `start_time`,
    `status_code`, `pending`, `duration_ns` and `name`. `window` is about these."""
    grouped = Store.select(
        "trace_id, min(start_time) AS first, max(start_time) AS last,"
        f" argMin(({', '.join(_OF_ROOT)}), {_BEST}) AS best",
        "trace_roots",
        [f"trace_id IN ({trace_ids()})"],
        "GROUP BY trace_id",
    )
    of_root = ", ".join(f"best.{place} AS {name}" for place, name in enumerate(_OF_ROOT, start=1))
    conditions = " AND ".join(window.where) or "true"
    named = f"SELECT trace_id, first, last, {of_root} FROM ({grouped})"
    return f"SELECT * FROM ({named}) WHERE {conditions}"
