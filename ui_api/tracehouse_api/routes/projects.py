"""`/v1/projects`: what is in each, how long it stays, and its end."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tracehouse_api.access import Admin, Reader, Rows, TheHouse, note
from tracehouse_api.lifecycle.deleting import delete_project
from tracehouse_api.lifecycle.projects import projects
from tracehouse_api.lifecycle.retention import ProjectRetention
from tracehouse_api.models.lifecycle import Deleted, Projects
from tracehouse_api.models.lifecycle import ProjectRetention as RetentionAnswer
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/projects", tags=["projects"])
admin_router = APIRouter(prefix="/v1/projects", tags=["projects"])


@router.get("", response_model=Projects)
def list_projects(house: TheHouse, reader: Reader, rows: Rows) -> Response:
    """The projects, by name."""
    limits = ProjectRetention(house.meta, reader.workspace).all()
    return json_response({"projects": projects(rows, limits), "next_cursor": None})


@admin_router.put("/{project:path}/retention", response_model=RetentionAnswer)
def set_retention(
    house: TheHouse, request: Request, admin: Admin, project: str, document: Document
) -> Response:
    """Keep what a project has for so many `days`; null: as long as the server keeps everything.
    What is older is deleted within the hour."""
    with refusing():
        days = ProjectRetention(house.meta, admin.workspace).put(project, document)
    note(request, admin, "project.retention", project=project, days=days)
    return json_response({"project": project, "days": days})


@admin_router.delete("/{project:path}", response_model=Deleted)
def erase_project(house: TheHouse, request: Request, admin: Admin, project: str) -> Response:
    """Delete everything in a project for good, and its retention. Answers with what was deleted; of
    a project that is not there, that is nothing."""
    deleted = delete_project(house, admin.workspace, project)
    ProjectRetention(house.meta, admin.workspace).forget(project)
    note(request, admin, "project.delete", project=project, deleted=deleted)
    return json_response({"deleted": deleted})
