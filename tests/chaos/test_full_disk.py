"""A full disk: requests are told to wait, what was acknowledged stays, and space mends it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.counting import stored
from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server

MIB = 1 << 20
SMALL, SIZE = 256 * 1024, 8 * MIB


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 8 MiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount the tiny filesystem that this test fills")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a tiny filesystem cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def numbered(number: int) -> bytes:
    """A request with one span that fills a good part of the disk."""
    start = otlp.START_NS + number
    span = otlp.span(number, 1, start=start, attributes={"filling": os.urandom(SMALL)})
    return otlp.traces(span, resource={"service.name": "counted"}).SerializeToString()


def test_a_full_disk_costs_patience_and_no_data(tmp_path: Path, tiny_disk: Path) -> None:
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "spool").symlink_to(tiny_disk)
    with (
        ClickHouseHttp(tmp_path / "clickhouse") as clickhouse,
        Server(home, "--clickhouse-url", clickhouse.url) as server,
    ):
        # Nothing leaves the spool, so it fills.
        clickhouse.kill()
        answers = {number: server.post("traces", numbered(number)) for number in range(1, 41)}
        taken = {number for number, answer in answers.items() if answer.status_code == 200}
        refused = [answer for number, answer in answers.items() if number not in taken]
        assert 15 < len(taken) < SIZE // SMALL
        assert {answer.status_code for answer in refused} == {429}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert server.get("/health").status_code == 200

        # Space comes back by itself, once ClickHouse takes what is spooled.
        clickhouse.start()
        server.settle(timeout=40)
        assert stored(server, "traces") == dict.fromkeys(taken, 1)
        assert server.post("traces", numbered(50)).status_code == 200
        server.settle()
        assert stored(server, "traces") == dict.fromkeys(taken | {50}, 1)
        assert list((server.data_dir / "dead-letter").iterdir()) == []


def test_a_disk_that_others_filled_is_told_and_mended_without_a_restart(
    tmp_path: Path, tiny_disk: Path
) -> None:
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "spool").symlink_to(tiny_disk)
    with Server(home) as server:
        assert server.post("traces", numbered(1)).status_code == 200
        server.settle()
        with (tiny_disk / "somebody else's").open("wb", buffering=0) as other:
            for piece in (MIB, 4096, 1):
                try:
                    while other.write(bytes(piece)) == piece:
                        pass
                except OSError:
                    continue
        for number in (2, 3):
            answer = server.post("traces", numbered(number))
            assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
        assert set(stored(server, "traces")) == {1}
        (tiny_disk / "somebody else's").unlink()
        assert server.post("traces", numbered(4)).status_code == 200
        server.settle()
        assert stored(server, "traces") == dict.fromkeys((1, 4), 1)
        assert server.stop() == 0
