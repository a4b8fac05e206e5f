"""`/v1/sweeps`: searches over configurations, and what to try next."""

from __future__ import annotations

import secrets
import string
import threading
import time
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from tracehouse_api.access import House, Rows, TheHouse, Writer
from tracehouse_api.models.runs import SweepDetail
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import Caller, admit, parse_body, text_of
from tracehouse_api.runs import records
from tracehouse_api.runs.run import effective, parse_json, run_json, summaries
from tracehouse_api.store import Store
from tracehouse_api.values import json_response, text
from tracehouse_semconv import attributes as names
from tracehouse_semconv import events
from tracehouse_semconv.record import Signal

if TYPE_CHECKING:
    from tracehouse_api.sweeps.space import Sweep
    from tracehouse_api.sweeps.suggest import Tried

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])
writing_router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"])

_ALPHABET = string.ascii_lowercase + string.digits
# One suggestion at a time: two agents that ask at once must not get the same one.
_lock = threading.Lock()


@router.get("/{sweep_id}", response_model=SweepDetail)
def get_sweep(rows: Rows, house: TheHouse, sweep_id: str) -> Response:
    """A sweep: its definition and its runs, oldest first."""
    house.wait_until_loaded()
    project, definition = _definition(rows, sweep_id)
    return json_response(
        {
            "id": sweep_id,
            "project": project,
            "config": definition,
            "runs": _runs(rows, sweep_id),
        }
    )


@writing_router.post("", status_code=201)
async def create_sweep(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Begin a sweep: `{project, config}`, the config in wandb's form."""
    from tracehouse_api.sweeps.space import parse

    document = parse_body(await request.body())
    project = text_of(document, "project") or "default"
    definition = document.get("config")
    try:
        parse(definition)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    sweep_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    resource = Caller.of(writer, request.headers).resource(project)
    attributes = {names.TRACEHOUSE_RUN_ID: sweep_id, names.TRACEHOUSE_KEY: "config"}
    record = otlp.event(
        events.TRACEHOUSE_RUN_SWEEP, time.time_ns(), otlp.json_text(definition), attributes
    )
    await admit(house, writer, Signal.logs, otlp.logs(resource, [record]))
    return json_response({"id": sweep_id, "project": project}, 201)


@writing_router.post("/{sweep_id}/suggest")
async def suggest_next(house: TheHouse, writer: Writer, sweep_id: str) -> Response:
    """The next configuration to try, and the sweep's project; the config is `null` when the sweep
    is over."""
    project, found = await run_in_threadpool(
        _suggest, house, Store(house.database, writer.workspace), writer.workspace, sweep_id
    )
    return json_response({"config": found, "project": project})


def _suggest(
    house: House, rows: Store, workspace: str, sweep_id: str
) -> tuple[str, dict[str, Any] | None]:
    # Optuna and what it brings weigh 16 MB: a server that conducts no sweep does without.
    from tracehouse_api.sweeps.space import parse
    from tracehouse_api.sweeps.suggest import Tried, suggest

    house.wait_until_loaded()
    with _lock:
        project, definition = _definition(rows, sweep_id)
        sweep = parse(definition)
        seen = [_tried(run, sweep) for run in _runs(rows, sweep_id)]
        given = house.suggested.setdefault((workspace, sweep_id), [])
        # What was given out and has no run yet counts, too.
        known = [each.parameters for each in seen]
        waiting = [Tried(each) for each in given if each not in known]
        found = suggest(sweep, [*seen, *waiting])
        if found is None:
            return project, None
        given.append(found)
        return project, sweep.nested(found)


def _definition(rows: Store, sweep_id: str) -> tuple[str, Any]:
    """The sweep's project and definition. Raises HTTPException 404."""
    found = records.records(rows, sweep_id, "sweep", limit=1)
    if not found:
        raise HTTPException(404, f"there is no sweep {sweep_id} in this workspace")
    return text(found[0]["project"]), parse_json(found[0]["body"])


def _runs(rows: Store, sweep_id: str) -> list[dict[str, Any]]:
    found = rows.rows(
        effective(["sweep_id = {sweep:String}"], "ORDER BY start_time, run_id"), {"sweep": sweep_id}
    )
    values = summaries(rows, [text(row["run_id"]) for row in found])
    return [run_json(row, values.get(text(row["run_id"]))) for row in found]


def _tried(run: dict[str, Any], sweep: Sweep) -> Tried:
    from tracehouse_api.sweeps.suggest import Tried

    value = run["summary"].get(sweep.metric) if sweep.metric else None
    if isinstance(value, dict):  # `define_metric(summary="min")`
        value = value.get("max" if sweep.maximize else "min")
    return Tried(
        {name: _at(run["config"], name) for name in sweep.parameters},
        float(value) if isinstance(value, (int, float)) else None,
        run["status"] != "running",
    )


def _at(config: dict[str, Any], name: str) -> Any:
    at: Any = config
    for part in name.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    return at
