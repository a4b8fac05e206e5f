"""Langfuse's doors to datasets: the same datasets, items and runs in Langfuse's words."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Reader, TheHouse, Writer
from tracehouse_api.datasets.store import Datasets, Row
from tracehouse_api.langfuse.legacy import span_hex, trace_hex
from tracehouse_api.langfuse.pages import Page, PageSize, numbered
from tracehouse_api.meta.database import Unknown
from tracehouse_api.routes.datasets import (
    Readable,
    ReadableRuns,
    Writable,
    WritableRuns,
    runs_of,
)
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response

reading_router = APIRouter(prefix="/api/public", tags=["langfuse"])
writing_router = APIRouter(prefix="/api/public", tags=["langfuse"])


def _dataset(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "metadata": row["metadata"],
        "inputSchema": row["input_schema"],
        "expectedOutputSchema": row["expected_output_schema"],
        "projectId": row["workspace"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _item(row: Row) -> Row:
    return {
        "id": row["id"],
        "status": row["status"],
        "input": row["input"],
        "expectedOutput": row["expected_output"],
        "metadata": row["metadata"],
        "sourceTraceId": row["source_trace_id"],
        "sourceObservationId": row["source_span_id"],
        "datasetId": row["dataset_id"],
        "datasetName": row["dataset_name"],
        "createdAt": row["created_at"],
        "updatedAt": row["version"],
        "mediaReferences": [],
    }


def _run(row: Row, dataset: str) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "metadata": row["metadata"],
        "datasetId": row["dataset_id"],
        "datasetName": dataset,
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _run_item(row: Row, run: Row) -> Row:
    return {
        "id": row["id"],
        "datasetRunId": run["id"],
        "datasetRunName": run["name"],
        "datasetItemId": row["item_id"],
        "traceId": row["trace_id"],
        "observationId": row["span_id"],
        "createdAt": row["created_at"],
        "updatedAt": row["created_at"],
    }


@writing_router.post("/v2/datasets")
@writing_router.post("/datasets")
def create_dataset(datasets: Writable, document: Document) -> Response:
    """Make a dataset, or change the one of that name."""
    given = document | {
        "input_schema": document.get("inputSchema"),
        "expected_output_schema": document.get("expectedOutputSchema"),
    }
    with refusing(400):
        return json_response(_dataset(datasets.put(given)))


@reading_router.get("/v2/datasets")
@reading_router.get("/datasets")
def list_datasets(datasets: Readable, page: Page = 1, limit: PageSize = 50) -> Response:
    """Datasets, the last changed first."""
    found, total = datasets.list(offset=(page - 1) * limit, limit=limit)
    return numbered([_dataset(row) for row in found], page, limit, total)


@reading_router.get("/datasets/{name:path}/runs")
def list_runs(runs: ReadableRuns, name: str, page: Page = 1, limit: PageSize = 50) -> Response:
    """Runs over a dataset, the newest first."""
    found = runs.list()
    shown = [_run(run, name) for run in found[(page - 1) * limit : page * limit]]
    return numbered(shown, page, limit, len(found))


@reading_router.get("/datasets/{name:path}/runs/{run:path}")
def get_run(runs: ReadableRuns, name: str, run: str) -> Response:
    """A run with what was linked to it."""
    with refusing(400):
        found, links = runs.get(run)
    linked = [_run_item(link, found) for link in links]
    return json_response(_run(found, name) | {"datasetRunItems": linked})


@writing_router.delete("/datasets/{name:path}/runs/{run:path}")
def delete_run(runs: WritableRuns, run: str) -> Response:
    """Forget a run; its traces stay."""
    with refusing(400):
        runs.delete(run)
    return json_response({"message": "Dataset run successfully deleted"})


@reading_router.get("/v2/datasets/{name:path}")
def get_dataset(datasets: Readable, name: str) -> Response:
    """A dataset."""
    with refusing(400):
        return json_response(_dataset(datasets.get(name)))


@reading_router.get("/datasets/{name:path}")
def get_dataset_v1(datasets: Readable, runs: ReadableRuns, name: str) -> Response:
    """A dataset with its items and the names of its runs, as the oldest SDKs ask for it."""
    with refusing(400):
        found = _dataset(datasets.get(name))
        items, _ = datasets.items(name, limit=10_000)
    listed = {"items": [_item(row) for row in items], "runs": [run["name"] for run in runs.list()]}
    return json_response(found | listed)


@writing_router.post("/dataset-items")
def create_item(datasets: Writable, document: Document) -> Response:
    """Add an item, or change the one with that id."""
    name = document.get("datasetName")
    if not isinstance(name, str):
        raise HTTPException(400, "datasetName: it is required")
    given: Row = document | {
        "expected_output": document.get("expectedOutput"),
        "source_trace_id": document.get("sourceTraceId"),
        "source_span_id": document.get("sourceObservationId"),
    }
    with refusing(400):
        (made,) = datasets.put_items(name, [given])
        return json_response(_item(made))


@reading_router.get("/dataset-items")
def list_items(
    datasets: Readable,
    name: Annotated[str, Query(alias="datasetName")],
    version: str | None = None,
    page: Page = 1,
    limit: PageSize = 50,
) -> Response:
    """Items, the newest first; with `version`, as they were at that time."""
    with refusing(400):
        plain = _plain_name(datasets, name)
        found, total = datasets.items(plain, at=version, offset=(page - 1) * limit, limit=limit)
    return numbered([_item(row) for row in found], page, limit, total)


def _plain_name(datasets: Datasets, name: str) -> str:
    """The name, where it is one; else what it says unquoted: Python's SDK 2 quotes it twice."""
    try:
        return str(datasets.get(name)["name"])
    except Unknown:
        return unquote(name)


@reading_router.get("/dataset-items/{item_id:path}")
def get_item(datasets: Readable, item_id: str) -> Response:
    """An item as it is now."""
    with refusing(400):
        return json_response(_item(datasets.item(item_id)))


@writing_router.delete("/dataset-items/{item_id:path}")
def delete_item(datasets: Writable, item_id: str) -> Response:
    """Take an item out; the dataset as it was before still has it."""
    with refusing(400):
        datasets.delete_item(item_id)
    return json_response({"message": "Dataset item successfully deleted"})


@writing_router.post("/dataset-run-items")
def create_run_item(
    house: TheHouse, writer: Writer, datasets: Writable, document: Document
) -> Response:
    """Say which trace came of which item, in a run that is made when it is not there."""
    trace, observation = document.get("traceId"), document.get("observationId")
    if not trace:
        raise HTTPException(400, "traceId: it is required")
    version = document.get("datasetVersion")
    with refusing(400):
        item = datasets.item(str(document.get("datasetItemId")))
        runs = runs_of(house, writer.workspace, item["dataset_name"])
        link: dict[str, Any] = {
            "item_id": item["id"],
            "trace_id": trace_hex(str(trace)),
            "span_id": span_hex(str(observation)) if observation else None,
            "dataset_version": version,
        }
        run, (made,) = runs.put(
            {
                "name": document.get("runName"),
                "description": document.get("runDescription"),
                "metadata": document.get("metadata"),
                "items": [link],
            }
        )
    return json_response(_run_item(made, run))


@reading_router.get("/dataset-run-items")
def list_run_items(
    house: TheHouse,
    reader: Reader,
    dataset: Annotated[str, Query(alias="datasetId")],
    run: Annotated[str, Query(alias="runName")],
    datasets: Readable,
    page: Page = 1,
    limit: PageSize = 50,
) -> Response:
    """What was linked to a run."""
    found, _ = datasets.list(limit=10_000)
    name = next((row["name"] for row in found if dataset in (row["id"], row["name"])), dataset)
    with refusing(400):
        made, links = runs_of(house, reader.workspace, name).get(run)
    shown = [_run_item(link, made) for link in links]
    return numbered(shown[(page - 1) * limit : page * limit], page, limit, len(links))
