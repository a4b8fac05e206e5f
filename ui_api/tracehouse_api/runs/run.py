"""A run as it is now: its own last word, what was set from outside, and whether it still lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracehouse_api.store import Store
from tracehouse_api.values import hex_id, iso_time, milliseconds, number, text, typed

# What somebody set from outside outweighs what the run says of itself (`tracehouse.run.update`).
_EDITS = (
    "run_id, CAST(groupArray((key, body)), 'Map(String, String)') AS edits,"
    " toUnixTimestamp64Nano(max(time)) AS edited_ns"
)
_CONFIG_EDIT = "config."
_ALIVE_FACTOR, _ALIVE_GRACE = 4, 5
_NUMBER_TYPES = {4: "double", 6: "int"}


def edited(name: str, own: str) -> str:
    """SQL: the text set from outside under this name, or the run's own."""
    return f"if(mapContains(edits, '{name}'), JSONExtractString(edits['{name}']), {own})"


# A run that has not been heard of for some heartbeats was ended by something it could not tell.
_OWN_STATUS = (
    "if(status = 'running' AND heartbeat_seconds > 0 AND heartbeat_time < now64(9) - "
    f"toIntervalSecond(toUInt32({_ALIVE_FACTOR} * heartbeat_seconds + {_ALIVE_GRACE})), "
    "'crashed', status)"
)
STATUS = edited("status", _OWN_STATUS)
NAME = edited("name", "name")

_COLUMNS = f"""
    run_id, project, {NAME} AS shown_name, client_id, {STATUS} AS shown_status,
    start_time, end_time, heartbeat_time,
    toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns,
    toUnixTimestamp64Nano(heartbeat_time) AS heartbeat_ns,
    config, summary, tags, {edited("notes", "notes")} AS shown_notes, run_group, job_type, sweep_id,
    {edited("hf_dataset", "dataset")} AS shown_dataset,
    {edited("hf_dataset_split", "dataset_split")} AS shown_dataset_split,
    {edited("hf_model", "model")} AS shown_model,
    {edited("hf_model_revision", "model_revision")} AS shown_model_revision,
    subject_id, experiment, variant, in_trace, machine, host, service, error, edits
"""


def effective(where: Sequence[str], order: str = "", sort_key: str = "", limit: str = "") -> str:
    """A query over runs that were not deleted, what was set from outside beside each."""
    return f"{shown_runs(where, sort_key)} {order} {limit} SETTINGS join_use_nulls = 0"


def shown_runs(where: Sequence[str], sort_key: str = "") -> str:
    """The same without an order and a limit. Needs join_use_nulls = 0."""
    runs = Store.select("*", "run_spans", ["NOT is_rollout"], final=True)
    edits = Store.select(_EDITS, "run_records", ["kind = 'update'"], "GROUP BY run_id", final=True)
    conditions = " AND ".join(("edits['deleted'] != 'true'", *where))
    key = f", {sort_key} AS sort_key" if sort_key else ""
    return (
        f"SELECT {_COLUMNS}{key} FROM ({runs}) AS own LEFT JOIN ({edits}) AS outer USING run_id "
        f"WHERE {conditions}"
    )


@dataclass(frozen=True)
class Summary:
    """The last value of each key of a run, and the last step of any."""

    values: dict[str, Any]
    last_step: int | None


def summaries(rows: Store, run_ids: Sequence[str]) -> dict[str, Summary]:
    """The summaries of these runs, by run."""
    statement = rows.select(
        "run_id, key, argMaxMerge(last) AS value, max(last_step) AS step",
        "run_summary",
        ["run_id IN {runs:Array(String)}"],
        "GROUP BY run_id, key ORDER BY run_id, key",
    )
    found: dict[str, Summary] = {}
    for row in rows.rows(statement, {"runs": list(run_ids)}) if run_ids else []:
        run = text(row["run_id"])
        before = found.get(run, Summary({}, None))
        value, kind, as_int = row["value"]
        before.values[text(row["key"])] = (
            as_int if _NUMBER_TYPES.get(kind) == "int" else number(value)
        )
        found[run] = Summary(before.values, max(row["step"], before.last_step or row["step"]))
    return found


def ended_ns(row: Mapping[str, Any]) -> int:
    """When the run ended, by its own word or as set from outside; 0 while it runs."""
    return row["end_ns"] or int(_edits(row).get("ended_ns") or 0)


def run_json(row: Mapping[str, Any], summary: Summary | None) -> dict[str, Any]:
    """A run as the API shows it."""
    edits = _edits(row)
    config = as_object(row["config"]) | {
        key.removeprefix(_CONFIG_EDIT): value
        for key, value in edits.items()
        if key.startswith(_CONFIG_EDIT)
    }
    ended = ended_ns(row)
    tags = edits.get("tags") or typed(row["tags"], "array")
    return {
        "id": text(row["run_id"]),
        "name": text(row["shown_name"]),
        "project": text(row["project"]),
        "client_run_id": text(row["client_id"]) or None,
        "status": text(row["shown_status"]),
        "start_time": iso_time(row["start_ns"]),
        "end_time": iso_time(ended) if ended else None,
        "duration_ms": milliseconds(ended - row["start_ns"]) if ended else None,
        "heartbeat_time": iso_time(row["heartbeat_ns"]),
        "config": config,
        "summary": (summary.values if summary else {}) | as_object(row["summary"]),
        "last_step": summary.last_step if summary else None,
        "tags": tags,
        "notes": text(row["shown_notes"]) or None,
        "group": text(row["run_group"]) or None,
        "job_type": text(row["job_type"]) or None,
        "sweep_id": text(row["sweep_id"]) or None,
        "links": {
            "dataset": text(row["shown_dataset"]) or None,
            "dataset_split": text(row["shown_dataset_split"]) or None,
            "model": text(row["shown_model"]) or None,
            "model_revision": text(row["shown_model_revision"]) or None,
        },
        "subject_id": text(row["subject_id"]) or None,
        "experiment": text(row["experiment"]) or None,
        "variant": text(row["variant"]) or None,
        "trace_id": hex_id(row["in_trace"]),
        "machine": text(row["machine"]) or None,
        "host": text(row["host"]) or None,
        "error": text(row["error"]) or None,
    }


def _edits(row: Mapping[str, Any]) -> dict[str, Any]:
    return {text(key): parse_json(body) for key, body in row["edits"].items()}


def find_run(rows: Store, run_id: str) -> dict[str, Any] | None:
    """The row of one run; None when there is none, or it was deleted."""
    found = rows.rows(effective(["run_id = {run:String}"]), {"run": run_id})
    return found[0] if found else None


def parse_json(body: bytes) -> Any:
    """A stored JSON value; what is not JSON is shown as the text that it is."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return text(body) or None


def as_object(body: bytes) -> dict[str, Any]:
    """A stored JSON object; empty when it is anything else."""
    value = parse_json(body)
    return value if isinstance(value, dict) else {}
