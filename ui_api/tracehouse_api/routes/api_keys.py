"""`/v1/api_keys`: the keys of the workspace."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.access import Admin, TheHouse, note
from tracehouse_api.identity.api_keys import SCOPES
from tracehouse_api.models.identity import ApiKeys, NewApiKey
from tracehouse_api.parameters import parse_time
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import iso_seconds, json_response

router = APIRouter(prefix="/v1/api_keys", tags=["api keys"])

_TIMES = ("created_at", "expires_at", "last_used_at")


@router.get("", response_model=ApiKeys)
def list_keys(house: TheHouse, admin: Admin) -> Response:
    """The keys that were not revoked, newest first; what they are is shown when they are made."""
    return json_response({"api_keys": [_shown(row) for row in house.keys.list(admin.workspace)]})


@router.post("", response_model=NewApiKey, status_code=201)
def mint_key(house: TheHouse, request: Request, admin: Admin, document: Document) -> Response:
    """Make a key: `{name, scopes?, project?, expires_at?}`. Scopes are ingest, read and admin, by
    default the first two. What comes with a key of a `project` is put there, and it can only send.
    The key is in this answer and never again."""
    name = document.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 200:
        raise HTTPException(422, "name: give it a name of 1 to 200 characters")
    project = document.get("project") or ""
    if not isinstance(project, str) or len(project) > 200:
        raise HTTPException(422, "project: it must be a text of at most 200 characters")
    scopes = document.get("scopes") or (["ingest"] if project else ["ingest", "read"])
    if not isinstance(scopes, list):
        raise HTTPException(422, f"scopes: give a list of {', '.join(SCOPES)}")
    with refusing():
        key, row = house.keys.mint(
            workspace=admin.workspace,
            user=admin.user,
            name=name.strip(),
            scopes=[str(scope) for scope in scopes],
            project=project,
            expires_at=expiry(document),
        )
    note(request, admin, "api_key.create", key=row["id"], name=row["name"], scopes=row["scopes"])
    return json_response(_shown(row) | {"key": key}, 201)


@router.delete("/{key_id}", status_code=204)
def revoke_key(house: TheHouse, request: Request, admin: Admin, key_id: str) -> Response:
    """Revoke a key: it is refused within two seconds, by every process of the house."""
    if not house.keys.revoke(admin.workspace, key_id):
        raise HTTPException(404, f"there is no key {key_id}")
    note(request, admin, "api_key.revoke", key=key_id)
    return Response(status_code=204)


def expiry(document: dict[str, Any]) -> float | None:
    """`expires_at` of a body, as Unix seconds. Raises ValueError for what is no time to come."""
    given = document.get("expires_at")
    if given is None:
        return None
    try:
        seconds = parse_time(str(given)) / 1e9
    except ValueError as error:
        raise ValueError(f"expires_at: {error}") from None
    if seconds <= time.time():
        raise ValueError("expires_at: it is past")
    return seconds


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: iso_seconds(row[name]) for name in _TIMES}
