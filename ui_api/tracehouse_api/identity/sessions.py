"""Who is signed in in a browser: a random cookie, and what a page must repeat to change anything.

The cookie is HttpOnly and SameSite=Lax. A request that changes something and is let in by the
cookie alone must carry the session's CSRF token in a header, which no other site can read.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from tracehouse_api.identity.tables import sessions
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import hashed

COOKIE = "tracehouse_session"
CSRF_HEADER = "x-csrf-token"
SESSION_SECONDS = 30 * 86400


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    user: str
    csrf: str
    expires_at: float

    def may_change(self, csrf: str | None) -> bool:
        """Whether a page of ours sent this, by the token that it repeats."""
        return csrf is not None and hmac.compare_digest(csrf.encode(), self.csrf.encode())


class Sessions:
    """All sessions of a house."""

    def __init__(self, meta: Meta, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._now = now

    def begin(self, user: str) -> tuple[str, Session]:
        """(the cookie's value, the session) of somebody who has just shown who they are."""
        cookie = secrets.token_urlsafe(32)
        session = Session(user, secrets.token_urlsafe(24), self._now() + SESSION_SECONDS)
        with self._meta.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < self._now()))
            connection.execute(
                insert(sessions).values(
                    sha256=hashed(cookie), user_id=user, csrf=session.csrf,
                    created_at=self._now(), expires_at=session.expires_at,
                )
            )  # fmt: skip
        return cookie, session

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie; None when there is none, or no more."""
        with self._meta.read() as connection:
            row = connection.execute(
                select(sessions).where(
                    sessions.c.sha256 == hashed(cookie), sessions.c.expires_at > self._now()
                )
            ).mappings().first()  # fmt: skip
        return Session(row["user_id"], row["csrf"], row["expires_at"]) if row else None

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._end(sessions.c.sha256 == hashed(cookie))

    def end_others(self, user: str, cookie: str | None) -> None:
        """Sign somebody out everywhere but here."""
        self._end(sessions.c.user_id == user, sessions.c.sha256 != hashed(cookie or ""))

    def _end(self, *which: Any) -> None:
        with self._meta.begin() as connection:
            connection.execute(delete(sessions).where(*which))
