"""Where workspaces send what they get on to.

What a destination is asked with is kept encrypted, under a key that is made of the house's secret
and of whose it is: a row that is put into another workspace cannot be read.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from tracehouse_api.meta.database import Meta, Unknown
from tracehouse_api.meta.secret import derived_key
from tracehouse_collector.forward.forwards import WorkspaceForward
from tracehouse_collector.settings import Forward

logger = logging.getLogger(__name__)

MOST = 10
_forwards = Table(
    "forwards", MetaData(),
    Column("id", String(40), primary_key=True), Column("workspace", String(200)),
    Column("name", String(40)), Column("encrypted", Text), Column("paused", Boolean),
    Column("revision", String(40)), Column("created_at", Float),
)  # fmt: skip


class Taken(ValueError):
    """A workspace has a forward of that name, or as many as it may have."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A forward as it is kept; `created_at` in Unix seconds."""

    forward: WorkspaceForward
    created_at: float


class WorkspaceForwards:
    """The forwards of all workspaces."""

    def __init__(
        self, meta: Meta, *, allow_private: bool, now: Callable[[], float] = time.time
    ) -> None:
        self._meta = meta
        self._allow_private = allow_private
        self._now = now

    def create(self, forward: Forward, *, paused: bool) -> Kept:
        """Keep a new forward of `forward.workspace`. Raises Taken."""
        identity, revision, at = secrets.token_hex(8), secrets.token_hex(8), self._now()
        row = {
            "id": identity, "workspace": forward.workspace, "name": forward.name,
            "encrypted": self._encrypted(identity, forward), "paused": paused,
            "revision": revision, "created_at": at,
        }  # fmt: skip
        try:
            with self._meta.begin() as connection:
                count = connection.execute(
                    select(func.count()).where(_forwards.c.workspace == forward.workspace)
                ).scalar_one()
                if count >= MOST:
                    raise Taken(f"a workspace may have {MOST} forwards: delete one first")
                connection.execute(insert(_forwards).values(**row))
        except IntegrityError:
            raise Taken(
                f"there is a forward {forward.name!r}: change it, or choose another name"
            ) from None
        return Kept(WorkspaceForward(identity, forward, paused, revision), at)

    def change(self, workspace: str, name: str, forward: Forward, *, paused: bool) -> Kept:
        """Put other settings in place of a forward's. Raises Unknown."""
        before = self.get(workspace, name)
        revision = secrets.token_hex(8)
        identity = before.forward.id
        with self._meta.begin() as connection:
            changed = connection.execute(
                update(_forwards)
                .where(_forwards.c.id == identity)
                .values(
                    encrypted=self._encrypted(identity, forward), paused=paused, revision=revision
                )
            )
        if not changed.rowcount:
            raise _unknown(name)
        return Kept(WorkspaceForward(identity, forward, paused, revision), before.created_at)

    def delete(self, workspace: str, name: str) -> None:
        """Forget a forward. Raises Unknown."""
        with self._meta.begin() as connection:
            gone = connection.execute(
                delete(_forwards).where(
                    _forwards.c.workspace == workspace, _forwards.c.name == name
                )
            )
        if not gone.rowcount:
            raise _unknown(name)

    def get(self, workspace: str, name: str) -> Kept:
        """A forward of a workspace. Raises Unknown."""
        found = next(
            (one for one in self.list(workspace) if one.forward.forward.name == name), None
        )
        if found is None:
            raise _unknown(name)
        return found

    def list(self, workspace: str) -> list[Kept]:
        """A workspace's forwards, by name."""
        with self._meta.read() as connection:
            rows = connection.execute(
                select(_forwards)
                .where(_forwards.c.workspace == workspace)
                .order_by(_forwards.c.name)
            ).mappings().all()  # fmt: skip
        return self._read(rows)

    def revisions(self) -> frozenset[tuple[str, str]]:
        """`(id, revision)` of those of all workspaces: another set when one of them changed."""
        with self._meta.read() as connection:
            found = connection.execute(select(_forwards.c.id, _forwards.c.revision))
            return frozenset((row.id, row.revision) for row in found)

    def every(self) -> list[WorkspaceForward]:
        """Those of all workspaces, for the collector."""
        with self._meta.read() as connection:
            rows = connection.execute(select(_forwards)).mappings().all()
        return [kept.forward for kept in self._read(rows)]

    def _read(self, rows: Sequence[RowMapping]) -> list[Kept]:
        found = list[Kept]()
        for row in rows:
            try:
                settings = self._cipher(row["workspace"], row["id"]).decrypt(row["encrypted"])
                # Whose it is, and where it may lead, says the house and not what was kept.
                forward = Forward.model_validate(
                    json.loads(settings)
                    | {"workspace": row["workspace"], "allow_private": self._allow_private}
                )
            except (InvalidToken, ValueError):  # one of them must not stop all others
                logger.warning(
                    "forward %s cannot be read, perhaps because the house has another secret than "
                    "it had: delete it and make it anew", row["id"],
                )  # fmt: skip
                continue
            kept = WorkspaceForward(row["id"], forward, row["paused"], row["revision"])
            found.append(Kept(kept, row["created_at"]))
        return found

    def _encrypted(self, identity: str, forward: Forward) -> str:
        settings = forward.model_dump(mode="json") | {
            "secret_key": forward.secret_key.get_secret_value()
        }
        cipher = self._cipher(forward.workspace, identity)
        return cipher.encrypt(json.dumps(settings).encode()).decode()

    def _cipher(self, workspace: str, identity: str) -> Fernet:
        key = derived_key(self._meta, f"forward {identity} of {workspace}")
        return Fernet(base64.urlsafe_b64encode(key))


def _unknown(name: str) -> Unknown:
    return Unknown(f"there is no forward {name!r} in this workspace")
