"""Subjects in lists: the last seen first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import effective
from tracehouse_api.store import Store
from tracehouse_api.subjects.traces import OF_SUBJECTS, pairs, roots, trace_ids
from tracehouse_api.subjects.usage import usage_rows
from tracehouse_api.usage.counting import Usage, gather
from tracehouse_api.values import iso_time, text

_HAS_SUBJECT = "subject_id != ''"
# A run is seen from its start to its end, or, while it goes on, to when it was last heard of.
_RUN_SEEN = "if(end_ns > 0, greatest(start_ns, end_ns), greatest(start_ns, heartbeat_ns))"


def latest_names(
    rows: Store, project: str | None, q: str | None, after: tuple[int, str] | None, count: int
) -> list[dict[str, Any]]:
    """The next subjects, the last seen first: `name`, `last_ns`."""
    traces, runs, outer = Filters(), Filters(), Filters()
    in_project = Store.select("trace_id", "trace_roots", ["project = {project:String}"])
    traces.add(f"trace_id IN ({in_project})", project=project)
    runs.equal(project=project)
    outer.add("positionCaseInsensitiveUTF8(name, {q:String}) > 0", q=q)
    having = ""
    if after is not None:
        having = "HAVING (last_ns, name) < ({after_ns:Int64}, {after_name:String})"
        outer.parameters |= {"after_ns": after[0], "after_name": after[1]}
    of_traces = Store.select(
        "subject_id AS name, toUnixTimestamp64Nano(max(last_time)) AS seen",
        "trace_cohorts",
        [_HAS_SUBJECT, *traces.where],
        "GROUP BY subject_id",
    )
    of_runs = (
        f"SELECT subject_id AS name, max({_RUN_SEEN}) AS seen"
        f" FROM ({effective([_HAS_SUBJECT, *runs.where])}) GROUP BY subject_id"
    )
    return rows.rows(
        f"SELECT name, max(seen) AS last_ns FROM ({of_traces} UNION ALL {of_runs})"
        f" WHERE {' AND '.join(outer.where) or 'true'} GROUP BY name {having}"
        " ORDER BY last_ns DESC, name DESC LIMIT {count:UInt32}",
        {**traces.parameters, **outer.parameters, "count": count},
    )


def is_known(rows: Store, subject: str) -> bool:
    """Whether a trace or a run names it."""
    parameters = {"subjects": [subject]}
    return bool(
        rows.rows(rows.select("1", "trace_cohorts", [OF_SUBJECTS], "LIMIT 1"), parameters)
        or rows.rows(effective([OF_SUBJECTS], limit="LIMIT 1"), parameters)
    )


def summaries(rows: Store, names: Sequence[str], project: str | None) -> list[dict[str, Any]]:
    """Subjects as they stand in lists, in this order."""
    if not names:
        return []
    window = Filters()
    window.equal(project=project)
    traces, runs = _traces(rows, names, window), _runs(rows, names, window)
    usage = _usage(rows, names, window)
    experiments = _experiments(rows, names)
    return [
        _summary(name, [row for row in (traces.get(name), runs.get(name)) if row])
        | {
            "usage": usage.get(name, Usage()).json(),
            "experiments": sorted(
                {text(one) for known in (experiments, runs) for one in _seen(known.get(name))}
            ),
        }
        for name in names
        if name in traces or name in runs
    ]


def _seen(row: dict[str, Any] | None) -> list[bytes]:
    return row["experiments"] if row else []


def _summary(name: str, known: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "subject": name,
        "first_time": iso_time(min(row["first_ns"] for row in known)),
        "last_time": iso_time(max(row["last_ns"] for row in known)),
        **{
            count: sum(row.get(count, 0) for row in known)
            for count in ("trace_count", "error_count", "run_count")
        },
    }


def _traces(rows: Store, names: Sequence[str], window: Filters) -> dict[str, dict[str, Any]]:
    return _by_name(
        rows,
        "SELECT subject_id AS name, count() AS trace_count,"
        " countIf(status_code = 'error') AS error_count,"
        " toUnixTimestamp64Nano(min(first)) AS first_ns,"
        " toUnixTimestamp64Nano(max(last)) AS last_ns"
        f" FROM ({pairs()}) AS of INNER JOIN ({roots(window)}) AS trace USING (trace_id)"
        " GROUP BY name",
        names,
        window,
    )


def _runs(rows: Store, names: Sequence[str], window: Filters) -> dict[str, dict[str, Any]]:
    return _by_name(
        rows,
        "SELECT subject_id AS name, count() AS run_count, min(start_ns) AS first_ns,"
        f" max({_RUN_SEEN}) AS last_ns,"
        " groupUniqArrayIf(toString(experiment), experiment != '') AS experiments"
        f" FROM ({effective([OF_SUBJECTS, *window.where])}) GROUP BY name",
        names,
        window,
    )


def _experiments(rows: Store, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The experiments that their traces were in, whichever span says so."""
    cohorts = Store.select(
        "DISTINCT trace_id, experiment", "trace_cohorts",
        ["experiment != ''", f"trace_id IN ({trace_ids()})"],
    )  # fmt: skip
    return _by_name(
        rows,
        "SELECT subject_id AS name, groupUniqArray(toString(experiment)) AS experiments"
        f" FROM ({pairs()}) AS of INNER JOIN ({cohorts}) AS cohort USING (trace_id) GROUP BY name",
        names,
        Filters(),
    )


def _by_name(
    rows: Store, statement: str, names: Sequence[str], window: Filters
) -> dict[str, dict[str, Any]]:
    found = rows.rows(statement, {**window.parameters, "subjects": list(names)})
    return {text(row["name"]): row for row in found}


def _usage(rows: Store, names: Sequence[str], window: Filters) -> dict[str, Usage]:
    of = f"INNER JOIN ({pairs()}) AS of USING (trace_id)"
    found = usage_rows(rows, names, window, "subject_id", of)
    groups = gather(found, "subject_id", pricing=rows.pricing)
    return {text(key[0]): usage for key, usage in groups.items()}  # pyright: ignore
