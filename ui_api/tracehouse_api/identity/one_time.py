"""Links that work once: to sign in, to take up an invitation, to claim an anonymous session."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from tracehouse_api.identity.tables import one_time_tokens
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import hashed

Purpose = Literal["sign-in", "claim"]


class OneTimeTokens:
    """All links of a house that were not followed yet."""

    def __init__(self, meta: Meta, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._now = now

    def make(self, purpose: Purpose, subject: str, *, seconds: float) -> str:
        """A token that `redeem` turns into `subject`, once, within so many seconds."""
        token = secrets.token_urlsafe(32)
        with self._meta.begin() as connection:
            connection.execute(
                delete(one_time_tokens).where(one_time_tokens.c.expires_at < self._now())
            )
            connection.execute(
                insert(one_time_tokens).values(
                    sha256=hashed(token), purpose=purpose, subject=subject,
                    expires_at=self._now() + seconds,
                )
            )  # fmt: skip
        return token

    def redeem(self, purpose: Purpose, token: str) -> str | None:
        """What a token stands for, which it does no more after this; None when it does not."""
        with self._meta.begin() as connection:
            return self.redeem_in(connection, purpose, token)

    def redeem_in(self, connection: Connection, purpose: Purpose, token: str) -> str | None:
        """The same as a part of what it is redeemed for: both happen, or neither."""
        which = (
            one_time_tokens.c.sha256 == hashed(token),
            one_time_tokens.c.purpose == purpose,
            one_time_tokens.c.expires_at > self._now(),
        )
        subject = connection.execute(select(one_time_tokens.c.subject).where(*which)).scalar()
        # Of two that come at once, the one whose row it was.
        taken = connection.execute(delete(one_time_tokens).where(*which)).rowcount
        return subject if taken else None
