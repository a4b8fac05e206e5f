"""`/v1/anon/session` and `/v1/claim`: start without an account, and make it yours later."""

from __future__ import annotations

import math

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.access import Reader, SignedIn, TheHouse, address_of
from tracehouse_api.models.identity import AnonymousSession, AnonymousUsage, Workspace
from tracehouse_api.routes.documents import Document
from tracehouse_api.routes.workspaces import public_url
from tracehouse_api.values import iso_seconds, json_response

open_router = APIRouter(prefix="/v1", tags=["anonymous"])
router = APIRouter(prefix="/v1", tags=["anonymous"])


@open_router.post("/anon/session", response_model=AnonymousSession)
def begin_anonymous_session(house: TheHouse, request: Request) -> Response:
    """Tokens to send, to show and to claim with, for a program that has no key. What it sends is
    deleted after thirty days unless somebody claims it."""
    if not house.settings.anonymous:
        raise HTTPException(
            403, "this server takes nothing without a key: set TRACEHOUSE_API_KEY, or log in"
        )
    wait = house.identity.anonymous_begins.wait(address_of(request))
    if wait:
        raise HTTPException(
            429,
            f"too many anonymous sessions: wait {math.ceil(wait)} seconds, or use a key",
            {"retry-after": str(math.ceil(wait))},
        )
    made = house.identity.anonymous.begin()
    return json_response(
        {
            "token": made.token,
            "read_token": made.read_token,
            "claim_token": made.claim_token,
            "web_url": public_url(house, request),
            "user_id": made.workspace,
        }
    )


@router.get("/anon/session", response_model=AnonymousUsage)
def get_anonymous_session(house: TheHouse, reader: Reader) -> Response:
    """What a session has sent, of how much it may. Ask with one of its tokens."""
    found = house.identity.anonymous.status(reader.workspace)
    if found is None:
        raise HTTPException(404, "this is no anonymous session, or it was claimed: send freely")
    allowance = house.keys.allowance_of(reader.workspace)
    return json_response(
        {
            "sent_bytes": found.sent_bytes - (allowance.left if allowance else 0),
            "max_bytes": house.settings.anonymous_bytes,
            "max_bytes_per_minute": house.settings.anonymous_bytes_per_minute,
            "expires_at": iso_seconds(found.expires_at),
        }
    )


@open_router.post("/claim", response_model=Workspace)
def claim(house: TheHouse, request: Request, session: SignedIn, document: Document) -> Response:
    """Become the owner of what an anonymous session sent: `{token, name?}`. It stays in a workspace
    of its own, which is now yours; programs that still run go on sending there."""
    name = str(document.get("name") or "Claimed")[:200]
    workspace = house.identity.anonymous.claim(str(document.get("token") or ""), session.user, name)
    if workspace is None:
        raise HTTPException(404, "token: there is nothing to claim by it, or it was claimed before")
    house.identity.audit.note(
        "workspace.claim", workspace=workspace, user=session.user, address=address_of(request)
    )
    return json_response({"id": workspace, "name": name, "role": "owner"})
