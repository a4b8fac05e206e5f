"""`/v1/runs/{run_id}/values`: what a run logged that is neither a scalar nor a file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from tracehouse_api.access import Reader, Rows, TheHouse
from tracehouse_api.downloads import send_file
from tracehouse_api.models.runs import RunHistograms, RunValue, RunValueKeys
from tracehouse_api.routes.runs import RunId, Step, TheRun
from tracehouse_api.runs import logged_values
from tracehouse_api.store import Store
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["runs"])

Key = Annotated[str, Query(min_length=1, max_length=1000, description="as it was logged")]


@router.get("/values", response_model=RunValueKeys)
def list_values(rows: Rows, run_id: RunId, _: TheRun) -> Response:
    """The keys of histograms, tables, charts, texts and other values, with their steps."""
    return json_response({"values": logged_values.keys(rows, run_id), "next_cursor": None})


@router.get("/value", response_model=RunValue)
def get_value(rows: Rows, run_id: RunId, _: TheRun, key: Key, step: Step) -> Response:
    """A value, whole."""
    return json_response(_value(rows, run_id, key, step))


@router.get("/histograms", response_model=RunHistograms)
def get_histograms(
    rows: Rows,
    run_id: RunId,
    _: TheRun,
    key: Key,
    max_steps: Annotated[int, Query(ge=1, le=1000, description="of more, as many of them")] = 200,
) -> Response:
    """The histograms of a key over its steps."""
    found = logged_values.histograms(rows, run_id, key, max_steps)
    return json_response({"histograms": found, "next_cursor": None})


@router.get("/value/files/{sha256}", response_class=Response)
def get_value_file(
    rows: Rows,
    house: TheHouse,
    reader: Reader,
    request: Request,
    run_id: RunId,
    _: TheRun,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    key: Key,
    step: Step,
) -> Response:
    """The bytes of a file that a value refers to: a picture in a table; ranges are answered."""
    file = logged_values.file_of(_value(rows, run_id, key, step)["value"], sha256)
    if file is None:
        raise HTTPException(404, f"the value {key} at step {step} refers to no file {sha256}")
    mime = str(file.get("mime", ""))
    return send_file(
        house.blobs,
        reader.workspace,
        [sha256],
        mime=mime,
        name=f"{key.replace('/', '_')}_{step}.{mime.rpartition('/')[2] or 'bin'}",
        range_header=request.headers.get("range"),
    )


def _value(rows: Store, run_id: str, key: str, step: int) -> dict[str, Any]:
    found = logged_values.value(rows, run_id, key, step)
    if found is None:
        raise HTTPException(404, f"this run logged no value {key} at step {step}")
    return found
