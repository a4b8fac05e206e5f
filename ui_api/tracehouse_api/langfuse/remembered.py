"""What was said of observations that came in pieces, for as long as more may be said of them.

In the metadata database, because a piece may come after a restart, and the span that is written
then replaces the one before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Float, MetaData, String, Table, delete, insert, select

from tracehouse_api.meta.database import Meta
from tracehouse_api.meta.json_text import JsonText

Fields = dict[str, Any]

_DAYS = 3
_FORGET_EVERY_SECONDS = 3600.0
_observations = Table(
    "langfuse_observations", MetaData(),
    Column("workspace", String(200), primary_key=True),
    Column("identity", String(600), primary_key=True),
    Column("fields", JsonText), Column("said_at", Float),
)  # fmt: skip


class Remembered:
    """Fields of observations, by workspace and identity. Thread-safe."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta
        self._forget_at = 0.0

    def recall(self, workspace: str, identity: str) -> Fields:
        """What was said before; empty when that is nothing."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(_observations.c.fields).where(*_is(workspace, identity))
            ).scalar()
        return dict(found) if found else {}

    def keep(self, workspace: str, said: Mapping[str, Fields]) -> None:
        """Keep what is now known, by identity."""
        now = time.time()
        with self._meta.begin() as connection:
            for identity, fields in said.items():
                connection.execute(delete(_observations).where(*_is(workspace, identity)))
                connection.execute(
                    insert(_observations).values(
                        workspace=workspace, identity=identity, fields=fields, said_at=now
                    )
                )
            if now >= self._forget_at:
                self._forget_at = now + _FORGET_EVERY_SECONDS
                old = _observations.c.said_at < now - _DAYS * 86_400
                connection.execute(delete(_observations).where(old))

    def forget(self, workspace: str, is_meant: Callable[[str, Fields], bool]) -> None:
        """Forget observations, told by their identity and fields."""
        with self._meta.begin() as connection:
            found = connection.execute(
                select(_observations.c.identity, _observations.c.fields).where(
                    _observations.c.workspace == workspace
                )
            ).all()
            for identity, fields in found:
                if is_meant(identity, fields):
                    connection.execute(delete(_observations).where(*_is(workspace, identity)))


def _is(workspace: str, identity: str) -> tuple[Any, Any]:
    return _observations.c.workspace == workspace, _observations.c.identity == identity
