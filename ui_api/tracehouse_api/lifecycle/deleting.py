"""Deleting on request: what leads to the rows, the rows, and what else knows of them."""

from __future__ import annotations

import time
from collections.abc import Collection

from fastapi import HTTPException
from sqlalchemy import MetaData, delete

from tracehouse_api.access import House
from tracehouse_api.identity.tables import audit_log, workspaces
from tracehouse_api.lifecycle.erasing import (
    Eraser,
    runs_of_project,
    runs_of_subject,
    sessions_of_traces,
    traces_of_project,
    traces_of_runs,
    traces_of_subject,
)
from tracehouse_api.lifecycle.links import clear_links
from tracehouse_api.lifecycle.sweep import files_of_runs, files_of_traces, remove_unreferenced
from tracehouse_api.store import Store

LOADED_SECONDS = 30.0
# A file that was kept since may belong to something new.
_FILE_GRACE_SECONDS = 600.0

Counts = dict[str, int]


def await_loaded(house: House) -> None:
    """Return when everything acknowledged before is in the tables: what is deleted there could come
    out of the spool again. Raises HTTPException 503."""
    if not house.wait_until_loaded(LOADED_SECONDS):
        raise HTTPException(
            503, "what was sent before is not loaded yet, so nothing was deleted: try again"
        )


def delete_traces(house: House, workspace: str, trace_ids: Collection[bytes]) -> Counts:
    """Everything of these traces."""
    await_loaded(house)
    return _delete(house, workspace, trace_ids, ())


def delete_runs(house: House, workspace: str, run_ids: Collection[str]) -> Counts:
    """Everything of these runs, the traces that name them, and the files that nobody else names."""
    await_loaded(house)
    return _delete(house, workspace, (), run_ids)


def delete_subject(house: House, workspace: str, subject: str) -> Counts:
    """Everything tied to a person: each trace of which a span names them, whole, their runs, the
    sessions that nobody else was in, and log records, points and what was rejected that name
    them."""
    await_loaded(house)
    rows = Store(house.database, workspace)
    traces = traces_of_subject(rows, subject)
    eraser = Eraser(rows)
    eraser.sessions(sessions_of_traces(rows, traces))
    eraser.naming_subject(subject)
    rest = _delete(house, workspace, traces, runs_of_subject(rows, subject))
    return {
        name: eraser.counts.get(name, 0) + rest.get(name, 0)
        for name in sorted(eraser.counts.keys() | rest.keys())
    }


def delete_project(house: House, workspace: str, project: str) -> Counts:
    """Every row of a project."""
    await_loaded(house)
    rows = Store(house.database, workspace)
    traces, runs = traces_of_project(rows, project), runs_of_project(rows, project)
    files = files_of_runs(rows, runs) | files_of_traces(rows, house.meta, workspace, traces)
    counts = _forget(house, workspace, traces, runs)
    eraser = Eraser(rows)
    eraser.project(project)
    return counts | eraser.counts | _remove_files(house, rows, workspace, files)


def delete_workspace(house: House, workspace: str) -> None:
    """A workspace with its rows and files, and all that the metadata database has of it."""
    await_loaded(house)
    Eraser(Store(house.database, workspace)).everything()
    for sha256, _ in list(house.blobs.list(workspace)):
        house.blobs.delete(workspace, sha256)
    known = MetaData()
    with house.meta.begin() as connection:
        known.reflect(connection)
        for table in known.tables.values():
            # What was done stays written down.
            if "workspace" in table.c and table.name != audit_log.name:
                connection.execute(delete(table).where(table.c.workspace == workspace))
        connection.execute(delete(workspaces).where(workspaces.c.id == workspace))


def _delete(
    house: House, workspace: str, trace_ids: Collection[bytes], run_ids: Collection[str]
) -> Counts:
    rows = Store(house.database, workspace)
    traces = {*trace_ids, *(traces_of_runs(rows, sorted(run_ids)) if run_ids else ())}
    files = files_of_runs(rows, run_ids) | files_of_traces(rows, house.meta, workspace, traces)
    counts = _forget(house, workspace, traces, run_ids)
    eraser = Eraser(rows)
    eraser.traces(traces)
    eraser.runs(run_ids)
    return counts | eraser.counts | _remove_files(house, rows, workspace, files)


def _forget(
    house: House, workspace: str, trace_ids: Collection[bytes], run_ids: Collection[str]
) -> Counts:
    house.legacy.forget(workspace, {trace_id.hex() for trace_id in trace_ids})
    return clear_links(house.meta, workspace, trace_ids, run_ids)


def _remove_files(house: House, rows: Store, workspace: str, files: Collection[str]) -> Counts:
    removed = remove_unreferenced(
        house.blobs, rows, house.meta, workspace,
        now=time.time(), grace_seconds=_FILE_GRACE_SECONDS, among=files,
    )  # fmt: skip
    return {"files": removed} if removed else {}
