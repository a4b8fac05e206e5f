"""Sessions without an account: a workspace of their own, which somebody may claim.

Claiming makes somebody the workspace's owner. No row is rewritten: what was sent stays where it is,
and programs that still run go on sending there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.identity.one_time import OneTimeTokens
from tracehouse_api.identity.tables import members, workspaces
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import ANONYMOUS_PREFIX

UNCLAIMED_SECONDS = 30 * 86400
_PREFIX = "anon-"


@dataclass(frozen=True, slots=True)
class AnonymousSession:
    """What a program without a key gets: to send and read with, to show with, to claim with."""

    workspace: str
    token: str
    read_token: str
    claim_token: str


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """Bytes that were put aside for what it sends, and when that is deleted, in Unix seconds."""

    sent_bytes: int
    expires_at: float


class AnonymousSessions:
    """All workspaces that began without an account."""

    def __init__(self, meta: Meta, keys: ApiKeys, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._keys = keys
        self._now = now
        self._claims = OneTimeTokens(meta, now)

    def begin(self) -> AnonymousSession:
        """A new workspace that nobody owns, for thirty days."""
        workspace = _PREFIX + secrets.token_hex(10)
        ends = self._now() + UNCLAIMED_SECONDS
        with self._meta.begin() as connection:
            connection.execute(
                insert(workspaces).values(
                    id=workspace, name="Anonymous", created_at=self._now(), anonymous=True,
                    expires_at=ends,
                )
            )  # fmt: skip
        tokens = [
            self._keys.mint(
                workspace=workspace, user="", name=name, scopes=scopes, expires_at=ends,
                prefix=ANONYMOUS_PREFIX,
            )[0]
            for name, scopes in (("anonymous", ("ingest", "read")), ("shared link", ("read",)))
        ]  # fmt: skip
        claim = self._claims.make("claim", workspace, seconds=UNCLAIMED_SECONDS)
        return AnonymousSession(workspace, tokens[0], tokens[1], claim)

    def claim(self, token: str, user: str, name: str) -> str | None:
        """Make somebody the owner of a session's workspace; its id. None for a token that is
        unknown, too old, or was used."""
        with self._meta.begin() as connection:
            workspace = self._claims.redeem_in(connection, "claim", token)
            if workspace is None:
                return None
            connection.execute(
                update(workspaces)
                .where(workspaces.c.id == workspace)
                .values(anonymous=False, expires_at=None, name=name)
            )
            connection.execute(
                insert(members).values(
                    workspace=workspace, user_id=user, role="owner", joined_at=self._now()
                )
            )
        self._keys.keep(workspace)
        return workspace

    def status(self, workspace: str) -> SessionStatus | None:
        """What a session has sent; None when it is none, or was claimed."""
        with self._meta.read() as connection:
            row = connection.execute(
                select(workspaces.c.sent_bytes, workspaces.c.expires_at).where(
                    workspaces.c.id == workspace, workspaces.c.anonymous
                )
            ).first()
        return None if row is None else SessionStatus(row.sent_bytes, row.expires_at)

    def expired(self) -> list[str]:
        """Workspaces that nobody claimed in time: their data is to be deleted."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(workspaces.c.id).where(
                    workspaces.c.anonymous, workspaces.c.expires_at < self._now()
                )
            )
            return list(found.scalars())
