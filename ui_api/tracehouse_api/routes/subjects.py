"""`/v1/subjects`: whom agents acted for, the last seen first, and one of them over time."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Admin, Rows, TheHouse, note
from tracehouse_api.lifecycle.deleting import delete_subject
from tracehouse_api.models.lifecycle import Deleted
from tracehouse_api.models.subjects import SubjectDetail, Subjects
from tracehouse_api.parameters import Cursor, From, Limit, To, decode_cursor, encode_cursor
from tracehouse_api.subjects.asked import Asked
from tracehouse_api.subjects.listing import is_known, latest_names, summaries
from tracehouse_api.subjects.rollup import Rollup
from tracehouse_api.values import json_response, text

router = APIRouter(prefix="/v1/subjects", tags=["subjects"])
admin_router = APIRouter(prefix="/v1/subjects", tags=["subjects"])

_NEWEST = 10


@router.get("", response_model=Subjects)
def list_subjects(
    rows: Rows,
    project: str | None = None,
    q: str | None = Query(None, min_length=1, description="text in the subject's id"),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Subjects, the last seen first. With a project, what they did in that project."""
    after = tuple(decode_cursor(cursor, int, str)) if cursor else None
    found = latest_names(rows, project, q, after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return json_response(
        {
            "subjects": summaries(rows, Asked([text(row["name"]) for row in page], project)),
            "next_cursor": encode_cursor(page[-1]["last_ns"], text(page[-1]["name"]))
            if more
            else None,
        }
    )


@router.get("/{subject_id:path}", response_model=SubjectDetail)
def get_subject(
    rows: Rows, subject_id: str, project: str | None = None, start: From = None, end: To = None
) -> Response:
    """A subject: what its traces and runs come to, by day and in all, the experiments it was in,
    and its newest traces and runs."""
    if not is_known(rows, subject_id):
        raise HTTPException(404, f"there is no subject {subject_id} in this workspace")
    asked = Asked([subject_id], project, start, end)
    return json_response({"subject": subject_id} | Rollup(rows, asked).json(_NEWEST))


@admin_router.delete("/{subject_id:path}", response_model=Deleted)
def erase_subject(house: TheHouse, request: Request, admin: Admin, subject_id: str) -> Response:
    """Delete everything tied to a person for good: each trace of which a span names them, whole,
    with its log records and scores, and their runs with what these logged. Answers with what was
    deleted; of somebody who is not known, that is nothing."""
    deleted = delete_subject(house, admin.workspace, subject_id)
    # Whom it was about is not written down: they wanted to be forgotten.
    note(request, admin, "subject.delete", deleted=deleted)
    return json_response({"deleted": deleted})
