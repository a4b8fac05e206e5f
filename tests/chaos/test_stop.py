"""Stopping while something hangs: the time a stop may take is kept, and nothing is lost by it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server

DRAIN = 2


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[ClickHouseHttp]:
    running = ClickHouseHttp(tmp_path / "clickhouse").start()
    yield running
    running.kill()


@pytest.fixture
def server(tmp_path: Path, clickhouse: ClickHouseHttp) -> Iterator[Server]:
    arguments = ("--clickhouse-url", clickhouse.url, "--drain-seconds", str(DRAIN))
    with Server(tmp_path / "home", *arguments) as running:
        yield running


def hang(server: Server, clickhouse: ClickHouseHttp) -> None:
    """Make an insert hang, with an acknowledged span in it."""
    clickhouse.fault(hang=60, match="inbox_")
    assert server.post("traces", otlp.traces(otlp.span()).SerializeToString()).status_code == 200
    time.sleep(0.5)


@contextmanager
def slow_request(server: Server) -> Iterator[None]:
    """A request whose body does not come."""
    with socket.create_connection(("127.0.0.1", server.ports["http_port"])) as client:
        head = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-api-key: {server.key}\r\n"
        head += "content-type: application/x-protobuf\r\ncontent-length: 10\r\n\r\n"
        client.sendall(head.encode())
        time.sleep(0.3)
        yield


def test_a_hanging_insert_does_not_hold_up_a_stop_and_is_made_up_for(
    server: Server, clickhouse: ClickHouseHttp
) -> None:
    hang(server, clickhouse)
    began = time.monotonic()
    assert server.stop(timeout=10) == 0
    assert time.monotonic() - began < DRAIN + 3
    clickhouse.fault()
    server.start()
    server.settle()
    assert len(server.get("/v1/spans").json()["spans"]) == 1


def test_a_slow_request_does_not_hold_up_a_stop(server: Server) -> None:
    with slow_request(server):
        began = time.monotonic()
        assert server.stop(timeout=10) == 0
        assert time.monotonic() - began < DRAIN + 3


@pytest.mark.parametrize("held_up_by", ["a request", "an insert"])
def test_a_second_sigterm_ends_the_server_at_once(
    tmp_path: Path, clickhouse: ClickHouseHttp, held_up_by: str
) -> None:
    with Server(tmp_path / "home", "--clickhouse-url", clickhouse.url) as server:
        if held_up_by == "an insert":
            hang(server, clickhouse)
            _stop_twice(server)
        else:
            with slow_request(server):
                _stop_twice(server)


def _stop_twice(server: Server) -> None:
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.7)
    began = time.monotonic()
    assert server.stop(timeout=3) != 0
    assert time.monotonic() - began < 1
