"""The connection to ClickHouse: a small pool of clickhouse-connect clients.

A URL decides the mode: `chdb:///path` runs the engine inside this process and owns the directory,
`http://` and `https://` talk to a server. Either way all statements go through clickhouse-connect.
An embedded client is a handle that runs one statement at a time, so inserts and queries take
theirs from a pool, and a slow query never blocks ingest.
"""

from __future__ import annotations

import logging
import queue
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import quote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 5
_SEND_RECEIVE_SECONDS = 300


class Unreachable(Exception):
    """ClickHouse does not answer, or not as ClickHouse; the message says what to check."""


class Database:
    """One ClickHouse database. Thread-safe. `close` it when done."""

    def __init__(self, url: str, name: str, *, handles: int = 6) -> None:
        """Connect, and create the database when it is not there.

        Raises Unreachable when that is impossible.
        """
        self.url = url
        self.name = name
        self.embedded = url.startswith("chdb:")
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        self._all: list[Client] = []
        try:
            first = self._connect(database=None)
            first.command(f"CREATE DATABASE IF NOT EXISTS `{name}`")
            first.close()
            for _ in range(handles):
                client = self._connect(database=name)
                self._all.append(client)
                self._idle.put(client)
        except Exception as error:
            raise Unreachable(
                f"cannot use ClickHouse at {_without_password(url)}: {_reason(error)}"
            ) from error

    def _connect(self, database: str | None) -> Client:
        if self.embedded:
            return clickhouse_connect.get_client(
                interface="chdb", path=urlsplit(self.url).path, database=database
            )
        return clickhouse_connect.get_client(
            dsn=self.url,
            database=database,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=_SEND_RECEIVE_SECONDS,
            autogenerate_session_id=False,
            query_retries=0,
        )

    @contextmanager
    def client(self) -> Generator[Client]:
        """A client that nobody else uses meanwhile; waits for one when all are busy."""
        client = self._idle.get()
        try:
            yield client
        except Exception:
            client = self._instead_of(client)
            raise
        finally:
            self._idle.put(client)

    def _instead_of(self, client: Client) -> Client:
        """A client that can be used after one whose statement failed.

        What chdb had written of an answer before it failed stands in front of the next answer on
        the same handle, and that may be for another workspace: so the handle goes.
        """
        if not self.embedded:
            return client
        fresh = self._connect(database=self.name)
        self._all[self._all.index(client)] = fresh
        client.close()
        return fresh

    @contextmanager
    def read_only_client(self, settings: Mapping[str, Any]) -> Generator[Client]:
        """A client of its own with these settings, whose session can neither write nor change them.

        It is none of the pool, because a session that was made read-only stays so. It costs some
        10 ms. Raises clickhouse-connect's errors.
        """
        client = self._connect(database=self.name)
        try:
            for name, value in {**settings, "readonly": 1}.items():
                client.set_client_setting(name, value)
            yield client
        finally:
            client.close()

    def command(self, statement: str) -> object:
        """Run a statement that answers with nothing or one value."""
        with self.client() as client:
            return client.command(statement)

    def rows(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> list[tuple[Any, ...]]:
        """All rows of a query. `{name:Type}` in it is filled from `parameters` by ClickHouse."""
        with self.client() as client:
            result = client.query(
                query, parameters=dict(parameters or {}), settings=dict(settings or {})
            )
            return [tuple(row) for row in result.result_rows]

    def insert_raw(
        self,
        table: str,
        data: bytes,
        fmt: str,
        settings: Mapping[str, Any],
        *,
        file: Path | None = None,
    ) -> None:
        """Insert bytes that are already in a ClickHouse format.

        `file`: a file that holds exactly `data`. The embedded engine reads it where it stands;
        handing it bytes would write them to a temporary file first (2 µs a span).
        """
        with self.client() as client:
            if file is None or not self.embedded:
                client.raw_insert(table, insert_block=data, fmt=fmt, settings=dict(settings))
                return
            clause = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
            client.command(
                f"INSERT INTO {table} FROM INFILE {_quoted(file)} SETTINGS {clause} FORMAT {fmt}"
            )

    def save_parquet(self, query: str, parameters: Mapping[str, Any], file: Path) -> None:
        """Write the rows of a query to a Parquet file that is not there yet, a piece at a time.

        Texts are binary in it, because they may hold any bytes.
        """
        settings = {"output_format_parquet_string_as_string": 0}
        with self.client() as client:
            if self.embedded:
                client.command(
                    f"{query} INTO OUTFILE {_quoted(file)} FORMAT Parquet",
                    parameters=dict(parameters),
                    settings=settings,
                )
                return
            with file.open("xb") as target:
                source = client.raw_stream(
                    query, parameters=dict(parameters), settings=settings, fmt="Parquet"
                )
                shutil.copyfileobj(cast("IO[bytes]", source), target)

    def insert_parquet(
        self, table: str, file: Path, columns: Mapping[str, str], same: Mapping[str, str]
    ) -> None:
        """Insert the rows of a Parquet file. `columns`: those that it must have, with their types;
        `same`: texts that every row gets, by column."""
        structure = _quoted(", ".join(f"`{name}` {kind}" for name, kind in columns.items()))
        names = ", ".join(f"`{name}`" for name in (*columns, *same))
        values = ", ".join((*(f"`{name}`" for name in columns), *map(_quoted, same.values())))
        into = f"{table} ({names}) SELECT {values} FROM"
        settings: dict[str, Any] = {
            "input_format_parquet_allow_missing_columns": 0,
            "max_partitions_per_insert_block": 0,
            "optimize_on_insert": 0,
        }
        with self.client() as client:
            if self.embedded:
                clause = ", ".join(f"{name} = {value}" for name, value in settings.items())
                client.command(
                    f"INSERT INTO {into} file({_quoted(file)}, Parquet, {structure})"
                    f" SETTINGS {clause}"
                )
                return
            with file.open("rb") as content:
                client.raw_insert(
                    f"{into} input({structure})",
                    insert_block=content,
                    fmt="Parquet",
                    settings=settings,
                )

    def close(self) -> None:
        """End the clients; the embedded engine ends with the last. Its merges are given up, which
        otherwise hold it up for minutes: nothing is lost by it, they begin again at the next
        start."""
        if self.embedded:
            self._stop_merges()
        for client in self._all:
            try:
                client.close()
            except ClickHouseError:
                logger.debug("closing a client failed", exc_info=True)

    def _stop_merges(self) -> None:
        try:
            # A handle of its own, since all others may be busy.
            client = self._connect(database=self.name)
            client.command("SYSTEM STOP MERGES")
            client.close()
        except ClickHouseError:
            logger.debug("stopping the merges failed", exc_info=True)


def error_code(error: Exception) -> int | None:
    """ClickHouse's number for an error; None when the error is not an answer of ClickHouse."""
    return error.code if isinstance(error, DatabaseError) else None


def embedded_url(directory: str) -> str:
    """The URL of an embedded ClickHouse in a directory."""
    return f"chdb://{quote(directory)}"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _without_password(url: str) -> str:
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":…@") if password else url


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
