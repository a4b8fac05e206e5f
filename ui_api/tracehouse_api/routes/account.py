"""`/v1/auth` and `/v1/account`: signing in and out, and one's own account."""

from __future__ import annotations

import math
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.access import Account, House, SignedIn, TheHouse, address_of
from tracehouse_api.identity.sessions import COOKIE, SESSION_SECONDS
from tracehouse_api.models.identity import SignedInUser
from tracehouse_api.opened_page import back_to_page, forget_page, remember_page
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import json_response

open_router = APIRouter(tags=["account"])
router = APIRouter(prefix="/v1/account", tags=["account"])


@open_router.post("/v1/auth/login", response_model=SignedInUser)
def log_in(house: TheHouse, request: Request, document: Document) -> Response:
    """Sign in: `{email, password}`. The answer sets the session's cookie."""
    _refuse_forms(request)
    email, password = _text(document, "email"), _text(document, "password")
    identity, address = house.identity, address_of(request)
    account_name = email.strip().lower()[:320]
    wait = max(identity.account_tries.wait(account_name), identity.address_tries.wait(address))
    if wait:
        raise HTTPException(
            429,
            f"too many tries: wait {math.ceil(wait)} seconds",
            {"retry-after": str(math.ceil(wait))},
        )
    user = identity.accounts.login(email, password)
    if user is None:
        if (known := identity.accounts.find_by_email(account_name)) is not None:
            note_of_account(house, request, "sign_in.refused", known["id"])
        raise HTTPException(401, "this e-mail address and password do not belong together")
    identity.account_tries.forgive(account_name)
    note_of_account(house, request, "sign_in.password", user)
    answer = begin_session(house, request, user)
    forget_page(answer)  # the page is still open, and shows itself
    return answer


@open_router.post("/v1/auth/page", status_code=204)
def remember_opened_page(house: TheHouse, request: Request, document: Document) -> Response:
    """Remember which `{page}` of the web UI was opened, for ten minutes: whoever signs in there,
    with a provider or by a link, is led to it."""
    _refuse_forms(request)
    answer = Response(status_code=204)
    with refusing():
        remember_page(answer, house, request, _text(document, "page"))
    return answer


@open_router.get("/auth/link", include_in_schema=False)
def follow_link(house: TheHouse, request: Request, token: str) -> Response:
    """Sign in by a link that works once."""
    wait = house.identity.address_tries.wait(address_of(request))
    user = None if wait else house.identity.one_time.redeem("sign-in", token)
    if user is None:
        raise HTTPException(
            401,
            "this link was followed before, or is too old: start `tracehouse serve` again, or ask "
            "for another invitation",
        )
    note_of_account(house, request, "sign_in.link", user)
    answer = back_to_page(house, request)
    set_session_cookie(answer, house, request, house.identity.sessions.begin(user)[0])
    return answer


@open_router.post("/v1/auth/logout", status_code=204)
def log_out(house: TheHouse, request: Request, session: SignedIn) -> Response:
    """Sign out in this browser."""
    house.identity.sessions.end(request.cookies[COOKIE])
    note_of_account(house, request, "sign_out", session.user)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("", response_model=SignedInUser)
def show_account(house: TheHouse, request: Request, user: Account) -> Response:
    """Who one is, and in which workspaces."""
    cookie = request.cookies.get(COOKIE)
    session = house.identity.sessions.find(cookie) if cookie else None
    return json_response(_account(house, user, session.csrf if session else None))


@router.patch("", response_model=SignedInUser)
def change_account(house: TheHouse, session: SignedIn, document: Document) -> Response:
    """Change one's `{name?, email?}`."""
    given = {key: _text(document, key) for key in ("name", "email") if key in document}
    with refusing():
        house.identity.accounts.change(session.user, **given)
    return json_response(_account(house, session.user, session.csrf))


@router.put("/password", status_code=204)
def change_password(
    house: TheHouse, request: Request, session: SignedIn, document: Document
) -> Response:
    """Set one's password: `{new_password, current_password?}`; the current one where there is one.
    All other sessions end."""
    accounts, user = house.identity.accounts, session.user
    if wait := house.identity.account_tries.wait(f"password of {user}"):
        raise HTTPException(429, f"too many tries: wait {math.ceil(wait)} seconds")
    if accounts.has_password(user) and not accounts.verify(
        user, _text(document, "current_password")
    ):
        raise HTTPException(403, "current_password: this is not your password")
    with refusing():
        accounts.set_password(user, _text(document, "new_password"))
    house.identity.sessions.end_others(user, request.cookies.get(COOKIE))
    note_of_account(house, request, "password.change", user)
    return Response(status_code=204)


def begin_session(house: House, request: Request, user: str) -> Response:
    """The answer that signs somebody in."""
    cookie, session = house.identity.sessions.begin(user)
    answer = json_response(_account(house, user, session.csrf))
    set_session_cookie(answer, house, request, cookie)
    return answer


def note_of_account(house: House, request: Request, act: str, user: str, **detail: Any) -> None:
    """Write down what somebody did to their account, in each workspace that they are in."""
    for workspace in house.identity.workspaces.of(user):
        house.identity.audit.note(
            act, workspace=workspace["id"], user=user, address=address_of(request), **detail
        )


def _account(house: House, user: str, csrf: str | None) -> dict[str, Any]:
    return {
        "user": house.identity.accounts.find(user),
        "workspaces": house.identity.workspaces.of(user),
        "csrf_token": csrf,
    }


def set_session_cookie(answer: Response, house: House, request: Request, cookie: str) -> None:
    """Let the browser keep a session."""
    public = house.settings.public_url or str(request.base_url)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=public.startswith("https:"),
    )


def _refuse_forms(request: Request) -> None:
    """Another site's form cannot send JSON: it cannot sign anybody in here."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(415, "send JSON, with 'content-type: application/json'")


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise HTTPException(422, f"{name}: it is required, and a text")
    return value
