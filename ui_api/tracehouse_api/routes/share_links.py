"""`/v1/share_links`: links by which anybody may read one trace or run."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.access import Reader, Rows, TheHouse, Writer, note
from tracehouse_api.identity.share_links import KINDS
from tracehouse_api.models.identity import NewShareLink, ShareLinks
from tracehouse_api.routes.api_keys import expiry
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.routes.workspaces import public_url
from tracehouse_api.runs.run import find_run
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import hours_of
from tracehouse_api.values import iso_seconds, json_response

router = APIRouter(prefix="/v1/share_links", tags=["share links"])
writing_router = APIRouter(prefix="/v1/share_links", tags=["share links"])

_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_PAGES = {"trace": "t", "run": "r"}


@router.get("", response_model=ShareLinks)
def list_links(house: TheHouse, reader: Reader) -> Response:
    """The links that were not taken back, newest first."""
    found = house.identity.share_links.list(reader.workspace)
    return json_response({"share_links": [_shown(row) for row in found]})


@writing_router.post("", response_model=NewShareLink, status_code=201)
def make_link(
    house: TheHouse, rows: Rows, request: Request, writer: Writer, document: Document
) -> Response:
    """Make a link: `{kind, id, expires_at?}`; `kind` is trace or run. Whoever has it may read that
    one, and nothing else, until it expires or is taken back. Its address is in this answer and
    never again."""
    kind, target = document.get("kind"), document.get("id")
    if kind not in KINDS:
        raise HTTPException(422, f"kind: it is one of {', '.join(KINDS)}")
    if not isinstance(target, str) or not _is_there(rows, kind, target):
        raise HTTPException(404, f"there is no {kind} {target}")
    with refusing():
        token, row = house.identity.share_links.make(
            writer.workspace, kind, target, user=writer.user, expires_at=expiry(document)
        )
    note(request, writer, "share_link.create", link=row["id"], kind=kind, target=target)
    url = f"{public_url(house, request)}/{_PAGES[kind]}/{target}?t={token}"
    return json_response(_shown(row) | {"token": token, "url": url}, 201)


@writing_router.delete("/{link_id}", status_code=204)
def revoke_link(house: TheHouse, request: Request, writer: Writer, link_id: str) -> Response:
    """Take a link back: it shows nothing any more."""
    with refusing():
        house.identity.share_links.revoke(writer.workspace, link_id)
    note(request, writer, "share_link.revoke", link=link_id)
    return Response(status_code=204)


def _is_there(rows: Store, kind: str, target: str) -> bool:
    if kind == "run":
        return find_run(rows, target) is not None
    return bool(_TRACE_ID.fullmatch(target) and hours_of(rows, target))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: iso_seconds(row[name]) for name in ("created_at", "expires_at")}
