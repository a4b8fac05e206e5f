"""chdb handles, made to behave like a server's connections.

A handle serves one thread at a time and carries a session: current database and settings. A
request brings its own, so a handle keeps what the last request asked for, and only what differs
is SET or USEd. Clients repeat themselves, so that costs nothing most of the time; a handle whose
session already fits is preferred.

An INSERT with data goes through chdb's streaming insert: the bytes are handed over as they came,
never touch the disk, and are cut into blocks by the same rules as on a server.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import chdb

from tests.support.clickhouse_http.errors import ClickHouseError, Code

_SETTING_NAME = re.compile(r"[A-Za-z_]\w*")
_DEFAULT_DATABASE = "default"
# chdb alone makes SELECT optional, which would turn a syntax error into a query.
_AS_ON_A_SERVER = "SET implicit_select = 0"


class _View(Protocol):
    def view(self) -> memoryview: ...


class _Result(Protocol):
    def get_memview(self) -> _View: ...
    def rows_read(self) -> int: ...
    def storage_rows_read(self) -> int: ...
    def storage_bytes_read(self) -> int: ...
    def rows_written(self) -> int: ...
    def bytes_written(self) -> int: ...
    def elapsed(self) -> float: ...


class _Inserted(Protocol):
    rows_written: int
    bytes_written: int


class _Inserter(Protocol):
    def append(self, data: bytes) -> None: ...
    def finish(self) -> _Inserted: ...
    def cancel(self) -> None: ...


class _Connection(Protocol):
    def query(
        self, query: str | bytes, format: str, params: Mapping[str, str] | None = None
    ) -> _Result: ...
    def send_insert(self, query: str, format: str) -> _Inserter: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result and what it took, for the summary header."""

    body: memoryview = field(default_factory=lambda: memoryview(b""))
    owner: object = None
    """Whatever owns the memory of `body`; it must live as long."""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    elapsed_ns: int = 0


@dataclass(slots=True)
class Handle:
    """One chdb connection and the session it is in."""

    connection: _Connection
    database: str = _DEFAULT_DATABASE
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    reusable: bool = True

    def distance(self, database: str, settings: Mapping[str, str]) -> int:
        """How much would have to change to serve such a request."""
        differing = self.settings.items() ^ settings.items()
        return len(differing) + (database != self.database)

    def enter(self, database: str, settings: Mapping[str, str]) -> None:
        """Change the session to the one asked for; all of it or, on an error, none."""
        self.reusable = False
        if settings != self.settings:
            changes = [f"{name} = DEFAULT" for name in self.settings if name not in settings]
            for name, value in settings.items():
                if self.settings.get(name) != value:
                    if not _SETTING_NAME.fullmatch(name):
                        raise ClickHouseError(Code.UNKNOWN_SETTING, f"Unknown setting '{name}'")
                    changes.append(f"{name} = {_quote(value)}")
            self._run("SET " + ", ".join(changes))
        if database != self.database:
            self._run("USE `" + database.replace("\\", "\\\\").replace("`", "\\`") + "`")
        self.database, self.settings = database, settings
        # A session that may only read cannot be given other settings again.
        self.reusable = settings.get("readonly", "0") == "0"

    def query(self, sql: bytes, format: str, params: Mapping[str, str]) -> Outcome:
        """Run any statement that brings its data, if it has any, within its text."""
        result = self._run(sql, format, params)
        return Outcome(
            body=result.get_memview().view(),
            owner=result,
            read_rows=result.storage_rows_read(),
            read_bytes=result.storage_bytes_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
            result_rows=result.rows_read(),
            elapsed_ns=int(result.elapsed() * 1e9),
        )

    def insert(
        self, head: bytes, format: str, data: Sequence[bytes], params: Mapping[str, str]
    ) -> Outcome:
        """Run `head`, an INSERT up to its FORMAT, over data in that format."""
        if params:  # a streaming insert takes none, but it sees those of its session
            self.reusable = False
            assigned = (f"param_{name} = {_quote(value)}" for name, value in params.items())
            self._run("SET " + ", ".join(assigned))
        started = time.perf_counter_ns()  # the elapsed time that chdb reports here is wrong
        try:
            inserter = self.connection.send_insert(head.decode(), format)
            try:
                for piece in data:
                    inserter.append(piece)
                inserted = inserter.finish()
            except BaseException:
                with suppress(Exception):
                    inserter.cancel()
                raise
        except Exception as error:
            raise ClickHouseError.from_engine(error) from error
        return Outcome(
            read_rows=inserted.rows_written,
            read_bytes=inserted.bytes_written,
            written_rows=inserted.rows_written,
            written_bytes=inserted.bytes_written,
            result_rows=inserted.rows_written,
            elapsed_ns=time.perf_counter_ns() - started,
        )

    def _run(
        self, sql: str | bytes, format: str = "TSV", params: Mapping[str, str] | None = None
    ) -> _Result:
        try:
            return self.connection.query(sql, format, params)
        except Exception as error:
            # What it had written of an answer would stand in front of the next one.
            self.reusable = False
            raise ClickHouseError.from_engine(error) from error


class Engine:
    """The embedded engine over one data directory, and its pool of handles."""

    def __init__(self, data_dir: Path, handles: int = 8) -> None:
        self._path = str(data_dir)
        self._idle: list[Handle] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(handles)
        self._handles = handles
        self._open = 0
        self._anchor = self._new_handle()  # the engine stops when its last connection closes
        about = self._anchor.query(b"SELECT version(), serverTimezone(), displayName()", "TSV", {})
        self.version, self.timezone, self.display_name = bytes(about.body).decode().split()

    def error_name(self, code: int) -> str:
        with self.session(_DEFAULT_DATABASE, {}) as handle:
            outcome = handle.query(f"SELECT errorCodeToName({code})".encode(), "TSV", {})
            return bytes(outcome.body).decode().strip()

    @contextmanager
    def session(self, database: str, settings: Mapping[str, str]) -> Generator[Handle]:
        """A handle of one's own, in the given session."""
        with self._places:
            handle = self._take(database, settings)
            try:
                handle.enter(database, settings)
                yield handle
            finally:
                self._give_back(handle)

    def close(self, patience: float = 10.0) -> None:
        """Wait for what is running, then stop the engine, so that it may write what it holds."""
        deadline = time.monotonic() + patience
        for _ in range(self._handles):
            self._places.acquire(timeout=max(0.0, deadline - time.monotonic()))
        for handle in (*self._idle, self._anchor):
            handle.connection.close()

    def _take(self, database: str, settings: Mapping[str, str]) -> Handle:
        with self._lock:
            best = min(self._idle, key=lambda h: h.distance(database, settings), default=None)
            fits = best is not None and best.distance(database, settings) == 0
            if best is not None and (fits or self._open >= self._handles):
                self._idle.remove(best)
                return best
            self._open += 1
        return self._new_handle()

    def _give_back(self, handle: Handle) -> None:
        with self._lock:
            if handle.reusable:
                self._idle.append(handle)
                return
            self._open -= 1
        handle.connection.close()

    def _new_handle(self) -> Handle:
        handle = Handle(_connect(self._path))
        handle.query(_AS_ON_A_SERVER.encode(), "TSV", {})
        return handle


def _connect(path: str) -> _Connection:
    return cast("_Connection", cast("Any", chdb).connect(path))


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
