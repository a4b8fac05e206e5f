"""Stopping and starting again: what was acknowledged is there, and settings take effect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import MODES, queries
from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[ClickHouseHttp]:
    with ClickHouseHttp(tmp_path / "clickhouse") as running:
        yield running


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "real"])
def test_what_was_acknowledged_is_there_after_a_stop_and_the_key_still_works(
    tmp_path: Path, mode: str, request: pytest.FixtureRequest
) -> None:
    arguments = []
    if mode == "http":
        arguments = ["--clickhouse-url", request.getfixturevalue("clickhouse").url]
    server, key = Server(tmp_path / "home", *arguments), None
    with server:
        for number in range(1, 3):
            assert key in (None, server.key)
            key = server.key
            for signal, message in (
                ("traces", otlp.traces(otlp.span(number))),
                ("logs", otlp.logs(f"line {number}")),
                ("metrics", otlp.gauge("gauge", number, time_ns=otlp.START_NS + number)),
            ):
                assert server.post(signal, message.SerializeToString()).status_code == 200
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 10
            server.start()
            server.settle()
            assert len(server.get("/v1/traces").json()["traces"]) == number
            assert len(server.get("/v1/logs").json()["logs"]) == number
            found = server.get("/v1/metrics/series", name="gauge", agg="count").json()
            assert found["series"][0]["points"][0][1] == number


def ttl(query: Query, table: str) -> str:
    created = query(f"SHOW CREATE TABLE {table}")[0][0]
    return created.partition("\nTTL ")[2].partition("\n")[0]


def test_retention_follows_tracehouse_toml_at_each_start(
    tmp_path: Path, clickhouse: ClickHouseHttp
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = Server(home, "--clickhouse-url", clickhouse.url)
    query = queries(clickhouse.url, "tracehouse")
    for text, spans, logs, rejects in (
        ("[retention]\nspans = 5\nrejects = 0\n", "start_time + toIntervalDay(5)", "", ""),
        ("[retention]\nlogs = 7\n", "", "time + toIntervalDay(7)",
         "received_time + toIntervalDay(30)"),
    ):  # fmt: skip
        (home / "tracehouse.toml").write_text(text)
        server.start()
        assert ttl(query, "spans") == ttl(query, "trace_roots") == spans
        assert ttl(query, "logs") == logs
        assert ttl(query, "rejects") == rejects
        assert server.stop() == 0
