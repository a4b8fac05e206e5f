"""What was done to keys, members, links and data, by whom and from where."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import insert, select

from tracehouse_api.identity.tables import audit_log
from tracehouse_api.meta.database import Meta

Row = dict[str, Any]

_LONGEST_VALUE = 200


class AuditLog:
    """The acts in all workspaces, never changed once written."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def note(self, act: str, *, workspace: str, user: str, address: str, **detail: Any) -> None:
        """Write down an act such as `api_key.revoke`. `detail` is a few short texts, and no
        secret."""
        with self._meta.begin() as connection:
            connection.execute(
                insert(audit_log).values(
                    at=time.time(), workspace=workspace, user_id=user, act=act, address=address,
                    detail=json.dumps(
                        {key: str(value)[:_LONGEST_VALUE] for key, value in detail.items()},
                        sort_keys=True,
                    ),
                )
            )  # fmt: skip

    def list(self, workspace: str, *, before: int | None, limit: int) -> list[Row]:
        """The newest acts before one: `{id, at, user, act, detail, address}`."""
        statement = select(audit_log).where(audit_log.c.workspace == workspace)
        if before is not None:
            statement = statement.where(audit_log.c.id < before)
        with self._meta.read() as connection:
            found = connection.execute(
                statement.order_by(audit_log.c.id.desc()).limit(limit)
            ).mappings().all()  # fmt: skip
        return [
            {
                "id": row["id"], "at": row["at"], "user": row["user_id"] or None,
                "act": row["act"], "detail": json.loads(row["detail"]), "address": row["address"],
            }
            for row in found
        ]  # fmt: skip
