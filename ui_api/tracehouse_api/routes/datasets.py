"""`/v1/datasets`: examples, their versions, and runs over them, compared item by item."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from tracehouse_api.access import House, Rows, TheHouse, principal, writer
from tracehouse_api.datasets.results import results_of, summary
from tracehouse_api.datasets.runs import Runs
from tracehouse_api.datasets.store import Datasets, Row
from tracehouse_api.models.datasets import (
    Comparison,
    Dataset,
    DatasetItem,
    DatasetItems,
    DatasetList,
    DatasetRun,
    DatasetRuns,
)
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response
from tracehouse_collector.keys import Principal

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])
writing_router = APIRouter(prefix="/v1/datasets", tags=["datasets"])

_MOST_ITEMS = 10_000
_MOST_RUNS = 10


def readable(house: TheHouse, reader: Annotated[Principal, Depends(principal)]) -> Datasets:
    return Datasets(house.meta, reader.workspace)


def writable(house: TheHouse, holder: Annotated[Principal, Depends(writer)]) -> Datasets:
    return Datasets(house.meta, holder.workspace)


Readable = Annotated[Datasets, Depends(readable)]
Writable = Annotated[Datasets, Depends(writable)]


def runs_of(house: House, workspace: str, name: str) -> Runs:
    """The runs over a dataset. Raises Unknown."""
    return Runs(house.meta, workspace, house.rows(workspace), name)


def readable_runs(
    house: TheHouse, reader: Annotated[Principal, Depends(principal)], name: str
) -> Runs:
    with refusing():
        return runs_of(house, reader.workspace, name)


def writable_runs(
    house: TheHouse, holder: Annotated[Principal, Depends(writer)], name: str
) -> Runs:
    with refusing():
        return runs_of(house, holder.workspace, name)


ReadableRuns = Annotated[Runs, Depends(readable_runs)]
WritableRuns = Annotated[Runs, Depends(writable_runs)]


@router.get("", response_model=DatasetList)
def list_datasets(
    datasets: Readable,
    page: int = Query(1, ge=1, le=100_000),
    limit: int = Query(50, ge=1, le=500),
) -> Response:
    """Datasets, the last changed first."""
    found, total = datasets.list(offset=(page - 1) * limit, limit=limit)
    return json_response({"datasets": [_plain(row) for row in found], "total": total})


@writing_router.post("", status_code=201, response_model=Dataset)
def put_dataset(datasets: Writable, document: Document) -> Response:
    """Make a dataset, or change the one of that name: `{name, description?, metadata?,
    input_schema?, expected_output_schema?, items?}`."""
    with refusing():
        items = _items(document)
        made = datasets.put(document)
        datasets.put_items(made["name"], items)
        return json_response(_plain(made), 201)


@router.get("/{name:path}/items", response_model=DatasetItems)
def list_items(
    datasets: Readable,
    name: str,
    at: str | None = Query(None, description="as they were at this time, ISO 8601"),
    page: int = Query(1, ge=1, le=100_000),
    limit: int = Query(50, ge=1, le=1000),
) -> Response:
    """Items, the newest first."""
    with refusing():
        found, total = datasets.items(name, at=at, offset=(page - 1) * limit, limit=limit)
    return json_response({"items": [_plain(row) for row in found], "total": total})


@writing_router.post("/{name:path}/items", status_code=201, response_model=DatasetItems)
def put_items(datasets: Writable, name: str, document: Document) -> Response:
    """Add an item, or several as `{"items": […]}`. One with a known id gets a new version."""
    with refusing():
        made = datasets.put_items(name, _items(document) or [document])
    return json_response({"items": [_plain(row) for row in made], "total": len(made)}, 201)


@router.get("/{name:path}/items/{item_id:path}", response_model=DatasetItem)
def get_item(datasets: Readable, name: str, item_id: str) -> Response:
    """An item as it is now."""
    with refusing():
        found = datasets.item(item_id)
    if found["dataset_name"] != name:
        raise HTTPException(404, f"there is no item {item_id} in {name}")
    return json_response(_plain(found))


@writing_router.delete("/{name:path}/items/{item_id:path}", status_code=204)
def delete_item(datasets: Writable, name: str, item_id: str) -> Response:
    """Take an item out; the dataset as it was before still has it."""
    with refusing():
        if datasets.item(item_id)["dataset_name"] != name:
            raise HTTPException(404, f"there is no item {item_id} in {name}")
        datasets.delete_item(item_id)
    return Response(status_code=204)


@router.get("/{name:path}/runs", response_model=DatasetRuns)
def list_runs(runs: ReadableRuns) -> Response:
    """Runs over the dataset, the newest first."""
    return json_response({"runs": [_plain(run) for run in runs.list()]})


@writing_router.post("/{name:path}/runs", status_code=201, response_model=DatasetRun)
def put_run(runs: WritableRuns, document: Document) -> Response:
    """Begin a run, or add to the one of that name: `{name, description?, metadata?, items?:
    [{item_id, trace_id, span_id?}]}`."""
    with refusing():
        made, _ = runs.put(document)
        return json_response(_plain(runs.get(made["id"])[0]), 201)


@writing_router.delete("/{name:path}/runs/{run:path}", status_code=204)
def delete_run(runs: WritableRuns, run: str) -> Response:
    """Forget a run; its traces stay."""
    with refusing():
        runs.delete(run)
    return Response(status_code=204)


@router.get("/{name:path}/compare", response_model=Comparison)
def compare(
    datasets: Readable,
    rows: Rows,
    runs: ReadableRuns,
    name: str,
    run: list[str] = Query([], description="names or ids; none: the three newest"),  # noqa: B008
) -> Response:
    """Runs side by side: what came of each item, and each run in numbers."""
    with refusing():
        wanted = run or [found["id"] for found in runs.list()[:3]]
        if len(wanted) > _MOST_RUNS:
            raise ValueError(f"run: at most {_MOST_RUNS} are compared")
        asked = [runs.get(one) for one in dict.fromkeys(wanted)]
    names = [found["name"] for found, _ in asked]
    for found, _ in asked:  # a name may be there twice: then its id tells
        found["name"] = found["name"] if names.count(found["name"]) == 1 else found["id"]
    results = {found["name"]: results_of(rows, links[:_MOST_ITEMS]) for found, links in asked}
    items, _ = datasets.items(name, limit=_MOST_ITEMS)
    known = {item["id"]: item for item in items}
    # Items that are gone since are still shown where a run had them.
    tried = dict.fromkeys([*known, *(item for found in results.values() for item in found)])
    return json_response(
        {
            "runs": [
                _plain(found) | {"summary": summary(results[found["name"]])} for found, _ in asked
            ],
            "items": [
                {
                    "item_id": item,
                    "input": known[item]["input"] if item in known else None,
                    "expected_output": known[item]["expected_output"] if item in known else None,
                    "results": {one: found.get(item) for one, found in results.items()},
                }
                for item in tried
            ],
        }
    )


@router.get("/{name:path}", response_model=Dataset)
def get_dataset(datasets: Readable, name: str) -> Response:
    """A dataset."""
    with refusing():
        return json_response(_plain(datasets.get(name)))


@writing_router.delete("/{name:path}", status_code=204)
def delete_dataset(datasets: Writable, name: str) -> Response:
    """Remove a dataset with its items and runs; the runs' traces stay."""
    with refusing():
        datasets.delete(name)
    return Response(status_code=204)


def _items(document: Row) -> list[Row]:
    given: Any = document.get("items") or []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):  # pyright: ignore[reportUnknownVariableType]
        raise ValueError("items: it must be an array of objects")
    return given  # pyright: ignore[reportUnknownVariableType]


def _plain(row: Row) -> Row:
    # SQLAlchemy names columns by a class of its own, which orjson does not take.
    return {str(key): value for key, value in row.items() if key != "workspace"}
