"""`/v1/workspaces`: the caller's, and who is in the one that they act in."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tracehouse_api.access import Account, Admin, House, SignedIn, TheHouse, address_of, note
from tracehouse_api.identity.workspaces import ROLES
from tracehouse_api.models.identity import AuditEntries, Invitation, Members, Workspace, Workspaces
from tracehouse_api.parameters import Limit
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import iso_seconds, json_response

router = APIRouter(prefix="/v1/workspaces", tags=["workspaces"])
# Whoever may say who may what in the workspace that they act in.
admin_router = APIRouter(prefix="/v1", tags=["workspaces"])

_INVITATION_SECONDS = 7 * 86400.0


@router.get("", response_model=Workspaces)
def list_workspaces(house: TheHouse, user: Account) -> Response:
    """The workspaces that one is in."""
    return json_response({"workspaces": house.identity.workspaces.of(user)})


@router.post("", response_model=Workspace, status_code=201)
def create_workspace(
    house: TheHouse, request: Request, session: SignedIn, document: Document
) -> Response:
    """Make a workspace `{name}`, as its owner."""
    with refusing():
        made = house.identity.workspaces.create(str(document.get("name") or ""), session.user)
    house.identity.audit.note(
        "workspace.create", workspace=made["id"], user=session.user, address=address_of(request)
    )
    return json_response(made, 201)


@admin_router.get("/members", response_model=Members)
def list_members(house: TheHouse, admin: Admin) -> Response:
    """Everybody in the workspace."""
    found = house.identity.workspaces.members(admin.workspace)
    return json_response(
        {"members": [row | {"joined_at": iso_seconds(row["joined_at"])} for row in found]}
    )


@admin_router.post("/members", response_model=Invitation, status_code=201)
def invite(house: TheHouse, request: Request, admin: Admin, document: Document) -> Response:
    """Take somebody in: `{email, role}`. Whoever has no account yet gets one, and `invite_url`
    signs them in once, within seven days: send it to them."""
    identity, role = house.identity, str(document.get("role") or "member")
    if role not in ROLES:
        raise HTTPException(422, f"role: it is one of {', '.join(ROLES)}")
    with refusing():
        email = str(document.get("email") or "")
        known = identity.accounts.find_by_email(email)
        user = known["id"] if known else identity.accounts.add(email)
        identity.workspaces.set_role(admin.workspace, user, role)
    url = None
    if known is None:
        token = identity.one_time.make("sign-in", user, seconds=_INVITATION_SECONDS)
        url = f"{public_url(house, request)}/auth/link?token={token}"
    note(request, admin, "member.add", member=user, role=role)
    return json_response({"user": user, "role": role, "invite_url": url}, 201)


@admin_router.patch("/members/{user}", status_code=204)
def change_role(
    house: TheHouse, request: Request, admin: Admin, user: str, document: Document
) -> Response:
    """Give a member another `{role}`."""
    if house.identity.workspaces.role(admin.workspace, user) is None:
        raise HTTPException(404, f"there is no member {user} in this workspace")
    with refusing():
        house.identity.workspaces.set_role(admin.workspace, user, str(document.get("role") or ""))
    note(request, admin, "member.change", member=user, role=document.get("role"))
    return Response(status_code=204)


@admin_router.delete("/members/{user}", status_code=204)
def remove_member(house: TheHouse, request: Request, admin: Admin, user: str) -> Response:
    """Take somebody out; the keys that they made in this workspace are revoked."""
    with refusing():
        house.identity.workspaces.remove(admin.workspace, user)
    revoked = house.keys.revoke_of_member(admin.workspace, user)
    note(request, admin, "member.remove", member=user, revoked_keys=revoked)
    return Response(status_code=204)


@admin_router.get("/audit", response_model=AuditEntries)
def list_audit(
    house: TheHouse, admin: Admin, limit: Limit = 50, cursor: int | None = Query(None, ge=1)
) -> Response:
    """What was done to keys, members, links and data, newest first."""
    found = house.identity.audit.list(admin.workspace, before=cursor, limit=limit + 1)
    more = str(found[limit - 1]["id"]) if len(found) > limit else None
    entries = [row | {"at": iso_seconds(row["at"])} for row in found[:limit]]
    return json_response({"audit": entries, "next_cursor": more})


def public_url(house: House, request: Request) -> str:
    """The address that people open, without a slash at its end."""
    return (house.settings.public_url or str(request.base_url)).rstrip("/")
