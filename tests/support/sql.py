"""Queries of the corpora, and rows of two workspaces that can be told apart."""

from __future__ import annotations

from pathlib import Path

import httpx
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tests.support import otlp
from tests.support.keys import add_key
from tests.support.otlp import START_NS, key_values
from tests.support.server import Server

FIXTURES = Path(__file__).parent.parent / "fixtures/sql"
# Stands in every text of the other workspace's rows, and in none of ours.
MARKER = "xyzzy"


def queries(name: str) -> list[str]:
    """The queries of a corpus, `hostile` or `ordinary`."""
    lines = (FIXTURES / f"{name}.sql").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("-- ")]


def fill_two_workspaces(server: Server) -> None:
    """The same rows for the server's own workspace and, with the marker in them, for another."""
    _fill(server, server.key, "")
    _fill(server, add_key(server, workspace=MARKER), MARKER)
    server.settle()


def _fill(server: Server, key: str, mark: str) -> None:
    resource = {"service.name": f"shop{mark}", "tracehouse.project": f"web{mark}"}
    common = {
        "session.id": f"s{mark}", "tracehouse.experiment.name": f"tone{mark}",
        "tracehouse.experiment.variant": f"warm{mark}", "tracehouse.subject.id": f"ada{mark}",
    }  # fmt: skip
    run = {"tracehouse.run.id": f"run{mark}"}
    spans = [
        otlp.span(1, 1, name=f"agent{mark}", attributes=common | {
            "gen_ai.operation.name": "invoke_agent", "tracehouse.step": 7, **run,
        }),
        otlp.span(1, 2, parent=1, name=f"call 1{mark}", start=START_NS + 1, attributes=common | {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": f"gpt-4o{mark}",
            "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 3,
            "http.route": f"/chat{mark}", "langfuse.trace.tags": [f"blue{mark}", f"red{mark}"],
        }),
        otlp.span(1, 3, parent=2, name=f"tool 2{mark}", start=START_NS + 2, duration=-1),
        otlp.span(2, 4, name="tracehouse.run", attributes=common | run | {
            "tracehouse.run.name": f"sft{mark}", "tracehouse.run.status": "finished",
            "tracehouse.run.config": f'{{"lr": 0.1, "optimizer": "adam{mark}", "layers": [1]}}',
        }),
        otlp.span(3, 5, name=f"rejected{mark}", trace_id=b"short"),
    ]  # fmt: skip
    spans[1].events.add(name=f"token{mark}", time_unix_nano=START_NS)
    spans[1].links.add(trace_id=(9).to_bytes(16, "big"), span_id=(9).to_bytes(8, "big"))
    trace_id, span_id = (1).to_bytes(16, "big"), (2).to_bytes(8, "big")
    judgement = {"gen_ai.evaluation.name": f"quality{mark}", "gen_ai.evaluation.score.value": 0.9}
    _post(server, key, "traces", otlp.traces(*spans, resource=resource))
    _post(server, key, "logs", otlp.logs(
        f"it broke{mark}", resource=resource, severity_number=17, trace_id=trace_id, span_id=span_id
    ))  # fmt: skip
    _post(server, key, "logs", otlp.logs(
        "", resource=resource, event_name="gen_ai.evaluation.result", trace_id=trace_id,
        attributes=key_values(judgement),
    ))  # fmt: skip
    _post(server, key, "logs", otlp.logs(
        f'"a{mark}"', resource=resource, event_name="tracehouse.run.value",
        attributes=key_values(run | {"tracehouse.key": f"note{mark}", "tracehouse.step": 1}),
    ))  # fmt: skip
    for step in range(3):
        point = run | {"tracehouse.step": step}
        _post(server, key, "metrics", otlp.gauge(f"loss{mark}", 1.0 / (step + 1), **point))
    metrics = otlp.gauge(f"load{mark}", 0.5)
    metrics.resource_metrics[0].scope_metrics[0].metrics.extend(_distributions(mark))
    _post(server, key, "metrics", metrics)


def _distributions(mark: str) -> list[Metric]:
    histogram, exponential, summary = (
        Metric(name=f"{kind}{mark}", unit=f"ms{mark}") for kind in ("steps", "powers", "quantiles")
    )
    histogram.histogram.data_points.add(
        time_unix_nano=START_NS, count=3, sum=6, bucket_counts=[1, 2], explicit_bounds=[1.0]
    )
    point = exponential.exponential_histogram.data_points.add(time_unix_nano=START_NS, count=3)
    point.positive.bucket_counts.extend((1, 2))
    of_summary = summary.summary.data_points.add(time_unix_nano=START_NS, count=3, sum=6)
    of_summary.quantile_values.add(quantile=0.5, value=2)
    return [histogram, exponential, summary]


def _post(server: Server, key: str, signal: str, request: object) -> None:
    answer = httpx.post(
        f"{server.http}/v1/{signal}",
        content=request.SerializeToString(),  # pyright: ignore
        headers={"x-api-key": key, "content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 200, answer.text
