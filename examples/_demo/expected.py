"""What has to arrive from each program; the demo waits for it, and fails without it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from .metrics import arrived_metrics
from .server import Server


@dataclass(frozen=True)
class Expected:
    """What one run of a program sends."""

    spans: dict[str, int]
    logs: int
    metrics: frozenset[str]


PYTHON_APP = Expected(
    spans={
        "invoke_agent support": 2,
        "chat tiny-support-1": 4,
        "execute_tool look_up_order": 1,
        "execute_tool refund_order": 1,
        "SELECT orders": 1,
    },
    logs=5,
    metrics=frozenset(
        {
            "gen_ai.client.operation.duration",
            "gen_ai.client.token.usage",
            "support.confidence",
            "support.conversation.messages",
            "support.questions",
        }
    ),
)
NODE_APP = Expected(
    spans={
        "invoke_agent trip-planner": 1,
        "chat tiny-travel-1": 4,
        "execute_tool get_weather": 1,
        "execute_tool book_train": 2,
        "GET /forecast": 1,
    },
    logs=2,
    metrics=frozenset(
        {
            "gen_ai.client.token.usage",
            "trips.in_progress",
            "trips.node.heap",
            "trips.planned",
            "trips.price",
        }
    ),
)


def await_arrival(server: Server, expected: dict[str, Expected], seconds: float = 20) -> list[str]:
    """What is still missing when everything is there, or the time is up: a line for each."""
    deadline = time.monotonic() + seconds
    while (missing := _missing(server, expected)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return missing


def _missing(server: Server, expected: dict[str, Expected]) -> list[str]:
    metrics = arrived_metrics(server)
    lines: list[str] = []
    for service, run in expected.items():
        spans = server.get("/v1/spans", service=service, limit=1000)["spans"]
        counts = Counter(span["name"] for span in spans)
        lines += [
            f"{service}: {wanted} × span '{name}', and {counts[name]} arrived"
            for name, wanted in run.spans.items()
            if counts[name] != wanted
        ]
        logs = len(server.get("/v1/logs", service=service, limit=1000)["logs"])
        if logs != run.logs:
            lines.append(f"{service}: {run.logs} log records, and {logs} arrived")
        arrived = {metric.name for metric in metrics if service in metric.values}
        lines += [f"{service}: metric '{name}'" for name in sorted(run.metrics - arrived)]
    return lines
