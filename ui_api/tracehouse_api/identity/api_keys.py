"""API keys, and whom they let in.

Every request asks here, so answers are remembered for two seconds: a key that is revoked is refused
that much later, by every process that shares the metadata database.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from tracehouse_api.identity.allowances import Allowances, SessionAllowance
from tracehouse_api.identity.tables import api_keys, members, workspaces
from tracehouse_api.identity.workspaces import ROLES
from tracehouse_api.meta.database import Meta
from tracehouse_collector.admit.refusal import UNAVAILABLE, Refusal
from tracehouse_collector.keys import Prefix, Principal, generate_key, hashed, is_well_formed

logger = logging.getLogger(__name__)

SCOPES = ("ingest", "read", "admin")
Row = dict[str, Any]

_FRESH_SECONDS = 2.0
# While the metadata database does not answer, keys that it let in before still are.
_STALE_SECONDS = 600.0
_USED_EVERY_SECONDS = 60.0
_MOST_REMEMBERED = 10_000
_START_LENGTH = 8


class Taken(ValueError):
    """The key is known already."""


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal | None
    key_id: str
    asked_at: float
    expires_at: float


class ApiKeys:
    """The keys of all workspaces. Thread-safe."""

    def __init__(
        self,
        meta: Meta,
        now: Callable[[], float] = time.time,
        *,
        allowances: Allowances | None = None,
    ) -> None:
        self._meta = meta
        self._allowances = allowances
        self._now = now
        self._known: dict[str, _Known] = {}
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    # --- who is it -------------------------------------------------------------------------------

    def principal(self, key: str) -> Principal | None:
        """Whose key this is; None when it is unknown, malformed, expired or revoked. Raises
        Refusal when the metadata database does not answer and the key was not seen before."""
        now = self._now()
        known = self._known.get(key)
        if known is None or now - known.asked_at > _FRESH_SECONDS:
            if not is_well_formed(key):
                return None
            known = self._look_up(key, known, now)
        return known.principal if now < known.expires_at else None

    def _look_up(self, key: str, before: _Known | None, now: float) -> _Known:
        try:
            known = self._read(key, now)
        except SQLAlchemyError as error:
            if before is None or now - before.asked_at > _STALE_SECONDS:
                raise Refusal(
                    UNAVAILABLE, "keys cannot be checked now: try again", retry_after=5.0
                ) from error
            logger.warning("the metadata database does not answer: keys are taken as last seen")
            return before
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known

    def _read(self, key: str, now: float) -> _Known:
        with self._meta.read() as connection:
            row = connection.execute(
                select(api_keys, members.c.role, workspaces.c.anonymous)
                .outerjoin(workspaces, workspaces.c.id == api_keys.c.workspace)
                .outerjoin(
                    members,
                    and_(
                        members.c.workspace == api_keys.c.workspace,
                        members.c.user_id == api_keys.c.user_id,
                    ),
                )
                .where(api_keys.c.sha256 == hashed(key), api_keys.c.revoked_at.is_(None))
            ).mappings().first()  # fmt: skip
        scopes = _scopes(dict(row)) if row is not None else None
        if row is None or not scopes:
            return _Known(None, "", now, 0.0)
        self._note_use(row["id"], row["last_used_at"] or 0.0, now)
        principal = Principal(
            row["workspace"], scopes, row["user_id"], row["project"],
            self._allowance(row["workspace"]) if row["anonymous"] else None,
        )  # fmt: skip
        return _Known(principal, row["id"], now, row["expires_at"] or float("inf"))

    def allowance_of(self, workspace: str) -> SessionAllowance | None:
        """What a workspace may send; None where nothing limits it."""
        with self._meta.read() as connection:
            anonymous = connection.execute(
                select(workspaces.c.anonymous).where(workspaces.c.id == workspace)
            ).scalar()
        return self._allowance(workspace) if anonymous else None

    def _allowance(self, workspace: str) -> SessionAllowance | None:
        return self._allowances.of(workspace) if self._allowances else None

    def _note_use(self, key_id: str, noted: float, now: float) -> None:
        if now - max(noted, self._used.get(key_id, 0.0)) < _USED_EVERY_SECONDS:
            return
        self._used[key_id] = now
        try:
            with self._meta.begin() as connection:
                connection.execute(
                    update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now)
                )
        except SQLAlchemyError:
            logger.warning("when a key was last used could not be noted", exc_info=True)

    # --- making and taking back ------------------------------------------------------------------

    def mint(
        self,
        *,
        workspace: str,
        user: str,
        name: str,
        scopes: Iterable[str] = SCOPES,
        project: str = "",
        expires_at: float | None = None,
        prefix: Prefix = "ba_",
    ) -> tuple[str, Row]:
        """(a new key, how it is listed). The key is not kept and cannot be shown again.

        Raises ValueError for scopes that are none, and for a key of one project that could read.
        """
        key = generate_key(prefix)
        return key, self.add(
            key, workspace=workspace, user=user, name=name, scopes=scopes, project=project,
            expires_at=expires_at,
        )  # fmt: skip

    def add(
        self,
        key: str,
        *,
        workspace: str,
        user: str,
        name: str,
        scopes: Iterable[str] = SCOPES,
        project: str = "",
        expires_at: float | None = None,
    ) -> Row:
        """Let in a key that was made elsewhere. Raises ValueError as `mint`, and for what is no
        well-formed key; Taken for one that was let in before, and perhaps revoked."""
        if not is_well_formed(key):
            raise ValueError("not a tracehouse key: it should be ba_ and 38 characters")
        given = set(scopes)
        if not given or given - set(SCOPES):
            raise ValueError(f"scopes: they are some of {', '.join(SCOPES)}")
        if project and given != {"ingest"}:
            raise ValueError("project: a key of one project can only have the scope ingest")
        row = {
            "id": secrets.token_hex(8), "sha256": hashed(key), "workspace": workspace,
            "user_id": user, "name": name, "start": key[:_START_LENGTH],
            "scopes": " ".join(scope for scope in SCOPES if scope in given), "project": project,
            "created_at": self._now(), "expires_at": expires_at, "last_used_at": None,
            "revoked_at": None,
        }  # fmt: skip
        try:
            with self._meta.begin() as connection:
                connection.execute(insert(api_keys).values(**row))
        except IntegrityError:
            raise Taken("this key was let in before") from None
        self._known.pop(key, None)
        return _shown(row)

    def list(self, workspace: str) -> list[Row]:
        """The keys of a workspace that were not revoked, newest first."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(api_keys)
                .where(api_keys.c.workspace == workspace, api_keys.c.revoked_at.is_(None))
                .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
            ).mappings().all()  # fmt: skip
        return [_shown(dict(row)) for row in found]

    def keep(self, workspace: str) -> None:
        """Let the keys of a workspace that was claimed expire no more."""
        with self._meta.begin() as connection:
            connection.execute(
                update(api_keys).where(api_keys.c.workspace == workspace).values(expires_at=None)
            )
        with self._lock:
            self._known.clear()

    def revoke(self, workspace: str, key_id: str) -> bool:
        """Let a key in no more; whether it was there."""
        return self._revoke(api_keys.c.workspace == workspace, api_keys.c.id == key_id) > 0

    def revoke_of_member(self, workspace: str, user: str) -> int:
        """Let no key in that somebody made in a workspace; how many there were."""
        return self._revoke(api_keys.c.workspace == workspace, api_keys.c.user_id == user)

    def _revoke(self, *which: Any) -> int:
        with self._meta.begin() as connection:
            count = connection.execute(
                update(api_keys)
                .where(*which, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=self._now())
            ).rowcount
        with self._lock:
            self._known.clear()
        return count


def _scopes(row: Mapping[str, Any]) -> frozenset[str]:
    """What a key may do: never more than the member who made it may now."""
    scopes = frozenset(row["scopes"].split())
    return scopes & ROLES.get(row["role"], frozenset()) if row["user_id"] else scopes


def _shown(row: Row) -> Row:
    return {
        "id": row["id"], "name": row["name"], "start": row["start"],
        "scopes": row["scopes"].split(), "project": row["project"] or None,
        "user": row["user_id"] or None,
        **{name: row[name] for name in ("created_at", "expires_at", "last_used_at")},
    }  # fmt: skip
