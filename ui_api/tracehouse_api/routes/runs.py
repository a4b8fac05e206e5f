"""`/v1/runs`: the list, one run, and everything it logged."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from pydantic import Field

from tracehouse_api.access import Reader, Rows, TheHouse
from tracehouse_api.downloads import send_entry, send_file
from tracehouse_api.models.runs import (
    Artifacts,
    Comparison,
    Console,
    History,
    MediaList,
    Rollouts,
    RunDetail,
    Runs,
    SystemHistory,
)
from tracehouse_api.parameters import Cursor, Limit, decode_cursor, encode_cursor
from tracehouse_api.runs import history, listing, records, rollouts, system
from tracehouse_api.runs.asked import AskedRuns
from tracehouse_api.runs.run import (
    effective,
    ended_ns,
    find_run,
    parse_json,
    run_json,
    summaries,
)
from tracehouse_api.values import json_response, text

router = APIRouter(prefix="/v1/runs", tags=["runs"])
compare_router = APIRouter(prefix="/v1/compare", tags=["runs"])

_MAX_KEYS = 500
_MAX_COMPARED = 100
_JUST_NOW_NS = 10_000_000_000

RunId = Annotated[str, Path(min_length=1, max_length=200)]
Keys = Annotated[
    list[str] | None, Query(description="metric keys, comma-separated; by default all of them")
]
Step = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63, description="as it was logged")]
MaxPoints = Annotated[int, Query(ge=1, le=100_000, description="points a series at most")]


def the_run(rows: Rows, house: TheHouse, run_id: RunId) -> dict[str, Any]:
    """The run of the path; one that was just accepted is waited for, as are the last values of one
    that has just ended: its program may ask for them in the next line. Raises HTTPException 404."""
    found = find_run(rows, run_id)
    if house.has_backlog and (found is None or _has_just_ended(found)):
        house.wait_until_loaded()
        found = find_run(rows, run_id)
    if found is None:
        raise HTTPException(404, f"there is no run {run_id} in this workspace")
    return found


def _has_just_ended(run: dict[str, Any]) -> bool:
    return abs(time.time_ns() - ended_ns(run)) < _JUST_NOW_NS


ComparedRuns = Annotated[list[str], Query(description="ids of runs, comma-separated")]


def compared_runs(runs: list[str]) -> list[str]:
    """The ids, each once. Raises HTTPException 422 for none and for more than 100."""
    wanted = list(dict.fromkeys(run for part in runs for run in part.split(",") if run))
    if not 1 <= len(wanted) <= _MAX_COMPARED:
        raise HTTPException(422, f"runs: give 1 to {_MAX_COMPARED} ids")
    return wanted


TheRun = Annotated[dict[str, Any], Depends(the_run)]


@router.get("", response_model=Runs)
def list_runs(
    rows: Rows,
    filters: AskedRuns,
    sort: str = Query("-start_time", description=f"{', '.join(listing.SORTS)}; - for descending"),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Runs, newest first by default."""
    descending = sort.startswith("-")
    try:
        key_sql = listing.sort_key(sort.removeprefix("-"), filters)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from None
    direction = "DESC" if descending else "ASC"
    if cursor is not None:
        number_part, text_part, run = decode_cursor(cursor, float, str, str)
        filters.where.append(
            f"(sort_key.1, sort_key.2, run_id) {'<' if descending else '>'} "
            "({after_number:Float64}, {after_text:String}, {after_run:String})"
        )
        filters.parameters |= {
            "after_number": number_part, "after_text": text_part, "after_run": run
        }  # fmt: skip
    statement = effective(
        filters.where,
        f"ORDER BY sort_key.1 {direction}, sort_key.2 {direction}, run_id {direction}",
        key_sql,
        f"LIMIT {limit + 1}",
    )
    found = rows.rows(statement, filters.parameters)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    values_of = summaries(rows, [text(row["run_id"]) for row in page])
    return json_response(
        {
            "runs": [run_json(row, values_of.get(text(row["run_id"]))) for row in page],
            "next_cursor": encode_cursor(
                last["sort_key"][0], text(last["sort_key"][1]), text(last["run_id"])
            )
            if last
            else None,
        }
    )


@router.get("/{run_id}", response_model=RunDetail)
def get_run(rows: Rows, run_id: RunId, run: TheRun) -> Response:
    """A run: its config, last values, status, links, keys and environment."""
    environment = records.records(rows, run_id, "environment", limit=1)
    return json_response(
        run_json(run, summaries(rows, [run_id]).get(run_id))
        | {
            "keys": history.keys_of(rows, run_id),
            "environment": parse_json(environment[0]["body"]) if environment else None,
        }
    )


@router.get("/{run_id}/history", response_model=History)
def get_history(
    rows: Rows,
    run_id: RunId,
    _: TheRun,
    keys: Keys = None,
    x: str = Query("step", description="step, time, or the key of another metric"),
    max_points: MaxPoints = 1000,
    min_x: float | None = None,
    max_x: float | None = None,
    after_step: Annotated[Step | None, Query(description="points behind this step alone")] = None,
    format: Literal["json", "arrow"] = "json",
) -> Response:
    """Scalars, exact where there are at most `max_points` of them, else in as many buckets; and the
    structured values of the same keys."""
    wanted = _keys(keys) or history.keys_of(rows, run_id)
    if len(wanted) > _MAX_KEYS:
        raise HTTPException(422, f"keys: at most {_MAX_KEYS} at once; this run has {len(wanted)}")
    query = history.HistoryQuery(run_id, wanted, x, max_points, min_x, max_x, after_step)
    if format == "arrow":
        return Response(
            history.arrow(rows, query), media_type="application/vnd.apache.arrow.stream"
        )
    condition = ["key IN {keys:Array(String)}"] if keys else []
    if after_step is not None:
        condition.append("step > {after:Int64}")
    values = records.records(
        rows,
        run_id,
        "value",
        where=condition,
        order="key, step",
        limit=max_points,
        keys=_keys(keys),
        after=after_step,
    )
    return json_response(
        {
            "run_id": run_id,
            "x": x,
            "series": history.series(rows, query),
            "values": [records.value_json(row) for row in values],
        }
    )


@router.get("/{run_id}/system", response_model=SystemHistory)
def get_system(
    rows: Rows, run_id: RunId, _: TheRun, keys: Keys = None, max_points: MaxPoints = 1000
) -> Response:
    """Readings of the run's machine over time, as means of buckets."""
    found = system.series(rows, run_id, _keys(keys), max_points)
    return json_response({"run_id": run_id, "series": found})


@router.get("/{run_id}/console", response_model=Console)
def get_console(
    rows: Rows,
    run_id: RunId,
    _: TheRun,
    q: str | None = Query(None, min_length=1, description="text in the line"),
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Cursor = None,
) -> Response:
    """What the run printed, in order."""
    after = decode_cursor(cursor, int)[0] if cursor else -1
    where = ["toInt64(ordinal) > {after:Int64}"]
    if q:
        where.append("positionCaseInsensitiveUTF8(body, {q:String}) > 0")
    found = records.records(
        rows,
        run_id,
        "console",
        where=where,
        order="ordinal, key",
        limit=limit + 1,
        after=after,
        q=q,
    )
    page = found[:limit]
    return json_response(
        {
            "lines": [records.console_json(row) for row in page],
            "next_cursor": encode_cursor(page[-1]["ordinal"]) if len(found) > limit else None,
        }
    )


@router.get("/{run_id}/media", response_model=MediaList)
def list_media(rows: Rows, run_id: RunId, _: TheRun, keys: Keys = None) -> Response:
    """Images, videos and audio, by key and step."""
    condition = ["key IN {keys:Array(String)}"] if keys else []
    found = records.records(rows, run_id, "media", where=condition, keys=_keys(keys))
    return json_response({"media": [records.media_json(row, run_id) for row in found]})


@router.get("/{run_id}/media/{media_id}", response_class=Response)
def get_media(
    rows: Rows,
    house: TheHouse,
    reader: Reader,
    request: Request,
    run_id: RunId,
    media_id: str,
    _: TheRun,
) -> Response:
    """The bytes of a media item; ranges are answered."""
    found = records.records(
        rows, run_id, "media", where=[f"{records.ID} = {{id:String}}"], limit=1, id=media_id
    )
    if not found:
        raise HTTPException(404, f"there is no media {media_id} in this run")
    item = records.media_json(found[0], run_id)
    extension = str(item.get("mime", "")).rpartition("/")[2] or "bin"
    return send_file(
        house.blobs,
        reader.workspace,
        [str(item.get("sha256", ""))],
        mime=str(item.get("mime", "")),
        name=f"{item['key'].replace('/', '_')}_{item['step']}.{extension}",
        range_header=request.headers.get("range"),
    )


@router.get("/{run_id}/artifacts", response_model=Artifacts)
def list_artifacts(rows: Rows, run_id: RunId, _: TheRun) -> Response:
    """Artifacts that the run logged or used, by name and time."""
    found = records.records(rows, run_id, "artifact", order="key, time_ns")
    return json_response({"artifacts": [records.artifact_json(row) for row in found]})


@router.get("/{run_id}/artifacts/{name}/files/{path:path}", response_class=Response)
def get_artifact_file(
    rows: Rows,
    house: TheHouse,
    reader: Reader,
    request: Request,
    run_id: RunId,
    name: str,
    path: str,
    _: TheRun,
) -> Response:
    """A file of the newest version of an artifact."""
    found = records.records(
        rows,
        run_id,
        "artifact",
        where=["key = {name:String}"],
        order="time_ns DESC",
        limit=1,
        name=name,
    )
    return send_entry(
        house.blobs,
        reader.workspace,
        records.artifact_json(found[0]).get("files", []) if found else [],
        path,
        owner=f"an artifact {name} of this run",
        range_header=request.headers.get("range"),
    )


@router.get("/{run_id}/rollouts", response_model=Rollouts)
def list_rollouts(
    rows: Rows,
    run_id: RunId,
    _: TheRun,
    step: int | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Chat traces that belong to the run, by step."""
    return json_response(rollouts.page(rows, run_id, step, limit, cursor))


@compare_router.get("", response_model=Comparison)
def compare(
    rows: Rows,
    runs: ComparedRuns,
) -> Response:
    """Configs and last values of several runs side by side, and which of them differ."""
    wanted = compared_runs(runs)
    found = {
        text(row["run_id"]): row
        for row in rows.rows(effective(["run_id IN {runs:Array(String)}"]), {"runs": wanted})
    }
    if missing := [run for run in wanted if run not in found]:
        raise HTTPException(404, f"there are no such runs: {', '.join(missing)}")
    values = summaries(rows, wanted)
    shown = [run_json(found[run], values.get(run)) for run in wanted]
    return json_response(
        {
            "runs": shown,
            "config": _side_by_side(shown, "config"),
            "summary": _side_by_side(shown, "summary"),
        }
    )


def _side_by_side(shown: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    keys = sorted({key for run in shown for key in run[what]})
    columns = [(key, [run[what].get(key) for run in shown]) for key in keys]
    return [
        {"key": key, "values": column, "differs": any(value != column[0] for value in column)}
        for key, column in columns
    ]


def _keys(keys: list[str] | None) -> list[str]:
    return [key for part in keys or () for key in part.split(",") if key]
