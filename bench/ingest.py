"""Ingest: spans (records, points) per CPU-second, ours against rotel and ClickHouse.

Both end in the same ClickHouse engine. Counted is the CPU time of every process but the generator,
from the first request until the last row can be queried, and once more until merges are done.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench.load import ROWS_PER_BODY, Signal, build
from bench.peers.rotel import ROOMY, Options, Rotel
from bench.processes import Peak, cpu_seconds, run_load, wait_until
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server

_TABLES = {"traces": "otel_traces", "logs": "otel_logs", "metrics": "otel_metrics_gauge"}
_COUNTS = {"traces": "spans", "logs": "logs", "metrics": "metric_points"}


@dataclass(frozen=True)
class Result:
    """One run."""

    name: str
    rows: int
    seconds: float
    cpu: float
    cpu_settled: float
    peak_mb: float

    @property
    def per_cpu_second(self) -> float:
        return self.rows / self.cpu

    @property
    def microseconds(self) -> float:
        return self.cpu / self.rows * 1e6


def ours(bodies: Path, count: int, signal: Signal, transport: str) -> Result:
    """A `tracehouse serve` with its embedded ClickHouse."""
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        rows = count * ROWS_PER_BODY
        before, started = cpu_seconds(server.pid), time.monotonic()
        with Peak((server.pid,)) as peak:
            target = server.grpc if transport == "grpc" else server.http.removeprefix("http://")
            run_load(
                target=target, bodies=bodies, signal=signal, transport=transport, key=server.key
            )
            wait_until(lambda: _stored(server, signal) >= rows)
        seconds, cpu = time.monotonic() - started, cpu_seconds(server.pid) - before
        settled = _settle(server.pid) - before
        assert _stored(server, signal) == rows or signal != "traces"
        return Result(f"tracehouse ({transport})", rows, seconds, cpu, settled, peak.mb)


def _stored(server: Server, signal: Signal) -> int:
    answer = server.get("/metrics").text
    marker = f'tracehouse_loaded_requests_total{{destination="clickhouse",signal="{signal}"}} '
    line = next((li for li in answer.splitlines() if li.startswith(marker)), marker + "0")
    return int(float(line.removeprefix(marker))) * ROWS_PER_BODY


def rotel(bodies: Path, count: int, signal: Signal, options: Options, name: str) -> Result:
    """rotel in front of the HTTP fixture over the same engine."""
    with (
        tempfile.TemporaryDirectory() as home,
        ClickHouseHttp(Path(home)) as clickhouse,
        Rotel(clickhouse.url, options=options) as agent,
    ):
        rows = count * ROWS_PER_BODY
        pids = (agent.pid, clickhouse.pid)
        before, started = cpu_seconds(*pids), time.monotonic()
        statement = f"{clickhouse.url}/?query=SELECT+count()+FROM+otel.{_TABLES[signal]}"

        def arrived() -> bool:
            with urlopen(statement) as response:
                return int(response.read()) >= rows

        with Peak(pids) as peak:
            run_load(target=agent.grpc_target, bodies=bodies, signal=signal)
            wait_until(arrived)
        seconds, cpu = time.monotonic() - started, cpu_seconds(*pids) - before
        return Result(name, rows, seconds, cpu, _settle(*pids) - before, peak.mb)


def _settle(*pids: int) -> float:
    """The CPU time once background merges have gone quiet."""
    deadline = time.monotonic() + 60
    last = cpu_seconds(*pids)
    while time.monotonic() < deadline:
        time.sleep(2)
        now = cpu_seconds(*pids)
        if now - last < 0.1:
            return now
        last = now
    return last


def compare(signal: Signal, bodies: int, rounds: int) -> list[Result]:
    """The median run of each contender, on the same bodies.

    The order turns from round to round: whoever goes first pays for a cold machine.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bodies"
        build(path, signal, bodies)
        contenders: list[Callable[[], Result]] = [
            lambda: ours(path, bodies, signal, "grpc"),
            lambda: rotel(path, bodies, signal, Options(), "rotel, its defaults"),
            lambda: ours(path, bodies, signal, "http"),
            lambda: rotel(path, bodies, signal, ROOMY, "rotel, large batches"),
        ]
        runs: dict[str, list[Result]] = {}
        for start in range(rounds):
            for turn in range(len(contenders)):
                result = contenders[(start + turn) % len(contenders)]()
                runs.setdefault(result.name, []).append(result)
        return [sorted(run, key=lambda result: result.cpu)[len(run) // 2] for run in runs.values()]
