"""Erasing rows for good, and counting them: of traces, of runs, of a project.

A trace goes whole: its spans, log records, scores, and the calls of models in it. A run goes with
every trace of which a span names it, so with its rollouts. What was erased by halves, because the
server was stopped, is found again by the same request: what leads to the rest goes last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

from tracehouse_api.lifecycle.batches import batches
from tracehouse_api.store import Store, Table
from tracehouse_api.trace_roots import IN_TRACES, traces
from tracehouse_api.values import text
from tracehouse_semconv.attributes import TRACEHOUSE_RUN_ID, TRACEHOUSE_SUBJECT_ID

# What tells the rows of a table from each other, versions aside.
_POINT = "metric_name, series, time"
_IDENTITY: dict[Table, str] = {
    "spans": "trace_id, span_id",
    "trace_roots": "trace_id",
    "trace_cohorts": "subject_id, project, experiment, variant, trace_id",
    "calls": "day, call_id",
    "scores": "score_id",
    "logs": "time, request_id, ordinal",
    "points": _POINT,
    "histograms": _POINT,
    "exponential_histograms": _POINT,
    "summaries": _POINT,
    "run_spans": "is_rollout, run_id, step, trace_id",
    "run_metrics": "run_id, key, step",
    "run_records": "run_id, kind, key, step, ordinal",
    "run_summary": "run_id, key",
    "devices": "machine, project, service, signal",
    "rejects": "received_time, signal, reason, cityHash64(record)",
}
_OF_TRACES: tuple[Table, ...] = (
    "logs", "scores", "calls", "run_spans", "spans", "trace_roots", "trace_cohorts",
)  # fmt: skip
_POINTS: tuple[Table, ...] = ("points", "histograms", "exponential_histograms", "summaries")
_OF_RUNS: tuple[Table, ...] = (
    "logs", "scores", "run_summary", "run_metrics", "run_records", "run_spans",
)  # fmt: skip
_OF_PROJECT: tuple[Table, ...] = (
    "logs", "calls", *_POINTS, "run_metrics", "run_records", "devices", "run_spans", "spans",
    "trace_roots", "trace_cohorts",
)  # fmt: skip
_TIMES: dict[Table, str] = {
    "logs": "time",
    "points": "time",
    "histograms": "time",
    "exponential_histograms": "time",
    "summaries": "time",
    "calls": "start_time",
    "spans": "start_time",
    "trace_roots": "start_time",
    "trace_cohorts": "last_time",
}
_CUTOFF = "fromUnixTimestamp64Nano({cutoff_ns:Int64}, 'UTC')"
_IN_RUNS = "run_id IN {runs:Array(String)}"
_POINT_IN_RUNS = f"attributes['{TRACEHOUSE_RUN_ID}'] IN {{runs:Array(String)}}"
_IN_PROJECT = "project = {project:String}"
_IS_SCORE = "event_name = 'gen_ai.evaluation.result'"
_IN_SESSIONS = "session_id IN {sessions:Array(String)}"
_NAMES_SUBJECT = f"attributes['{TRACEHOUSE_SUBJECT_ID}'] = {{subject:String}}"
# What was rejected is kept as JSON, its attributes as JSON in that; those of points as two lists.
_REJECT_IN_TRACES = "JSONExtractString(record, 'trace_id') IN {traces:Array(String)}"
_REJECT_NAMES_SUBJECT = (
    f"(JSONExtractString(JSONExtractString(record, 'attributes'), '{TRACEHOUSE_SUBJECT_ID}')"
    " = {subject:String} OR has(JSONExtract(JSONExtractString(record, 'attribute_texts'),"
    " 'Array(String)'), {subject:String})"
    f" AND has(JSONExtract(JSONExtractString(record, 'attribute_keys'), 'Array(String)'),"
    f" '{TRACEHOUSE_SUBJECT_ID}'))"
)
_OF_NO_TRACE = "trace_id = toFixedString('', 16)"
_OF_NOTHING = f"{_OF_NO_TRACE} AND run_id = ''"

# How the answer calls the rows of some tables.
_NAMES: dict[Table, str] = {
    "trace_roots": "traces",
    "trace_cohorts": "cohorts",
    "run_spans": "runs_and_rollouts",
    "histograms": "points",
    "exponential_histograms": "points",
    "summaries": "points",
}


class Eraser:
    """Erases rows of one workspace. `counts`: how many there were, by what they are; a row in
    several versions is one."""

    def __init__(self, rows: Store) -> None:
        self._rows = rows
        self.counts: dict[str, int] = {}

    def traces(self, trace_ids: Collection[bytes]) -> None:
        """Everything of these traces."""
        for some in batches(sorted(trace_ids)):
            for table in _OF_TRACES:
                self._erase(table, [IN_TRACES], traces(some))
            hexes = [trace_id.hex() for trace_id in some]
            self._erase("rejects", [_REJECT_IN_TRACES], {"traces": hexes})

    def sessions(self, sessions: Collection[str]) -> None:
        """What is of these sessions without being of a trace: log records of agents that send no
        spans, the calls in them, and scores of the whole session."""
        for some in batches(sorted(sessions)):
            for table in ("logs", "scores", "calls"):
                self._erase(table, [_IN_SESSIONS, _OF_NO_TRACE], {"sessions": some})

    def naming_subject(self, subject: str) -> None:
        """Log records and points that name a subject, and such as were rejected."""
        for table in ("logs", *_POINTS):
            self._erase(table, [_NAMES_SUBJECT], {"subject": subject})
        self._erase("rejects", [_REJECT_NAMES_SUBJECT], {"subject": subject})

    def runs(self, run_ids: Collection[str]) -> None:
        """What these runs logged, and what they are. Their traces are erased as such."""
        for some in batches(sorted(run_ids)):
            given = {"runs": some}
            for table in _POINTS:
                self._erase(table, [_POINT_IN_RUNS], given)
            for table in _OF_RUNS:
                self._erase(table, [_IN_RUNS], given)

    def project(self, project: str) -> None:
        """Every row of a project: of a trace that others have spans in, only its own. A score goes
        with what it judges, since it may have been given under another project's name."""
        given = {"project": project}
        inside = Store.select("trace_id", "trace_roots", [_IN_PROJECT])
        in_metrics = Store.select("run_id", "run_metrics", [_IN_PROJECT])
        self._erase("scores", [scores_of_project()], given)
        self._erase("logs", [_IS_SCORE, f"trace_id IN ({inside})"], given)
        self._erase("run_summary", [f"run_id IN ({in_metrics})"], given)
        for table in _OF_PROJECT:
            self._erase(table, [_IN_PROJECT], given)

    def everything(self) -> None:
        """Every row of the workspace."""
        for table in get_args(Table):
            self._rows.delete(table, (), {})

    def older_than(self, project: str, cutoff_ns: int) -> None:
        """What a project has from before a time, in Unix nanoseconds. A run goes whole, when it was
        last heard of before that."""
        given = {"project": project, "cutoff_ns": cutoff_ns}
        ended = self._rows.rows(
            self._rows.select(
                "run_id", "run_spans",
                [_IN_PROJECT, "NOT is_rollout", f"heartbeat_time < {_CUTOFF}"],
                final=True,
            ),
            given,
        )  # fmt: skip
        for some in batches([text(row["run_id"]) for row in ended]):
            for table in ("run_summary", "run_metrics", "run_records", "run_spans"):
                self._erase(table, [_IN_RUNS], {"runs": some})
        gone = Store.select("trace_id", "trace_roots", [_IN_PROJECT, f"start_time < {_CUTOFF}"])
        stays = f"(project != {{project:String}} OR start_time >= {_CUTOFF})"
        kept = Store.select("trace_id", "trace_roots", [stays])
        of_gone = [f"trace_id IN ({gone})", f"trace_id NOT IN ({kept})"]
        self._erase("scores", of_gone, given)
        self._erase("scores", [_OF_NOTHING, _IN_PROJECT, f"time < {_CUTOFF}"], given)
        for table, column in _TIMES.items():
            self._erase(table, [_IN_PROJECT, f"{column} < {_CUTOFF}"], given)

    def _erase(self, table: Table, where: Sequence[str], parameters: Mapping[str, Any]) -> None:
        counted = self._rows.select(f"uniqExact({_IDENTITY[table]}) AS n", table, where)
        count = self._rows.rows(counted, parameters)[0]["n"]
        if count:
            self._rows.delete(table, where, parameters)
            name = _NAMES.get(table, table)
            self.counts[name] = self.counts.get(name, 0) + count


def traces_of_runs(rows: Store, run_ids: Sequence[str]) -> set[bytes]:
    """The traces of which a span names one of these runs."""
    named = [
        rows.select("DISTINCT trace_id", table, [_IN_RUNS, "trace_id != toFixedString('', 16)"])
        for table in ("spans", "trace_roots", "run_spans")
    ]
    found = rows.rows(" UNION DISTINCT ".join(named), {"runs": list(run_ids)})
    return {row["trace_id"] for row in found}


def traces_of_subject(rows: Store, subject: str) -> set[bytes]:
    """The traces of which a span names the subject."""
    named = rows.select("DISTINCT trace_id", "trace_cohorts", ["subject_id = {subject:String}"])
    return {row["trace_id"] for row in rows.rows(named, {"subject": subject})}


def sessions_of_traces(rows: Store, trace_ids: Collection[bytes]) -> set[str]:
    """The sessions that only these traces are in."""
    found: set[str] = set()
    for some in batches(sorted(trace_ids)):
        inside = rows.select("DISTINCT session_id", "trace_roots", [IN_TRACES, "session_id != ''"])
        found |= {text(row["session_id"]) for row in rows.rows(inside, traces(some))}
    for sessions in batches(sorted(found)):
        all_of_them = rows.select("DISTINCT session_id, trace_id", "trace_roots", [_IN_SESSIONS])
        for row in rows.rows(all_of_them, {"sessions": sessions}):
            if row["trace_id"] not in trace_ids:
                found.discard(text(row["session_id"]))
    return found


def runs_of_subject(rows: Store, subject: str) -> set[str]:
    """The runs that name the subject, in any version."""
    named = rows.select(
        "DISTINCT run_id", "run_spans", ["subject_id = {subject:String}", "NOT is_rollout"]
    )
    return {text(row["run_id"]) for row in rows.rows(named, {"subject": subject})}


def scores_of_project() -> str:
    """SQL: a condition on scores, that what they judge is in the project of the parameter."""
    traces = Store.select("trace_id", "trace_roots", [_IN_PROJECT])
    runs = Store.select("run_id", "run_spans", [_IN_PROJECT])
    return (
        f"(trace_id IN ({traces}) OR {_OF_NO_TRACE} AND run_id IN ({runs})"
        f" OR {_OF_NOTHING} AND {_IN_PROJECT})"
    )


def traces_of_project(rows: Store, project: str) -> set[bytes]:
    """The traces of which nothing lies outside the project."""
    inside = rows.select("DISTINCT trace_id", "trace_roots", [_IN_PROJECT])
    outside = rows.select("trace_id", "trace_roots", ["project != {project:String}"])
    found = rows.rows(f"{inside} AND trace_id NOT IN ({outside})", {"project": project})
    return {row["trace_id"] for row in found}


def runs_of_project(rows: Store, project: str) -> set[str]:
    """The runs of a project."""
    named = rows.select("DISTINCT run_id", "run_spans", [_IN_PROJECT, "NOT is_rollout"])
    return {text(row["run_id"]) for row in rows.rows(named, {"project": project})}
