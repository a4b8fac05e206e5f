"""Links by which anybody may read one trace or one run, until they are taken back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import insert, select, update

from tracehouse_api.identity.tables import share_links
from tracehouse_api.meta.database import Meta, Unknown
from tracehouse_collector.keys import SHARE_PREFIX, generate_key, hashed, is_well_formed

Kind = Literal["trace", "run"]
Row = dict[str, Any]

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link shows: one trace or run of a workspace."""

    workspace: str
    kind: Kind
    target: str


class ShareLinks:
    """All share links of a house."""

    def __init__(self, meta: Meta, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._now = now

    def make(
        self, workspace: str, kind: Kind, target: str, *, user: str, expires_at: float | None
    ) -> tuple[str, Row]:
        """(the link's token, which is not kept; how the link is listed)."""
        token = generate_key(SHARE_PREFIX)
        row = {
            "id": secrets.token_hex(8), "sha256": hashed(token), "workspace": workspace,
            "kind": kind, "target": target, "user_id": user, "created_at": self._now(),
            "expires_at": expires_at, "revoked_at": None,
        }  # fmt: skip
        with self._meta.begin() as connection:
            connection.execute(insert(share_links).values(**row))
        return token, _shown(row)

    def find(self, token: str) -> Shared | None:
        """What a token shows; None when it is unknown, expired or revoked."""
        if not is_well_formed(token):
            return None
        with self._meta.read() as connection:
            row = connection.execute(
                select(share_links).where(
                    share_links.c.sha256 == hashed(token), share_links.c.revoked_at.is_(None)
                )
            ).mappings().first()  # fmt: skip
        if row is None or self._now() >= (row["expires_at"] or float("inf")):
            return None
        return Shared(row["workspace"], row["kind"], row["target"])

    def list(self, workspace: str) -> list[Row]:
        """The links of a workspace that were not taken back, newest first."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(share_links)
                .where(share_links.c.workspace == workspace, share_links.c.revoked_at.is_(None))
                .order_by(share_links.c.created_at.desc(), share_links.c.id)
            ).mappings().all()  # fmt: skip
        return [_shown(dict(row)) for row in found]

    def revoke(self, workspace: str, link: str) -> None:
        """Take a link back. Raises Unknown."""
        with self._meta.begin() as connection:
            count = connection.execute(
                update(share_links)
                .where(
                    share_links.c.workspace == workspace, share_links.c.id == link,
                    share_links.c.revoked_at.is_(None),
                )
                .values(revoked_at=self._now())
            ).rowcount  # fmt: skip
        if not count:
            raise Unknown(f"there is no share link {link}")


def _shown(row: Row) -> Row:
    return {
        "id": row["id"], "kind": row["kind"], "target": row["target"], "user": row["user_id"],
        "created_at": row["created_at"], "expires_at": row["expires_at"],
    }  # fmt: skip
