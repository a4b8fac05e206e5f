"""Ordered, named migrations: each `NNNN_name.sql` beside this file is applied once.

The files are Jinja templates, because the same statements make one table when ClickHouse stands
alone and a replicated table with a Distributed one in front on a cluster. What was applied is
recorded in `schema_migrations`, in the database itself. Every statement is idempotent
(`IF NOT EXISTS`), so a migration that was cut off half-way is simply run again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from tracehouse_collector.schema.canonical import canonical
from tracehouse_semconv.columns import PROMOTED

logger = logging.getLogger(__name__)

SCHEMA_DIR = Path(__file__).parent


class Executor(Protocol):
    """What a migration needs of a database."""

    def command(self, statement: str) -> object: ...
    def rows(self, query: str) -> list[tuple[str, ...]]: ...


@dataclass(frozen=True)
class Migration:
    """One schema change: its name and the statements that make it, in order."""

    name: str
    statements: tuple[str, ...]


@cache
def migrations(cluster: str | None = None) -> tuple[Migration, ...]:
    """All migrations in order, rendered for a single server or for the cluster of that name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(SCHEMA_DIR),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - this is SQL, and nobody's input is in it
    )
    context = {
        "cluster": cluster,
        "promoted": PROMOTED,
        "of_span": canonical(),
    }
    return tuple(
        Migration(
            path.stem, tuple(_statements(environment.get_template(path.name).render(context)))
        )
        for path in _files()
    )


def _files() -> list[Path]:
    return sorted(SCHEMA_DIR.glob("[0-9]*.sql"))


def _statements(script: str) -> Iterator[str]:
    for statement in script.split(";\n"):
        lines = [line for line in statement.splitlines() if line.strip()]
        if any(not line.lstrip().startswith("--") for line in lines):
            yield "\n".join(lines)


def migrate(
    database: Executor, cluster: str | None = None, *, say: Callable[[str], None] = logger.info
) -> list[str]:
    """Apply what is missing; return the names of the migrations applied.

    Raises whatever the database raises; running again continues with the migration that failed.
    """
    on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
    engine = (
        "ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')"
        if cluster
        else "MergeTree"
    )
    database.command(
        f"CREATE TABLE IF NOT EXISTS schema_migrations{on_cluster} "
        f"(name String, applied_at DateTime DEFAULT now()) ENGINE = {engine} ORDER BY name"
    )
    applied = {row[0] for row in database.rows("SELECT DISTINCT name FROM schema_migrations")}
    if applied >= {path.stem for path in _files()}:
        return []  # rendering them takes 200 ms
    done: list[str] = []
    for migration in migrations(cluster):
        if migration.name in applied:
            continue
        for statement in migration.statements:
            database.command(statement)
        database.command(f"INSERT INTO schema_migrations (name) VALUES ('{migration.name}')")
        say(f"applied schema migration {migration.name}")
        done.append(migration.name)
    return done
