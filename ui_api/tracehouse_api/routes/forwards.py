"""`/v1/forwards`: where what a workspace gets is sent on to, and how far that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError

from tracehouse_api.access import Admin, House, TheHouse, note
from tracehouse_api.forwarding.store import Kept
from tracehouse_api.models.forwards import ForwardDestination, Forwards
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.values import iso_seconds, json_response
from tracehouse_collector.forward.address import Forbidden, check
from tracehouse_collector.forward.forwards import Forwarding
from tracehouse_collector.keys import DEFAULT_WORKSPACE, Principal
from tracehouse_collector.settings import Forward

admin_router = APIRouter(prefix="/v1/forwards", tags=["operations"])

_LETTERS = 20
_FIELDS = frozenset(
    (
        "url", "kind", "protocol", "headers", "public_key", "secret_key", "signals", "services",
        "drop_attributes", "gzip",
    )
)  # fmt: skip
_SECRET = frozenset(("headers", "public_key", "secret_key"))
_MOST_OF_A_LIST, _LONGEST, _LONGEST_URL = 50, 1000, 2000
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_HEADER_VALUE = re.compile(r"[\t -~]*")


@admin_router.get("", response_model=Forwards)
def list_forwards(house: TheHouse, admin: Admin) -> Response:
    """The workspace's destinations, by name. An admin of the first workspace also sees those of the
    server's settings, which get what every workspace sends."""
    shown = [_shown(house, kept) for kept in house.forwards.list(admin.workspace)]
    if admin.workspace == DEFAULT_WORKSPACE and house.collector is not None:
        of_settings = house.collector.forwards.of_settings(letters=_LETTERS)
        shown = [_told(one) for one in of_settings] + shown
    return json_response({"forwards": shown, "next_cursor": None})


@admin_router.post("", response_model=ForwardDestination, status_code=201)
def create_forward(house: TheHouse, request: Request, admin: Admin, document: Document) -> Response:
    """Send what the workspace gets on from now on: `{name, url, kind?, protocol?, headers?,
    public_key?, secret_key?, signals?, services?, drop_attributes?, gzip?, paused?}`. `kind` is
    otlp or langfuse, `protocol` http or grpc. Keys and headers are kept encrypted and are shown to
    nobody."""
    name = document.get("name")
    if not isinstance(name, str):
        raise HTTPException(422, "name: give it a name")
    if name in _names_of_settings(house, admin):
        raise HTTPException(409, f"name: {name!r} is in the server's settings: choose another")
    forward = _forward(house, admin, name, _given(document))
    with refusing(409):
        kept = house.forwards.create(forward, paused=_is_paused(document, default=False))
    note(request, admin, "forward.create", name=name, url=_without_credentials(forward.url))
    return json_response(_shown(house, kept), 201)


@admin_router.patch("/{name}", response_model=ForwardDestination)
def change_forward(
    house: TheHouse, request: Request, admin: Admin, name: str, document: Document
) -> Response:
    """Change what is given of a destination; it goes on where it was. `paused` makes it wait, and
    what comes meanwhile waits for it. Another host gets keys and headers only if they are given
    anew."""
    _refuse_those_of_settings(house, admin, name)
    given = _given(document)
    if document.get("name", name) != name:
        raise HTTPException(422, "name: it stays; delete this one, and make another")
    with refusing():
        before = house.forwards.get(admin.workspace, name).forward
    kept = before.forward.model_dump() | {
        "secret_key": before.forward.secret_key.get_secret_value()
    }
    forward = _forward(house, admin, name, {field: kept[field] for field in _FIELDS} | given)
    missing = sorted(field for field in _SECRET - given.keys() if kept[field])
    if missing and _origin(forward.url) != _origin(before.forward.url):
        raise HTTPException(422, f"url: it is another host: give {' and '.join(missing)} again")
    paused = _is_paused(document, default=before.paused)
    with refusing():
        changed = house.forwards.change(admin.workspace, name, forward, paused=paused)
    note(
        request, admin, "forward.change",
        name=name, url=_without_credentials(forward.url), paused=paused,
    )  # fmt: skip
    return json_response(_shown(house, changed))


@admin_router.delete("/{name}", status_code=204)
def delete_forward(house: TheHouse, request: Request, admin: Admin, name: str) -> Response:
    """Send nothing on to it any more. What waited for it, and what it refused, is forgotten there;
    here it stays."""
    _refuse_those_of_settings(house, admin, name)
    with refusing():
        house.forwards.delete(admin.workspace, name)
    note(request, admin, "forward.delete", name=name)
    return Response(status_code=204)


def _names_of_settings(house: House, admin: Principal) -> set[str]:
    """As far as whoever asks may know of them."""
    of_settings = house.settings.forward if admin.workspace == DEFAULT_WORKSPACE else []
    return {forward.name for forward in of_settings}


def _refuse_those_of_settings(house: House, admin: Principal, name: str) -> None:
    if name in _names_of_settings(house, admin):
        raise HTTPException(
            409, f"{name} is in the server's settings: change it in tracehouse.toml"
        )


def _given(document: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a body gives. Raises HTTPException 422."""
    unknown = document.keys() - _FIELDS - {"name", "paused"}
    if unknown:
        raise HTTPException(
            422, f"{min(unknown)!r}: there is no such field; known are {', '.join(sorted(_FIELDS))}"
        )
    return {name: document[name] for name in _FIELDS & document.keys()}


def _is_paused(document: Mapping[str, Any], *, default: bool) -> bool:
    paused = document.get("paused", default)
    if not isinstance(paused, bool):
        raise HTTPException(422, "paused: it is true or false")
    return paused


def _forward(house: House, admin: Principal, name: str, values: Mapping[str, Any]) -> Forward:
    """A destination for what this workspace gets, and nothing else. Raises HTTPException 422."""
    allow_private = house.settings.private_forwards
    try:
        forward = Forward(
            **values, name=name, workspace=admin.workspace, allow_private=allow_private
        )
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise HTTPException(422, "; ".join(faults).replace("Value error, ", "")) from None
    _check_sizes(forward)
    try:
        check(forward.url, allow_private=allow_private)
    except Forbidden as error:
        raise HTTPException(422, f"url: {_without_secrets(str(error), forward)}") from None
    except OSError:
        host = urlsplit(forward.url).hostname
        raise HTTPException(422, f"url: {host} cannot be looked up: is it spelled right?") from None
    return forward


def _check_sizes(forward: Forward) -> None:
    if len(forward.url) > _LONGEST_URL:
        raise HTTPException(422, f"url: it is longer than {_LONGEST_URL} characters")
    for field, texts in {
        "headers": [*forward.headers, *forward.headers.values()],
        "public_key": [forward.public_key],
        "secret_key": [forward.secret_key.get_secret_value()],
        "services": forward.services,
        "drop_attributes": forward.drop_attributes,
    }.items():
        if len(texts) > _MOST_OF_A_LIST or any(len(text) > _LONGEST for text in texts):
            raise HTTPException(
                422, f"{field}: at most {_MOST_OF_A_LIST}, of {_LONGEST} characters each"
            )
    for header, value in forward.headers.items():
        if not _HEADER_NAME.fullmatch(header) or not _HEADER_VALUE.fullmatch(value):
            raise HTTPException(422, "headers: a name or value cannot be one of a header")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _shown(house: House, kept: Kept) -> dict[str, Any]:
    found = None
    if house.collector is not None:
        found = house.collector.forwards.of_workspace(kept.forward.id, letters=_LETTERS)
    # What waits is counted in bytes of all workspaces, and is nobody's to know.
    progress = found.progress if found else {}
    progress = {name: replace(way, backlog_bytes=None) for name, way in progress.items()}
    letters = (found.dead_letter_count, found.dead_letters) if found else (0, [])
    told = _told(Forwarding(kept.forward.forward, progress, *letters))
    return told | {
        "origin": "api",
        "paused": kept.forward.paused,
        "created_at": iso_seconds(kept.created_at),
    }


def _told(one: Forwarding) -> dict[str, Any]:
    forward = one.forward
    return {
        "name": forward.name,
        "origin": "settings",
        "url": _without_credentials(forward.url),
        "kind": forward.kind,
        "protocol": forward.protocol,
        "takes": forward.signals,
        "services": forward.services,
        "drop_attributes": forward.drop_attributes,
        "gzip": forward.gzip,
        "header_names": sorted(forward.headers),
        "has_key": bool(forward.public_key or forward.secret_key.get_secret_value()),
        "paused": False,
        "created_at": None,
        "signals": [
            vars(way)
            | {
                "signal": name,
                "problem": way.problem and _without_secrets(way.problem, forward),
            }
            for name, way in one.progress.items()
        ],
        "dead_letter_count": one.dead_letter_count,
        "dead_letters": [
            letter | {"detail": _without_secrets(letter["detail"], forward)}
            for letter in one.dead_letters
        ],
    }


def _without_secrets(message: str, forward: Forward) -> str:
    """What went wrong, which names the address, without what signs in."""
    address = forward.url.rstrip("/")
    message = message.replace(address, _without_credentials(address))
    secrets = (forward.secret_key.get_secret_value(), *forward.headers.values())
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    return message


def _without_credentials(url: str) -> str:
    """Host, port and path: a user or a query may hold what signs in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
