"""`/v1/projects/{project}/export` and `/v1/import`: a project as files, and back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from tracehouse_api.access import House, Reader, Rows, TheHouse, Writer
from tracehouse_api.downloads import send_file
from tracehouse_api.lifecycle.erasing import runs_of_project
from tracehouse_api.lifecycle.sweep import files_of_runs
from tracehouse_api.lifecycle.transfer import Exported, contents, export_table, import_table
from tracehouse_api.models.lifecycle import ExportContents, Imported
from tracehouse_api.routes.blobs import Sha256
from tracehouse_api.store import Store
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/projects", tags=["projects"])
writing_router = APIRouter(prefix="/v1/import", tags=["projects"])

# What stays free on the disk that an import is received on.
_FREE_BYTES = 1 << 30
_WAIT_SECONDS = 30.0
_PARQUET = "application/vnd.apache.parquet"


@router.get("/{project:path}/export", response_model=ExportContents)
def get_contents(house: TheHouse, reader: Reader, rows: Rows, project: str) -> Response:
    """What an export of the project has; what was sent just before is waited for."""
    house.wait_until_loaded(_WAIT_SECONDS)
    found = contents(house.database, rows, house.blobs, reader.workspace, project)
    if not any(found["tables"].values()):
        raise HTTPException(404, f"there is no project {project} in this workspace")
    return json_response(found)


@router.get("/{project:path}/export/{table}.parquet", response_class=Response)
def get_table(house: TheHouse, rows: Rows, project: str, table: Exported) -> Response:
    """The project's rows of a table, as Parquet."""
    folder = _folder(house)
    try:
        file = folder / f"{table}.parquet"
        export_table(rows, table, project, file)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(file, media_type=_PARQUET, filename=file.name, background=remove)


@router.get("/{project:path}/export/files/{sha256}", response_class=Response)
def get_file(
    house: TheHouse, reader: Reader, rows: Rows, request: Request, project: str, sha256: Sha256
) -> Response:
    """A file that a run of the project logged."""
    if sha256 not in files_of_runs(rows, runs_of_project(rows, project)):
        raise HTTPException(404, f"no run of project {project} logged such a file")
    return send_file(
        house.blobs, reader.workspace, [sha256], mime="application/octet-stream", name=sha256,
        range_header=request.headers.get("range"),
    )  # fmt: skip


@writing_router.post("/{table}", response_model=Imported)
async def import_rows(
    house: TheHouse,
    writer: Writer,
    request: Request,
    table: Exported,
    project: Annotated[str, Query(min_length=1, max_length=200)],
) -> Response:
    """Take rows of a table that were exported, as Parquet, into a project of the caller's
    workspace. Bringing them again changes nothing."""
    with _received(house) as file:
        await _receive(request, file)
        rows = Store(house.database, writer.workspace)
        project = writer.project or project
        try:
            await run_in_threadpool(import_table, rows, table, project, file)
        except ClickHouseError as error:
            reason = str(error).splitlines()[0][:300]
            raise HTTPException(
                422, f"this is no export of {table} by this version: {reason}"
            ) from None
    return json_response({"table": table, "project": project})


async def _receive(request: Request, file: Path) -> None:
    """Write the body to a file. Raises HTTPException 413 when the disk has no room for it."""
    with file.open("wb") as target:
        async for chunk in request.stream():
            if shutil.disk_usage(file.parent).free < _FREE_BYTES + len(chunk):
                raise HTTPException(413, "the server's disk has no room for this: free some")
            target.write(chunk)


@contextmanager
def _received(house: House) -> Generator[Path]:
    folder = _folder(house)
    try:
        yield folder / "received.parquet"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(house: House) -> Path:
    return Path(tempfile.mkdtemp(prefix="transfer-", dir=house.settings.data_dir))
