"""Who asks: from a request's key, cookie or link to the rows they may see.

A key comes in a header and acts in its workspace. A person who is signed in comes with a cookie,
and acts in the workspace that `x-tracehouse-workspace` names, else in their first one. Whoever
follows a link comes with `?t=`: the token of a share link reads what lies under its one trace or
run, and that of an anonymous session reads its workspace.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

from tracehouse_api.blobs import Blobs
from tracehouse_api.forwarding.store import WorkspaceForwards
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.identity.identity import Identity
from tracehouse_api.identity.sessions import COOKIE, CSRF_HEADER, Session
from tracehouse_api.identity.workspaces import ROLES
from tracehouse_api.langfuse.legacy import Legacy
from tracehouse_api.langfuse.remembered import Remembered
from tracehouse_api.live.streams import Streams
from tracehouse_api.meta.database import Meta
from tracehouse_api.recent import Recent
from tracehouse_api.sql.confinement import Bounds
from tracehouse_api.store import Store
from tracehouse_api.usage.known_prices import KnownPrices
from tracehouse_collector.admit.admission import authenticate, credential
from tracehouse_collector.admit.allowance import Allowance
from tracehouse_collector.admit.refusal import (
    FORBIDDEN,
    UNAUTHENTICATED,
    UNBOUNDED,
    Refusal,
)
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.collector import Collector
from tracehouse_collector.keys import SHARE_PREFIX, Principal
from tracehouse_collector.settings import ServerSettings
from tracehouse_collector.telemetry import Telemetry

if TYPE_CHECKING:
    from tracehouse_api.sql.run import Sql

# A parameter that ends in a dot stands for `<prefix>.<key>` with any key.
ATTRIBUTE_PREFIX = "attribute."

TOKEN_PARAMETER = "t"  # noqa: S105 - its name
_LOADED_SECONDS = 5.0
WORKSPACE_HEADER = "x-tracehouse-workspace"
_READ_ONLY = frozenset(("read",))
_SAFE_METHODS = frozenset(("GET", "HEAD"))
# What a link to one of these shows: all that lies under its own address.
_SHARED_ROUTES = {
    "trace": ("/v1/traces/{trace_id}", "trace_id"),
    "run": ("/v1/runs/{run_id}", "run_id"),
}


# Configurations that a sweep has given out, by workspace and sweep: their runs come later.
Suggested = dict[tuple[str, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class House:
    """What the routes stand on. `collector` is None where another process collects."""

    database: Database
    keys: ApiKeys
    telemetry: Telemetry
    collector: Collector | None
    blobs: Blobs
    meta: Meta
    settings: ServerSettings
    recent: Recent = field(default_factory=Recent)
    suggested: Suggested = field(default_factory=dict[tuple[str, str], list[dict[str, Any]]])

    @cached_property
    def identity(self) -> Identity:
        """Accounts, workspaces, and all that lets somebody in."""
        return Identity(self.meta, self.keys)

    @cached_property
    def forwards(self) -> WorkspaceForwards:
        """Where workspaces send what they get on to."""
        return WorkspaceForwards(self.meta, allow_private=self.settings.private_forwards)

    @cached_property
    def sql(self) -> Sql:
        """Answers to queries that people write."""
        from tracehouse_api.sql.run import Sql  # only now: its parser is slow to import

        return Sql(self.database, Bounds.of(self.settings))

    @cached_property
    def streams(self) -> Streams:
        """Whoever is told what is new."""
        return Streams(self.collector.positions if self.collector else None)

    @cached_property
    def prices(self) -> KnownPrices:
        """What models cost, by workspace."""
        return KnownPrices(self.meta)

    @cached_property
    def legacy(self) -> Legacy:
        """Observations that come in pieces."""
        return Legacy(Remembered(self.meta))

    def rows(self, workspace: str) -> Store:
        """What a workspace has, and what its calls cost."""
        return Store(self.database, workspace, self.prices.of(workspace))

    @property
    def has_backlog(self) -> bool:
        """Whether something was acknowledged that cannot be queried yet."""
        return self.collector is not None and any(self.collector.backlog_bytes.values())

    def wait_until_loaded(self, seconds: float = _LOADED_SECONDS) -> bool:
        """Return when all that was acknowledged before can be queried, or after so many seconds;
        whether it can. For questions about what was just sent."""
        if self.collector is None:
            return True
        deadline = time.monotonic() + seconds
        before = self.collector.watermark()
        while not (loaded := self.collector.has_loaded(before)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return loaded


def house(request: Request) -> House:
    return request.app.state.house


def principal(request: Request) -> Principal:
    """Whoever makes the request, allowed to read. Raises Refusal."""
    return _holder(request, "read")


def writer(request: Request) -> Principal:
    """Whoever makes the request, allowed to send. Raises Refusal."""
    holder = _holder(request, "ingest")
    if holder.allowance is not None:
        _count_body(request, holder.allowance)
    return holder


def _count_body(request: Request, allowance: Allowance) -> None:
    """Here, and not where a body is kept: so there is no door at which it is forgotten."""
    if "transfer-encoding" in request.headers:
        raise Refusal(
            UNBOUNDED, "an anonymous session says how long its bodies are: Content-Length"
        )
    allowance.take(int(request.headers.get("content-length") or 0))


def admin(request: Request) -> Principal:
    """Whoever makes the request, allowed to say who may what. Raises Refusal."""
    return _holder(request, "admin")


def _holder(request: Request, scope: str) -> Principal:
    authorization = request.headers.get("authorization")
    api_key = request.headers.get("x-api-key")
    if credential(authorization, api_key) is None:
        if (token := request.query_params.get(TOKEN_PARAMETER)) and scope == "read":
            return _of_link(request, token)
        if (session := session_of(request)) is not None:
            return _of_session(request, session, scope)
    return authenticate(house(request).keys, authorization, api_key, scope=scope)


def session_of(request: Request) -> Session | None:
    """Who is signed in in the browser that sends this. Raises Refusal when the request changes
    something and no page of ours sent it."""
    cookie = request.cookies.get(COOKIE)
    session = house(request).identity.sessions.find(cookie) if cookie else None
    if session is None:
        return None
    if request.method not in _SAFE_METHODS and not session.may_change(
        request.headers.get(CSRF_HEADER)
    ):
        raise Refusal(FORBIDDEN, f"send the session's csrf_token as '{CSRF_HEADER}'")
    return session


def _of_session(request: Request, session: Session, scope: str) -> Principal:
    mine = house(request).identity.workspaces.of(session.user)
    wanted = request.headers.get(WORKSPACE_HEADER)
    found = next((w for w in mine if wanted in (None, w["id"])), None)
    if found is None:
        raise Refusal(FORBIDDEN, "you are in no such workspace")
    scopes = ROLES[found["role"]]
    if scope not in scopes:
        raise Refusal(FORBIDDEN, f"a {found['role']} of this workspace may not do this")
    return Principal(found["id"], scopes, session.user)


def _of_link(request: Request, token: str) -> Principal:
    refused = Refusal(UNAUTHENTICATED, "this link shows nothing here, or was taken back")
    if request.method not in _SAFE_METHODS:
        raise refused
    if not token.startswith(SHARE_PREFIX):
        holder = house(request).keys.principal(token)
        # A key that could do more than read does not belong into an address.
        if holder is None or holder.scopes != _READ_ONLY:
            raise refused
        return holder
    shared = house(request).identity.share_links.find(token)
    if shared is None:
        raise refused
    path, parameter = _SHARED_ROUTES[shared.kind]
    route: str = request.scope["route"].path
    is_under = route == path or route.startswith(path + "/")
    if not is_under or request.path_params[parameter] != shared.target:
        raise refused
    return Principal(shared.workspace, _READ_ONLY)


def account(request: Request) -> str:
    """The id of the account behind the request: somebody signed in, or the key of one. Raises
    Refusal."""
    if credential(request.headers.get("authorization"), request.headers.get("x-api-key")) is None:
        session = session_of(request)
        if session is None:
            raise Refusal(UNAUTHENTICATED, "sign in, or send an API key")
        return session.user
    user = _holder(request, "read").user
    if not user:
        raise Refusal(FORBIDDEN, "this key belongs to no account: sign in")
    return user


def signed_in(request: Request) -> Session:
    """The session of whoever is signed in: what only a person may do. Raises Refusal."""
    session = session_of(request)
    if session is None:
        raise Refusal(UNAUTHENTICATED, "sign in first: an API key may not do this")
    return session


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def note(request: Request, by: Principal, act: str, **detail: Any) -> None:
    """Write down what somebody did in their workspace."""
    house(request).identity.audit.note(
        act, workspace=by.workspace, user=by.user, address=address_of(request), **detail
    )


def _query_parameters(of: Dependant) -> set[str]:
    """The names of what a route, and all it depends on, takes from the query."""
    return {field.alias for field in of.query_params}.union(
        *map(_query_parameters, of.dependencies)
    )


def known_parameters(request: Request) -> None:
    """A parameter that a route does not know is an error, not silence: a filter with a typing
    error would answer with everything. Raises RequestValidationError."""
    known = _query_parameters(request.scope["route"].dependant) | {TOKEN_PARAMETER}
    prefixes = tuple(name for name in known if name.endswith("."))
    unknown = [
        name for name in request.query_params if name not in known and not name.startswith(prefixes)
    ]
    if unknown:
        raise RequestValidationError(
            [
                {
                    "loc": ("query", name),
                    "msg": f"there is no such parameter; known are {', '.join(sorted(known))}",
                    "type": "unknown_parameter",
                }
                for name in unknown
            ]
        )


def store(request: Request, reader: Annotated[Principal, Depends(principal)]) -> Store:
    return house(request).rows(reader.workspace)


TheHouse = Annotated[House, Depends(house)]
Reader = Annotated[Principal, Depends(principal)]
Writer = Annotated[Principal, Depends(writer)]
Admin = Annotated[Principal, Depends(admin)]
Account = Annotated[str, Depends(account)]
SignedIn = Annotated[Session, Depends(signed_in)]
Rows = Annotated[Store, Depends(store)]
