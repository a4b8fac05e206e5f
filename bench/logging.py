"""What logging costs the caller: `run.log` of five scalars, beside wandb, trackio, mlflow and a
plain OpenTelemetry span. Each contender is a process of its own, with folders of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Server

# `log(step)` is measured; `finish()` too, where there is one.
SETUPS = {
    "tracehouse": """
import tracehouse as cm
run = cm.init_run(project="bench", capture_env=False, system_metrics=False, capture_console=False)
def log(step): run.log({"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, step=step)
finish = run.finish
""",
    "tracehouse.wandb": """
from tracehouse import wandb
run = wandb.init(project="bench", settings=wandb.Settings(console="off", x_disable_stats=True))
def log(step): run.log({"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, step=step)
finish = run.finish
""",
    "wandb, offline": """
import wandb
settings = wandb.Settings(console="off", silent=True, x_disable_stats=True)
run = wandb.init(project="bench", mode="offline", settings=settings)
def log(step): run.log({"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, step=step)
finish = run.finish
""",
    "trackio": """
import trackio
run = trackio.init(project="bench", name="r", embed=False)
def log(step): trackio.log({"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, step=step)
finish = trackio.finish
""",
    "mlflow, sqlite": """
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
run = mlflow.start_run()
def log(step):
    mlflow.log_metrics({"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, step=step)
finish = mlflow.end_run
""",
    "OpenTelemetry span": """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("bench")
def log(step):
    values = {"a": 0.1 * step, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}
    tracer.start_span("step", attributes=values).end()
finish = provider.shutdown
""",
}
_MEASURE = """
import json, resource, sys, time
began = time.perf_counter()
exec(SETUP)
ready = time.perf_counter() - began
for step in range(min(200, COUNT // 10)): log(step)
times = []
start = time.perf_counter()
for step in range(200, 200 + COUNT):
    t = time.perf_counter_ns(); log(step); times.append(time.perf_counter_ns() - t)
    if PAUSE and step % 100 == 0: time.sleep(PAUSE)
logged = time.perf_counter() - start
finish()
done = time.perf_counter() - start
times.sort()
print("RESULT", json.dumps({
    "ready": ready, "mean": sum(times) / len(times) / 1e3, "p50": times[len(times) // 2] / 1e3,
    "p99": times[int(len(times) * 0.99)] / 1e3, "rate": 5 * COUNT / done,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


@dataclass(frozen=True)
class Logged:
    """One contender; times in µs a call, `rate` in scalars a second until `finish` returned."""

    name: str
    mean: float
    p50: float
    p99: float
    rate: float
    mb: float


def measure(count: int, setups: Mapping[str, str] = SETUPS) -> list[Logged]:
    """All contenders, one after another, on one machine: ours against a real server."""
    found: list[Logged] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Server(home / "server") as server:
            for name, setup in setups.items():
                calls = max(200, count // 50) if name.startswith("mlflow") else count
                found.append(_measure(name, setup, calls, home, server))
            server.settle(120)
    return found


def _measure(name: str, setup: str, count: int, home: Path, server: Server) -> Logged:
    own = home / name.replace(" ", "-")
    own.mkdir()
    environment = os.environ | {
        "XDG_CONFIG_HOME": str(server.home / "config"),
        "XDG_STATE_HOME": str(own / "state"),
        "HOME": str(own),
        "TRACKIO_DIR": str(own / "trackio"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.http if name.startswith("OpenT") else "",
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={server.key}",
    }
    # A pause now and then, as a training loop has it: else only the queue's end is measured.
    code = f"SETUP, COUNT, PAUSE = {setup!r}, {count}, 0.002\n{_MEASURE}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=own, env=environment, capture_output=True, text=True,
        timeout=600,
    )  # fmt: skip
    line = next((li for li in done.stdout.splitlines() if li.startswith("RESULT ")), None)
    if line is None:
        raise RuntimeError(
            f"{name} did not end well:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    result = json.loads(line.removeprefix("RESULT "))
    return Logged(name, *(result[key] for key in ("mean", "p50", "p99", "rate", "mb")))
