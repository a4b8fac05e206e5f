"""A backup of everything, made while the server runs.

In the folder
-------------
`clickhouse/ spool/ dead-letter/ blobs/ meta.db`: a data folder, ready to be served from, and
`manifest.json`, written last: `{"format": 1, "made_at", "tracehouse", "left_out": […],
"files": {path: {"bytes", "sha256"}}}`. A folder without it is no backup.

What is in it
-------------
Everything that was acknowledged before the backup began. Whatever was sent meanwhile may be in it.
ClickHouse's parts never change, so they are linked and not copied where the file system allows it;
`spool/` has what was not loaded yet (see `Collector.save_spool`). What is kept elsewhere is left
out and named: a ClickHouse server, another metadata database, a bucket of files.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.collector import Collector
from tracehouse_collector.settings import ServerSettings

FORMAT = 1
MANIFEST = "manifest.json"


def backup_folder(settings: ServerSettings, name: str, now: datetime) -> Path:
    """Where a backup of that name goes: by default a name of the time. Raises ValueError for a
    place outside the folder of backups, and for one that is taken."""
    root = Path(settings.backup_dir or settings.data_dir / "backups").resolve()
    folder = (root / (name or f"{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}")).resolve()
    if folder == root or not folder.is_relative_to(root):
        raise ValueError(f"folder: it must lie below {root}, the setting backup_dir")
    if folder.exists():
        raise ValueError(f"folder: {folder} is there already")
    return folder


def make_backup(
    settings: ServerSettings, database: Database, collector: Collector | None, folder: Path
) -> dict[str, Any]:
    """Make a backup in a folder that is not there yet; its manifest. Raises OSError,
    sqlite3.Error and clickhouse-connect's errors, and then leaves nothing behind."""
    folder.mkdir(parents=True, mode=0o700)
    try:
        return _make(settings, database, collector, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(
    settings: ServerSettings, database: Database, collector: Collector | None, folder: Path
) -> dict[str, Any]:
    data_dir = settings.data_dir
    left_out: list[str] = []

    def save_database() -> None:
        if database.embedded:
            _freeze(database, data_dir / "clickhouse", folder / "clickhouse")
        else:
            left_out.append("ClickHouse: it is a server of its own; use its BACKUP DATABASE")

    if collector is not None:
        collector.save_spool(folder / "spool", save_database)
    else:
        save_database()
        left_out.append("the spool: another process collects; back it up there")
    if settings.meta_url:
        left_out.append("the metadata database: it is at meta_url; use pg_dump")
    else:
        _copy_sqlite(data_dir / "meta.db", folder / "meta.db")
    if settings.blob_url:
        left_out.append("files: they are at blob_url; use what keeps that bucket")
    else:
        _link_tree(data_dir / "blobs", folder / "blobs")
    _link_tree(data_dir / "dead-letter", folder / "dead-letter")
    manifest = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "tracehouse": version("tracehouse"),
        "left_out": left_out,
        "files": {path.relative_to(folder).as_posix(): _sum(path) for path in files_in(folder)},
    }
    _write_synced(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return manifest


def files_in(folder: Path) -> Iterator[Path]:
    """All files below, in order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _freeze(database: Database, source: Path, target: Path) -> None:
    """Save the tables' parts as they are, and what the tables are."""
    name = f"backup_{uuid.uuid4().hex}"
    tables = database.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND engine LIKE '%MergeTree'"
    )
    shadow = source / "shadow" / name
    try:
        for (table,) in tables:
            database.command(f"ALTER TABLE `{table}` FREEZE WITH NAME '{name}'")
        if not (shadow / "store").is_dir():  # at least the migrations are in a part
            raise FileNotFoundError(f"ClickHouse froze nothing in {shadow}")
        _link_tree(shadow / "store", target / "store")
    finally:
        shutil.rmtree(shadow, ignore_errors=True)
    for kind in ("metadata/*.sql", "store/*/*/*.sql", "store/*/*/format_version.txt"):
        for path in source.glob(kind):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def _link_tree(source: Path, target: Path) -> None:
    """The same files under another name: they are replaced and removed, never written again."""
    for path in files_in(source):
        link = target / path.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.link(path, link)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError:  # another file system
            shutil.copyfile(path, link)


def _sum(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def sha256_of(path: Path) -> str:
    """The hash of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
