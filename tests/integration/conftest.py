"""A server for the tests of one module, once for every way it can reach ClickHouse.

With an embedded ClickHouse its metadata is in SQLite, with one over HTTP in PostgreSQL.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import clickhouse_connect
import httpx
import pytest
from google.protobuf.message import Message

from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.otlp_json import to_otlp_json
from tests.support.postgres import Postgres
from tests.support.server import Server

REAL_URL = os.environ.get("TRACEHOUSE_TEST_CLICKHOUSE_URL", "")
MODES = ["embedded", "http", *(["real"] if REAL_URL else [])]


@dataclass
class Stored:
    """A running server, and its database where another process may look into it."""

    server: Server
    query: Callable[[str], list[tuple[Any, ...]]] | None

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the database itself; skips the test where only the server can see them."""
        if self.query is None:
            pytest.skip("an embedded database is seen by its own process alone")
        return self.query(statement)

    def send(self, signal: str, *requests: Message) -> None:
        """Send requests one after another, each accepted whole, and wait until they are loaded."""
        for request in requests:
            answer = self.server.post(signal, request.SerializeToString())
            assert (answer.status_code, answer.content) == (200, b"")
        self.server.settle()

    def send_json(self, signal: str, request: Message) -> httpx.Response:
        return self.server.post(signal, to_otlp_json(request), "application/json")

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a query that must succeed."""
        answer = self.server.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, rows: str, **parameters: Any) -> list[list[Any]]:
        """All pages of a list, following its cursor to the end."""
        found, cursor = [], {}
        while True:
            page = self.get(path, **parameters, **cursor)
            found.append(page[rows])
            if page["next_cursor"] is None:
                return found
            assert len(page[rows]) > 0, "an empty page that promises more"
            cursor = {"cursor": page["next_cursor"]}


def queries(url: str, database: str) -> Callable[[str], list[tuple[Any, ...]]]:
    def query(statement: str) -> list[tuple[Any, ...]]:
        client = clickhouse_connect.get_client(
            dsn=url, database=database, autogenerate_session_id=False
        )
        try:
            return [tuple(row) for row in client.query(statement).result_rows]
        finally:
            client.close()

    return query


@pytest.fixture(scope="module", params=MODES)
def stored_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stored]:
    home = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        query, arguments = None, []
        if request.param == "http":
            clickhouse = stack.enter_context(ClickHouseHttp(home / "clickhouse"))
            postgres = stack.enter_context(Postgres())
            arguments = ["--clickhouse-url", clickhouse.url, "--meta-url", postgres.url]
            query = queries(clickhouse.url, "tracehouse")
        elif request.param == "real":
            database = f"test_{uuid.uuid4().hex}"
            arguments = ["--clickhouse-url", REAL_URL, "--database", database]
            query = queries(REAL_URL, database)
            drop = queries(REAL_URL, "default")
            stack.callback(lambda: drop(f"DROP DATABASE {database} SYNC"))
        yield Stored(stack.enter_context(Server(home, *arguments)), query)
