"""ClickHouse fails in every way it can: once it stops, everything is stored, and stored once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.counting import SIGNALS, numbered, stored
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.runs import begin_run, points
from tests.support.server import Server
from tracehouse_semconv.record import Record, Signal, encode, scan


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[ClickHouseHttp]:
    running = ClickHouseHttp(tmp_path / "clickhouse").start()
    yield running
    running.stop()


def send(server: Server, numbers: range) -> None:
    with httpx.Client(base_url=server.http, headers=server.headers) as client:
        for number in numbers:
            for signal in SIGNALS:
                answer = client.post(
                    f"/v1/{signal}",
                    content=numbered(signal, number).SerializeToString(),
                    headers={"content-type": "application/x-protobuf"},
                )
                assert answer.status_code == 200, answer.content


def segments(server: Server, signal: str = "traces") -> list[Path]:
    return sorted((server.data_dir / "spool" / signal).glob("*.seg"))


def dead_letters(server: Server) -> list[Path]:
    return sorted((server.data_dir / "dead-letter").iterdir())


def record(number: int, payload: bytes | None = None) -> bytes:
    """A record as the spool holds it."""
    payload = numbered("traces", number).SerializeToString() if payload is None else payload
    parts = encode(
        Signal.traces, payload, workspace="default", received_ns=time.time_ns(), request_id=number
    )
    return b"".join(parts)


def spool(server: Server, number: int, *records: bytes) -> None:
    """A sealed segment, put where the server will find it at its start."""
    directory = server.data_dir / "spool" / "traces"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{number:020d}.seg").write_bytes(b"".join(records))


FAULTS: list[dict[str, Any]] = [
    {"fail_inserts": 2, "code": 252, "when": "before"},  # too many parts
    {"fail_inserts": 2, "code": 252, "when": "after"},
    {"fail_inserts": 2, "code": 241, "when": "after"},  # out of memory
    {"fail_inserts": 2, "code": 1002, "when": "after"},  # who knows
    {"drop_connection": 2, "when": "before"},
    {"drop_connection": 2, "when": "after"},
    {"hang": 30, "when": "before"},
    {"hang": 30, "when": "after"},
]


def test_whatever_an_insert_suffers_nothing_is_lost_or_doubled(
    tmp_path: Path, clickhouse: ClickHouseHttp
) -> None:
    """`after`: the insert was committed and its client was not told."""
    with Server(tmp_path / "home", "--clickhouse-url", clickhouse.url) as server:
        for number, fault in enumerate(FAULTS):
            clickhouse.fault(**fault, match="inbox_")
            mine = range(10 * number + 1, 10 * number + 8)
            send(server, mine)
            if "hang" in fault:
                time.sleep(0.5)
                assert any(server.get("/v1/stats").json()["backlog_bytes"].values())
                clickhouse.fault()
            server.settle(timeout=30)
            for signal in SIGNALS:
                found = {n: times for n, times in stored(server, signal).items() if n in mine}
                assert found == dict.fromkeys(mine, 1), (fault, signal)
            clickhouse.fault()
        assert dead_letters(server) == []


def test_a_run_that_has_just_ended_is_shown_with_what_it_logged_last(
    tmp_path: Path, clickhouse: ClickHouseHttp
) -> None:
    """Its row may be there before its points are."""
    with Server(tmp_path / "home", "--clickhouse-url", clickhouse.url) as server:
        run = begin_run(server, "short")
        clickhouse.fault(hang=1.5, match="inbox_metrics")
        assert server.post("metrics", points(run, "loss", {0: 2.0, 1: 1.0})).status_code == 200
        answer = server.client.patch(
            f"{server.http}/v1/runs/{run}", json={"status": "finished"}, headers=server.headers
        )
        assert answer.status_code == 200, answer.text
        while (shown := server.get(f"/v1/runs/{run}").json())["status"] == "running":
            time.sleep(0.02)
        assert shown["summary"] == {"loss": 1.0}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_that_takes_too_much_memory_is_halved(
    tmp_path: Path, clickhouse: ClickHouseHttp, when: str
) -> None:
    server = Server(tmp_path / "home", "--clickhouse-url", clickhouse.url)
    spool(server, 1, *map(record, range(1, 9)))
    clickhouse.fault(fail_inserts=3, code=241, when=when, match="inbox_traces")
    with server:
        server.settle()
        assert stored(server, "traces") == dict.fromkeys(range(1, 9), 1)
        assert 'signal="traces",verdict="shrink"} 3.0' in server.get("/metrics").text
        assert dead_letters(server) == []


@pytest.mark.parametrize("mode", ["embedded", "http"])
def test_a_poisoned_record_is_put_aside_and_those_around_it_are_loaded(
    tmp_path: Path, request: pytest.FixtureRequest, mode: str
) -> None:
    arguments = []
    if mode == "http":
        arguments = ["--clickhouse-url", request.getfixturevalue("clickhouse").url]
    server = Server(tmp_path / "home", *arguments)
    poison = record(3, b"\xff" * 20)
    spool(server, 1, record(1), record(2), poison, record(4), record(5))
    spool(server, 2, record(6))
    with server:
        server.settle()
        assert stored(server, "traces") == dict.fromkeys((1, 2, 4, 5, 6), 1)
        note, kept = dead_letters(server)
        assert kept.read_bytes() == poison
        told = json.loads(note.read_text())
        assert (told["signal"], told["kind"], told["bytes"]) == ("traces", "refused", len(poison))
        assert told["detail"]


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)


def test_a_flipped_bit_in_the_spool_costs_one_record(
    tmp_path: Path, clickhouse: ClickHouseHttp
) -> None:
    arguments = ("--clickhouse-url", clickhouse.url, "--segment-bytes", "1000")
    server = Server(tmp_path / "home", *arguments).start()
    clickhouse.kill()
    send(server, range(1, 31))
    assert server.stop() == 0

    found = [(path, list(scan(path.read_bytes()))) for path in segments(server)]
    full = [(path, items) for path, items in found if len(items) >= 3]
    assert len(full) >= 3
    # In a length, in a checksum, and in a payload; the second record of its segment each.
    for (path, items), offset in zip(full, (0, 3, 60), strict=False):
        assert isinstance(items[1], Record)
        flip(path, items[1].start + offset)

    clickhouse.start()
    with server.start():
        server.settle()
        kept = stored(server, "traces")
        assert len(kept) == 30 - 3
        assert set(kept.values()) == {1}
        assert stored(server, "logs") == stored(server, "metrics")
        assert set(stored(server, "logs")) == set(range(1, 31))
        notes = [json.loads(p.read_text()) for p in dead_letters(server) if p.suffix == ".json"]
        assert [note["kind"] for note in notes] == ["corrupt"] * 3
