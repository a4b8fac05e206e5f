"""A start that cannot succeed says why in one sentence; a role serves its part and no other."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server


def serve(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """`tracehouse serve` as it stands, on free ports if none are given."""
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tracehouse_agent.cli", "serve"]
    command += ["--data-dir", str(home / "data"), "--http-port", "0", "--grpc-port", "0"]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=os.environ | {"XDG_CONFIG_HOME": str(home / "config")} | environment,
    )


def complaint(home: Path, *arguments: str, **environment: str) -> str:
    """What a start that fails says: an exit code, one line on stderr, and no traceback."""
    process = serve(home, *arguments, **environment)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "Traceback" not in out + err
    said = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1, err
    assert err.strip().endswith(said[0]), err
    return said[0]


@pytest.mark.parametrize("option", ["--http-port", "--grpc-port"])
def test_a_port_in_use(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = complaint(tmp_path, option, port)
    assert port in said
    assert option in said


def test_a_data_folder_that_another_process_owns(tmp_path: Path) -> None:
    with Server(tmp_path) as owner:
        said = complaint(tmp_path)
        assert str(owner.pid) in said
        assert "--data-dir" in said
        assert owner.get("/ready").status_code == 200


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert str(tmp_path / "data") in complaint(tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://user:geheim@127.0.0.1:1/", "nonsense", "ftp://127.0.0.1"],
)
def test_a_clickhouse_that_is_not_there(tmp_path: Path, url: str) -> None:
    said = complaint(tmp_path, "--clickhouse-url", url)
    assert "ClickHouse" in said
    assert "geheim" not in said


def test_a_clickhouse_that_is_something_else(tmp_path: Path) -> None:
    with Server(tmp_path / "other") as other:
        assert "ClickHouse" in complaint(tmp_path / "home", "--clickhouse-url", other.http)


@pytest.mark.parametrize(
    ("arguments", "environment", "toml", "named"),
    [
        (["--http-port", "70000"], {}, "", "http_port"),
        (["--database", "a b"], {}, "", "database"),
        ([], {"TRACEHOUSE_SEGMENT_BYTES": "-1"}, "", "segment_bytes"),
        ([], {"TRACEHOUSE_RETENTION__SPANS": "-1"}, "", "retention.spans"),
        ([], {}, "no_such_setting = 1", "no_such_setting"),
        ([], {}, "[retention]\nspans = 'x'", "retention.spans"),
        ([], {}, "not toml", "tracehouse.toml"),
        (["--role", "cook"], {}, "", "--role"),
    ],
)
def test_a_setting_that_is_wrong(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], toml: str, named: str
) -> None:
    (tmp_path / "tracehouse.toml").write_text(toml)
    assert named in complaint(tmp_path, *arguments, **environment)


@contextmanager
def api_of(home: Path, url: str) -> Iterator[str]:
    """The address of `--role api`."""
    process = serve(home, "--role", "api", "--clickhouse-url", url)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        else:
            raise AssertionError("it did not start")
    finally:
        process.kill()
        process.communicate()


def test_each_role_serves_its_part_and_no_other(tmp_path: Path) -> None:
    body = otlp.traces(otlp.span()).SerializeToString()
    with (
        ClickHouseHttp(tmp_path / "clickhouse") as clickhouse,
        Server(
            tmp_path / "home", "--role", "collector", "--clickhouse-url", clickhouse.url
        ) as collector,
    ):
        assert collector.post("traces", body).status_code == 200
        for path in ("/v1/traces", "/v1/spans", "/v1/logs", "/v1/metrics/names", "/v1/rejects"):
            assert collector.get(path).status_code in (404, 405), path
        assert collector.get("/ready").status_code == 200
        collector.settle()
        assert collector.stop() == 0
        # The same folder: whoever serves the API must know the keys.
        with (
            api_of(tmp_path / "home", clickhouse.url) as address,
            httpx.Client(base_url=address, headers=collector.headers) as client,
        ):
            assert len(client.get("/v1/traces").json()["traces"]) == 1
            answer = client.post(
                "/v1/traces", content=body, headers={"content-type": "application/x-protobuf"}
            )
            assert answer.status_code in (404, 405)
