"""How far every transcript was read, and what was open there: kept through any end of the process.

SQLite, one row a transcript, written behind what was read: what follows a row's position is read
again after a crash, and is the same spans again. The rows hold nothing that was not redacted.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tracehouse_agent.recorder.tail import Position

# A reader whose state means something else reads everything again.
FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS transcripts (
    key TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, position TEXT, broken INTEGER,
    unknown TEXT,
    removed TEXT, format INTEGER, reader BLOB
);
CREATE TABLE IF NOT EXISTS links (agent TEXT PRIMARY KEY, call TEXT);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(slots=True)
class Known:
    """What is known of a transcript: how large and old it was when all of it had been read
    (-1: it was not), the position to go on from, and the reader there."""

    size: int = -1
    mtime_ns: int = 0
    position: Position = field(default_factory=Position)
    broken: int = 0
    unknown: dict[str, int] = field(default_factory=dict[str, int])
    removed: dict[str, int] = field(default_factory=dict[str, int])
    reader: dict[str, Any] | None = None


class Positions:
    """Held by one process at a time. Raises OSError where the file cannot be made."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError:  # a torn file: everything is read again, to the same spans
            path.unlink()
            self._database = _open(path)

    def close(self) -> None:
        self._database.close()

    def get(self, key: str) -> Known:
        """What is known of a transcript; where nothing is, its beginning."""
        row = self._database.execute(
            "SELECT size, mtime_ns, position, broken, unknown, removed, reader FROM transcripts"
            " WHERE key = ? AND format = ?",
            (key, FORMAT),
        ).fetchone()
        if row is None:
            return Known()
        size, mtime_ns, position, broken, unknown, removed, reader = row
        return Known(
            size,
            mtime_ns,
            Position(**json.loads(position)),
            broken,
            json.loads(unknown),
            json.loads(removed),
            json.loads(zlib.decompress(reader)) if reader else None,
        )

    def put(self, key: str, known: Known) -> None:
        """Remember it."""
        reader = known.reader
        self._database.execute(
            "INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                known.size,
                known.mtime_ns,
                json.dumps(asdict(known.position)),
                known.broken,
                json.dumps(known.unknown),
                json.dumps(known.removed),
                FORMAT,
                zlib.compress(json.dumps(reader).encode(), 1) if reader is not None else None,
            ),
        )

    def sizes(self) -> dict[str, tuple[int, int]]:
        """(size, time of change) of each transcript when all of it had been read, by its key."""
        rows = self._database.execute(
            "SELECT key, size, mtime_ns FROM transcripts WHERE format = ?", (FORMAT,)
        )
        return {key: (size, mtime_ns) for key, size, mtime_ns in rows}

    def offsets(self) -> dict[str, int]:
        """How far each transcript is read for good, by its key."""
        rows = self._database.execute(
            "SELECT key, position FROM transcripts WHERE format = ?", (FORMAT,)
        )
        return {key: json.loads(position)["offset"] for key, position in rows}

    def link(self, agent: str, call: str) -> bool:
        """Remember which tool call started a sub-agent; whether that is news."""
        if self.call_of(agent) == call:
            return False
        self._database.execute("INSERT OR REPLACE INTO links VALUES (?, ?)", (agent, call))
        return True

    def call_of(self, agent: str) -> str:
        """The tool call that started a sub-agent; '' where it is not known."""
        row = self._database.execute("SELECT call FROM links WHERE agent = ?", (agent,)).fetchone()
        return row[0] if row else ""

    def remember(self, name: str, value: Any) -> None:
        """Keep a fact as JSON."""
        self._database.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value))
        )

    def fact(self, name: str, default: Any = None) -> Any:
        """A fact that was kept."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def counts(self) -> tuple[dict[str, int], dict[str, int], int]:
        """Over all transcripts: rows of unknown types by version and type, values taken out by
        rule, and pieces of lines that were no rows."""
        unknown: Counter[str] = Counter()
        removed: Counter[str] = Counter()
        broken = 0
        rows = self._database.execute("SELECT unknown, removed, broken FROM transcripts")
        for its_unknown, its_removed, its_broken in rows:
            unknown.update(json.loads(its_unknown))
            removed.update(json.loads(its_removed))
            broken += its_broken
        return dict(unknown.most_common()), dict(removed.most_common()), broken

    def forget(self) -> None:
        """Read everything again."""
        self._database.execute("DELETE FROM transcripts")


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    database = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        # Nobody else looks into it: so it needs no shared memory, which network folders lack, and
        # no write waits for the disk.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
