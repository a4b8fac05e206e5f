"""The metadata database: SQLite in the data folder, or any database by URL.

It is opened, and brought to the newest schema, when something first asks for it.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_BUSY_MS = 10_000
_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x7261636568
_READS = "tracehouse_reads"


class Unknown(LookupError):
    """There is no such thing in the metadata database; the message names it."""


class Meta:
    """One metadata database. Thread-safe."""

    def __init__(self, url: str, path: Path) -> None:
        self._url = url or f"sqlite:///{path}"
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """A transaction: committed at the end, undone when an exception leaves it."""
        with self._open().begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A transaction that only reads: it waits for no writer."""
        with self._open().connect().execution_options(**{_READS: True}) as connection:
            yield connection

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = _connect(self._url)
            return self._engine

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


def _connect(url: str) -> Engine:
    from sqlalchemy import create_engine, event

    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin)
    if _revision(engine) != _newest_revision():
        _upgrade(engine)
    return engine


def _revision(engine: Engine) -> str | None:
    from sqlalchemy import inspect, text

    with engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newest_revision() -> str:
    """By the files' names: alembic itself takes longer to import than a start should."""
    return max(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import text

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's transactions wait for each other anyway
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _configure_sqlite(connection: Any, _: object) -> None:
    # The driver's own transactions begin too late: ours begin by themselves, below.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL", "foreign_keys = ON", f"busy_timeout = {_BUSY_MS}",
        "synchronous = FULL",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # Two writers that both began by reading would otherwise end with "database is locked".
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
