"""What the SDK costs a program beside its calls: importing it, its memory, a small training loop,
and reading a long history back."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server

_IMPORTS = {
    "nothing": "pass",
    "opentelemetry-sdk and its exporter": (
        "import opentelemetry.sdk.trace, opentelemetry.exporter.otlp.proto.http.trace_exporter"
    ),
    "tracehouse": "import tracehouse",
    "tracehouse.wandb": "import tracehouse.wandb",
}
_IMPORT = """
import time
began = time.perf_counter()
{0}
seconds = time.perf_counter() - began
pages = int(open("/proc/self/statm").read().split()[1])
print(seconds, pages * 4096 / 1e6)
"""
# Blocks with and without logging take turns: the machine is noisier than the difference is large.
_LOOP = """
import statistics, time, torch, tracehouse as cm
torch.manual_seed(0); torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(128, 256), torch.randint(0, 10, (128,))
run = cm.init_run(project="loop")
def block(log):
    began = time.perf_counter()
    for _ in range(50):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        value = loss.item()
        if log: run.log({"loss": value, "lr": 0.1})
    return time.perf_counter() - began
block(False)
pairs = [(block(False), block(True)) for _ in range(60)]
plain, logged = (statistics.median(column) for column in zip(*pairs))
print(100 * (statistics.median(b / a for a, b in pairs) - 1), plain / 50 * 1e3)
run.finish()
"""
_POINTS = 1_000_000


@dataclass(frozen=True)
class Import:
    """Seconds and MB of a fresh interpreter that imports something: medians."""

    name: str
    seconds: float
    mb: float


def imports(rounds: int = 7) -> list[Import]:
    """Each in turn, so that a slow moment meets all."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in _IMPORTS}
    for _ in range(rounds):
        for name, statement in _IMPORTS.items():
            code = _IMPORT.format(statement)
            said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
            seconds, mb = map(float, said.stdout.split())
            found[name].append((seconds, mb))
    return [
        Import(name, *(statistics.median(column) for column in zip(*runs, strict=True)))
        for name, runs in found.items()
    ]


def training_loop() -> tuple[float, float] | None:
    """(percent that logging adds, milliseconds a step); None where there is no torch."""
    python = Path(sys.prefix) / "frameworks/bin/python"
    if not python.exists():
        return None
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "server") as server:
        folders = {
            "XDG_CONFIG_HOME": str(server.home / "config"),
            "XDG_STATE_HOME": str(Path(folder) / "state"),
        }
        said = subprocess.run(
            [str(python), "-c", _LOOP], env=os.environ | folders, capture_output=True, check=True
        )
    percent, milliseconds = map(float, said.stdout.split())
    return percent, milliseconds


def history(rounds: int = 20) -> tuple[float, float]:
    """p50 and p95 in ms of a metric of 1 M points at max_points=2000, over HTTP."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with (
            ClickHouseHttp(home / "clickhouse") as clickhouse,
            Server(home / "server", "--clickhouse-url", clickhouse.url) as server,
        ):
            for statement in _HISTORY:
                parameters = {"database": "tracehouse"}
                httpx.post(
                    clickhouse.url, params=parameters, content=statement, timeout=300
                ).raise_for_status()
            times: list[float] = []
            for _ in range(rounds):
                began = time.perf_counter()
                answer = server.get("/v1/runs/r/history", keys="loss", max_points=2000)
                times.append((time.perf_counter() - began) * 1e3)
                assert len(answer.json()["series"][0]["x"]) == 2000
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


_HISTORY = (
    "INSERT INTO run_spans (workspace, run_id, name, status, version)"
    " VALUES ('default', 'r', 'r', 'finished', 1)",
    "INSERT INTO run_metrics (workspace, project, run_id, key, step, has_step, time, value,"
    " value_type, version) SELECT 'default', 'p', 'r', 'loss', number, true,"
    " fromUnixTimestamp64Nano(toInt64(1790000000000000000 + number * 1000000), 'UTC'),"
    f" exp(-number / 1e5) + rand() % 1000 / 5000, 'double', number FROM numbers({_POINTS})",
)
