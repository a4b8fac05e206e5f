"""Killed at any moment, the server and its database: what was acknowledged is there, once."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.chaos.counting import CountingClient
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.otlp import span, traces
from tests.support.server import Server

kills = pytest.mark.parametrize(
    "kills", [3, pytest.param(40, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)


@kills
def test_the_server_is_killed(tmp_path: Path, kills: int) -> None:
    random_ = random.Random(1)
    with Server(tmp_path) as server:
        with CountingClient(server) as client:
            for _ in range(kills):
                client.wait_for(10)
                time.sleep(random_.uniform(0, 0.5))
                ports = server.ports
                server.kill()
                server.start(**ports)
            client.wait_for(10)
        assert client.retried > 0
        client.check()
        assert not [path for path in dead_letters(server) if not is_torn(path)]


@kills
def test_clickhouse_is_killed(tmp_path: Path, kills: int) -> None:
    random_ = random.Random(2)
    with (
        ClickHouseHttp(tmp_path / "clickhouse") as clickhouse,
        Server(tmp_path / "home", "--clickhouse-url", clickhouse.url) as server,
    ):
        with CountingClient(server) as client:
            for _ in range(kills):
                client.wait_for(10)
                time.sleep(random_.uniform(0, 0.5))
                clickhouse.kill()
                client.wait_for(10)  # the door stays open
                clickhouse.start()
            client.wait_for(10)
        assert client.retried == 0
        client.check()
        assert dead_letters(server) == []


def dead_letters(server: Server) -> list[Path]:
    return list((server.data_dir / "dead-letter").glob("*.json"))


def is_torn(path: Path) -> bool:
    """Whether it is a record whose writing was cut off, hence never acknowledged."""
    return '"torn"' in path.read_text()


def test_an_insert_that_was_cut_off_halfway_is_repeated_whole(tmp_path: Path) -> None:
    """As after a kill in the middle of an insert: some tables have committed their part, others
    have got no further than noting that it comes."""
    spool = tmp_path / "data/spool"
    with Server(tmp_path) as server:
        request = traces(*(span(number=n, trace=n) for n in (1, 2, 3)))
        while True:
            server.post("traces", request.SerializeToString())
            shutil.copytree(spool, tmp_path / "kept", dirs_exist_ok=True)
            if list((tmp_path / "kept/traces").glob("*.seg")):
                break
        server.settle()
        server.kill()
        shutil.rmtree(spool)
        (tmp_path / "kept").rename(spool)
        parts = list((tmp_path / "data/clickhouse").glob("data/*/spans/*_*_*_*"))
        assert parts
        for part in parts:
            shutil.rmtree(part)

        server.start()
        server.settle()

        assert len(server.get("/v1/spans").json()["spans"]) == 3
        assert len(server.get("/v1/traces").json()["traces"]) == 3
