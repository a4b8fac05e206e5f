"""What a server costs when little happens: start, idle memory, and how soon a span is there."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import cpu_seconds, resident_mb
from tests.support.otlp import span, traces
from tests.support.server import Server


@dataclass(frozen=True)
class Footprint:
    """Seconds, MB, and milliseconds from the acknowledgement to the answer of a query."""

    first_start: float
    start: float
    idle_mb: float
    idle_cpu_percent: float
    visible_p50: float
    visible_p95: float
    busy_cpu_percent: float


def measure(seconds: int = 30) -> Footprint:
    """200 spans a second (10 requests of 20) for so long; each request's last span is asked for."""
    with tempfile.TemporaryDirectory() as home:
        started = time.monotonic()
        with Server(Path(home), fresh=True) as server:
            first_start = time.monotonic() - started
            server.stop()
        started = time.monotonic()
        with Server(Path(home)) as server:
            start = time.monotonic() - started
            idle_cpu = cpu_seconds(server.pid)
            time.sleep(5)
            idle = (cpu_seconds(server.pid) - idle_cpu) / 5 * 100
            idle_mb = resident_mb(server.pid)
            busy_cpu, begun = cpu_seconds(server.pid), time.monotonic()
            waits = sorted(_visible_after(server, number) for number in range(seconds * 2))
            busy = (cpu_seconds(server.pid) - busy_cpu) / (time.monotonic() - begun) * 100
    return Footprint(
        first_start,
        start,
        idle_mb,
        idle,
        waits[len(waits) // 2],
        waits[int(0.95 * len(waits))],
        busy,
    )


def _visible_after(server: Server, round_number: int) -> float:
    """One half-second round: 100 spans in 5 requests; how long until the last can be queried."""
    begun = time.monotonic()
    for part in range(5):
        trace = round_number * 5 + part + 1
        now = time.time_ns()
        body = traces(*(span(trace, number + 1, start=now) for number in range(20)))
        server.post("traces", body.SerializeToString()).raise_for_status()
        acknowledged = time.monotonic()
        time.sleep(max(0.0, begun + 0.1 * (part + 1) - time.monotonic()))
    path = f"/v1/traces/{round_number * 5 + 5:032x}"
    while server.get(path).status_code == 404:
        time.sleep(0.01)
    return (time.monotonic() - acknowledged) * 1000
