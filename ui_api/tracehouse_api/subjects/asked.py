"""Which subjects are asked for, in which project and time, and the SQL of what is theirs.

A trace is a subject's when any of its spans says so, and in a project when that span is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import effective
from tracehouse_api.store import Store

_NAMED = "subject_id IN {subjects:Array(String)}"
# A true root before the earliest span seen, a finished version of it before a pending one.
_BEST = "(NOT is_root, start_time, bitNot(version))"
_OF_ROOT = (
    "project", "start_time", "status_code", "pending", "duration_ns", "name",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Subjects; a project; and when their traces and runs started, in Unix nanoseconds. None asks
    for all."""

    subjects: Sequence[str]
    project: str | None = None
    start: int | None = None
    end: int | None = None

    @cached_property
    def _named(self) -> Filters:
        filters = Filters()
        filters.add(_NAMED, subjects=list(self.subjects))
        filters.equal(project=self.project)
        return filters

    @cached_property
    def _window(self) -> Filters:
        filters = Filters()
        filters.within("start_time", self.start, self.end)
        return filters

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements here take."""
        return {**self._named.parameters, **self._window.parameters}

    @property
    def within(self) -> list[str]:
        """Conditions on `start_time`."""
        return self._window.where

    def cohorts(self, columns: str, where: Sequence[str] = (), tail: str = "") -> str:
        """Rows of `trace_cohorts` that name the subjects."""
        return Store.select(columns, "trace_cohorts", [*self._named.where, *where], tail)

    def trace_ids(self) -> str:
        """Their traces, of any time."""
        return self.cohorts("trace_id")

    def pairs(self) -> str:
        """`subject_id` and `trace_id`, each pair once."""
        return self.cohorts("DISTINCT subject_id, trace_id")

    def roots(self) -> str:
        """One row for each of their traces of that time: `trace_id`, `first` and `last` (when its
        spans started, as far as the list of traces knows), and of its root `project`, `start_time`,
        `status_code`, `pending`, `duration_ns` and `name`."""
        grouped = Store.select(
            "trace_id, min(start_time) AS first, max(start_time) AS last,"
            f" argMin(({', '.join(_OF_ROOT)}), {_BEST}) AS best",
            "trace_roots",
            [f"trace_id IN ({self.trace_ids()})"],
            "GROUP BY trace_id",
        )
        named = ", ".join(f"best.{place} AS {name}" for place, name in enumerate(_OF_ROOT, start=1))
        conditions = " AND ".join(self.within) or "true"
        return (
            f"SELECT * FROM (SELECT trace_id, first, last, {named} FROM ({grouped}))"
            f" WHERE {conditions}"
        )

    def runs(self) -> str:
        """Their runs of that time, the newest first."""
        return effective([*self._named.where, *self.within], "ORDER BY start_ns DESC, run_id")

    def has_runs(self) -> str:
        """A row, where a run names one of them: most subjects have none, and that is told sooner
        than what their runs are."""
        return Store.select("1", "run_spans", self._named.where, "LIMIT 1")
