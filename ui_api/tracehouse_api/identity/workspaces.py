"""Workspaces, who is in them, and what their role lets them do."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from tracehouse_api.identity.names import checked_name
from tracehouse_api.identity.tables import members, users, workspaces
from tracehouse_api.meta.database import Meta, Unknown

Row = dict[str, Any]

# What a role may do, as the scopes of a key.
ROLES: dict[str, frozenset[str]] = {
    "owner": frozenset(("ingest", "read", "admin")),
    "member": frozenset(("ingest", "read")),
    "viewer": frozenset(("read",)),
}
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


class LastOwner(ValueError):
    """A workspace would be left without an owner."""


class Workspaces:
    """All workspaces of a house."""

    def __init__(self, meta: Meta, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._now = now

    def create(self, name: str, owner: str) -> Row:
        """A new workspace with its first owner: `{id, name, role}`. Raises ValueError."""
        name = checked_name(name)
        identity = f"{_NOT_IN_IDS.sub('-', name.lower()).strip('-')[:40]}-{secrets.token_hex(4)}"
        with self._meta.begin() as connection:
            connection.execute(
                insert(workspaces).values(
                    id=identity, name=name, created_at=self._now(), anonymous=False
                )
            )
            _join(connection, identity, owner, "owner", self._now())
        return {"id": identity, "name": name, "role": "owner"}

    def of(self, user: str) -> list[Row]:
        """`{id, name, role}` of each workspace that somebody is in, by when they joined."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(workspaces.c.id, workspaces.c.name, members.c.role)
                .join(members, members.c.workspace == workspaces.c.id)
                .where(members.c.user_id == user)
                .order_by(members.c.joined_at, workspaces.c.id)
            ).mappings().all()  # fmt: skip
        return [dict(row) for row in found]

    def role(self, workspace: str, user: str) -> str | None:
        """Somebody's role in a workspace; None when they are not in it."""
        with self._meta.read() as connection:
            return connection.execute(
                select(members.c.role).where(*_is(workspace, user))
            ).scalar()  # fmt: skip

    def members(self, workspace: str) -> list[Row]:
        """`{user, email, name, role, joined_at}` of each member."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(
                    users.c.id.label("user"), users.c.email, users.c.name, members.c.role,
                    members.c.joined_at,
                )
                .join(users, users.c.id == members.c.user_id)
                .where(members.c.workspace == workspace)
                .order_by(members.c.joined_at, users.c.id)
            ).mappings().all()  # fmt: skip
        return [dict(row) for row in found]

    def set_role(self, workspace: str, user: str, role: str) -> None:
        """Make somebody a member, or give a member another role. Raises ValueError, LastOwner."""
        if role not in ROLES:
            raise ValueError(f"role: it is one of {', '.join(ROLES)}")
        with self._meta.begin() as connection:
            if role != "owner":
                _keep_an_owner(connection, workspace, user)
            changed = connection.execute(
                update(members).where(*_is(workspace, user)).values(role=role)
            ).rowcount
            if not changed:
                _join(connection, workspace, user, role, self._now())

    def remove(self, workspace: str, user: str) -> None:
        """Raises Unknown when they are not in it, and LastOwner."""
        with self._meta.begin() as connection:
            _keep_an_owner(connection, workspace, user)
            if not connection.execute(delete(members).where(*_is(workspace, user))).rowcount:
                raise Unknown(f"there is no member {user} in this workspace")


def _join(connection: Connection, workspace: str, user: str, role: str, now: float) -> None:
    connection.execute(
        insert(members).values(workspace=workspace, user_id=user, role=role, joined_at=now)
    )


def _keep_an_owner(connection: Connection, workspace: str, but: str) -> None:
    others = connection.execute(
        select(func.count())
        .select_from(members)
        .where(
            members.c.workspace == workspace, members.c.role == "owner", members.c.user_id != but
        )
    ).scalar_one()
    is_owner = connection.execute(select(members.c.role).where(*_is(workspace, but))).scalar()
    if is_owner == "owner" and not others:
        raise LastOwner("a workspace needs an owner: make somebody else one first")


def _is(workspace: str, user: str) -> tuple[Any, Any]:
    return members.c.workspace == workspace, members.c.user_id == user
