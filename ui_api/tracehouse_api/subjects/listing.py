"""Subjects in lists: the last seen first."""

from __future__ import annotations

from typing import Any

from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import effective
from tracehouse_api.store import Store
from tracehouse_api.subjects.asked import Asked
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
    inner, outer = Filters(), Filters()
    inner.equal(project=project)
    outer.add("positionCaseInsensitiveUTF8(name, {q:String}) > 0", q=q)
    having = ""
    if after is not None:
        having = "HAVING (last_ns, name) < ({after_ns:Int64}, {after_name:String})"
        outer.parameters |= {"after_ns": after[0], "after_name": after[1]}
    of_traces = Store.select(
        "subject_id AS name, toUnixTimestamp64Nano(max(last_time)) AS seen",
        "trace_cohorts",
        [_HAS_SUBJECT, *inner.where],
        "GROUP BY subject_id",
    )
    of_runs = (
        f"SELECT subject_id AS name, max({_RUN_SEEN}) AS seen"
        f" FROM ({effective([_HAS_SUBJECT, *inner.where])}) GROUP BY subject_id"
    )
    return rows.rows(
        f"SELECT name, max(seen) AS last_ns FROM ({of_traces} UNION ALL {of_runs})"
        f" WHERE {' AND '.join(outer.where) or 'true'} GROUP BY name {having}"
        " ORDER BY last_ns DESC, name DESC LIMIT {count:UInt32}",
        {**inner.parameters, **outer.parameters, "count": count},
    )


def is_known(rows: Store, subject: str) -> bool:
    """Whether a trace or a run names it."""
    asked = Asked([subject])
    return bool(
        rows.rows(asked.cohorts("1", tail="LIMIT 1"), asked.parameters)
        or rows.rows(f"SELECT 1 FROM ({asked.runs()}) LIMIT 1", asked.parameters)
    )


def summaries(rows: Store, asked: Asked) -> list[dict[str, Any]]:
    """Subjects as they stand in lists, in this order."""
    if not asked.subjects:
        return []
    traces, runs = _traces(rows, asked), _runs(rows, asked)
    usage, experiments = _usage(rows, asked), _experiments(rows, asked)
    return [
        _summary(name, [row for row in (traces.get(name), runs.get(name)) if row])
        | {
            "usage": usage.get(name, Usage()).json(),
            "experiments": sorted(
                {text(one) for known in (experiments, runs) for one in _seen(known.get(name))}
            ),
        }
        for name in asked.subjects
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


def _traces(rows: Store, asked: Asked) -> dict[str, dict[str, Any]]:
    return _by_name(
        rows,
        asked,
        "SELECT subject_id AS name, count() AS trace_count,"
        " countIf(status_code = 'error') AS error_count,"
        " toUnixTimestamp64Nano(min(first)) AS first_ns,"
        " toUnixTimestamp64Nano(max(last)) AS last_ns"
        f" FROM ({asked.pairs()}) AS of INNER JOIN ({asked.roots()}) AS trace USING (trace_id)"
        " GROUP BY name",
    )


def _runs(rows: Store, asked: Asked) -> dict[str, dict[str, Any]]:
    return _by_name(
        rows,
        asked,
        "SELECT subject_id AS name, count() AS run_count, min(start_ns) AS first_ns,"
        f" max({_RUN_SEEN}) AS last_ns,"
        " groupUniqArrayIf(toString(experiment), experiment != '') AS experiments"
        f" FROM ({asked.runs()}) GROUP BY name",
    )


def _experiments(rows: Store, asked: Asked) -> dict[str, dict[str, Any]]:
    """The experiments that are named beside them."""
    return _by_name(
        rows,
        asked,
        asked.cohorts(
            "subject_id AS name, groupUniqArray(toString(experiment)) AS experiments",
            ["experiment != ''"],
            "GROUP BY name",
        ),
    )


def _by_name(rows: Store, asked: Asked, statement: str) -> dict[str, dict[str, Any]]:
    return {text(row["name"]): row for row in rows.rows(statement, asked.parameters)}


def _usage(rows: Store, asked: Asked) -> dict[str, Usage]:
    of = f"INNER JOIN ({asked.pairs()}) AS of USING (trace_id)"
    groups = gather(usage_rows(rows, asked, "subject_id", of), "subject_id", pricing=rows.pricing)
    return {text(key[0]): usage for key, usage in groups.items()}  # pyright: ignore
