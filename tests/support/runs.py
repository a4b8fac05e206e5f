"""Runs without an SDK: what one would send, piece by piece."""

from __future__ import annotations

import time

from tests.support import otlp
from tests.support.server import Server


def points(run: str, key: str, values: dict[int, float]) -> bytes:
    """Scalars of one key by step, as a request."""
    request = otlp.gauge(key, 0.0)
    metric = request.resource_metrics[0].scope_metrics[0].metrics[0]
    del metric.gauge.data_points[:]
    for step, value in values.items():
        point = metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=value)
        named = {"tracehouse.run.id": run, "tracehouse.step": step}
        point.attributes.extend(otlp.key_values(named))
    return request.SerializeToString()


def reading(run: str, key: str, value: float) -> bytes:
    """What was read of a run's machine just now, as a request."""
    return otlp.gauge(key, value, **{"tracehouse.run.id": run}).SerializeToString()


def begin_run(server: Server, name: str) -> str:
    """Begin a run; its id, once it can be asked for."""
    answer = server.client.post(
        f"{server.http}/v1/runs", json={"name": name, "client_run_id": name}, headers=server.headers
    )
    assert answer.status_code < 300, answer.text
    server.settle()
    return answer.json()["id"]


def log_line(server: Server, run: str, number: int, text: str) -> None:
    """Print a line."""
    attributes = {
        "tracehouse.run.id": run, "tracehouse.key": "stdout", "tracehouse.index": number,
    }  # fmt: skip
    line = otlp.logs(
        text, event_name="tracehouse.run.console", attributes=otlp.key_values(attributes)
    )
    assert server.post("logs", line.SerializeToString()).status_code == 200
