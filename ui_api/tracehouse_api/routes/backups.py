"""`/v1/admin/backup`: a backup of the whole house."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.access import Admin, TheHouse, note
from tracehouse_api.lifecycle.backup import backup_folder, make_backup
from tracehouse_api.models.lifecycle import Backup
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response
from tracehouse_collector.keys import DEFAULT_WORKSPACE

admin_router = APIRouter(prefix="/v1/admin", tags=["operations"])

_at_work = threading.Lock()


@admin_router.post("/backup", response_model=Backup, status_code=201)
def create_backup(house: TheHouse, request: Request, admin: Admin, document: Document) -> Response:
    """Back everything up to a `folder` below the setting `backup_dir`, named by the time unless it
    is given. It holds every workspace, so only an admin of the first one may ask for it."""
    if admin.workspace != DEFAULT_WORKSPACE:
        raise HTTPException(
            403, f"a backup holds every workspace: ask as an admin of {DEFAULT_WORKSPACE!r}"
        )
    name = document.get("folder") or ""
    if not isinstance(name, str) or "\0" in name:
        raise HTTPException(422, "folder: it must be a text")
    with refusing():
        folder = backup_folder(house.settings, name, datetime.now(UTC))
    if not _at_work.acquire(blocking=False):
        raise HTTPException(409, "a backup is being made: ask again when it is done")
    try:
        manifest = make_backup(house.settings, house.database, house.collector, folder)
    except FileExistsError:
        raise HTTPException(422, f"folder: {folder} is there already") from None
    finally:
        _at_work.release()
    note(request, admin, "backup.create", folder=str(folder))
    files = manifest["files"].values()
    return json_response(
        {
            "folder": str(folder),
            "made_at": manifest["made_at"],
            "file_count": len(files),
            "bytes": sum(file["bytes"] for file in files),
            "left_out": manifest["left_out"],
        },
        201,
    )
