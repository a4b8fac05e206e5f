"""`/v1/registry`: runs, steps and datapoints, as rollouts register them before they begin."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from tracehouse_api.access import Reader, TheHouse, Writer
from tracehouse_api.models.rollouts import (
    RegisteredDatapoint,
    RegisteredDatapoints,
    RegisteredRun,
    RegisteredRuns,
    RegisteredStep,
    RegisteredSteps,
)
from tracehouse_api.parameters import Cursor, Limit, decode_cursor, encode_cursor
from tracehouse_api.registry import Kind, Registry, shown
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/registry", tags=["rollouts"])
writing_router = APIRouter(prefix="/v1/registry", tags=["rollouts"])


@writing_router.post("/runs", response_model=RegisteredRun)
def register_run(house: TheHouse, writer: Writer, document: Document) -> Response:
    """Register a run: `{id, project?, phase?, model?, grader?}`. Again adds what is new."""
    return _put(house, writer, "runs", document)


@writing_router.post("/steps", response_model=RegisteredStep)
def register_step(house: TheHouse, writer: Writer, document: Document) -> Response:
    """Register a step of a run: `{run_id, step}`."""
    return _put(house, writer, "steps", document)


@writing_router.post("/datapoints", response_model=RegisteredDatapoint)
def register_datapoint(house: TheHouse, writer: Writer, document: Document) -> Response:
    """Register a datapoint: `{id, project?, environment?}`. Again adds what is new."""
    return _put(house, writer, "datapoints", document)


@router.get("/runs", response_model=RegisteredRuns)
def list_registered_runs(
    house: TheHouse, reader: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Registered runs, by id."""
    return _page(house, reader, "runs", limit, cursor)


@router.get("/steps", response_model=RegisteredSteps)
def list_registered_steps(
    house: TheHouse, reader: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Registered steps, by run and step."""
    return _page(house, reader, "steps", limit, cursor)


@router.get("/datapoints", response_model=RegisteredDatapoints)
def list_registered_datapoints(
    house: TheHouse, reader: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Registered datapoints, by id."""
    return _page(house, reader, "datapoints", limit, cursor)


def _put(house: TheHouse, writer: Writer, kind: Kind, document: dict[str, Any]) -> Response:
    with refusing():
        return json_response(Registry(house.meta, writer.workspace).put(kind, document))


def _page(house: TheHouse, reader: Reader, kind: Kind, limit: int, cursor: str | None) -> Response:
    after = None
    if cursor is not None:
        sort_key, identity = decode_cursor(cursor, str, str)
        after = sort_key, identity
    rows, is_more = Registry(house.meta, reader.workspace).page(kind, limit, after)
    last = rows[-1] if is_more else None
    return json_response(
        {
            kind: [shown(row) for row in rows],
            "next_cursor": encode_cursor(last["sort_key"], last["identity"]) if last else None,
        }
    )
