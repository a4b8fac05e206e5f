"""Traces of experiments, and what their comparisons say."""

from __future__ import annotations

import itertools
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS, key_values

MS = 1_000_000
new_trace = itertools.count(0xE00000)


def tags(experiment: str, variant: str, subject: str = "") -> dict[str, Any]:
    given = {
        "tracehouse.experiment.name": experiment,
        "tracehouse.experiment.variant": variant,
        "tracehouse.subject.id": subject,
    }
    return {name: value for name, value in given.items() if value}


def root(experiment: str, variant: str, subject: str = "", **fields: Any) -> Span:
    """The root of a new trace."""
    said = {"gen_ai.operation.name": "invoke_agent"} | fields.pop("attributes", {})
    attributes = tags(experiment, variant, subject) | said
    return otlp.span(next(new_trace), 1, attributes=attributes, **fields)


def child(of: Span, number: int, operation: str, **fields: Any) -> Span:
    attributes = {"gen_ai.operation.name": operation} | fields.pop("attributes", {})
    trace = int.from_bytes(of.trace_id, "big")
    given = {"start": START_NS + number * MS, "parent": 1, "attributes": attributes} | fields
    return otlp.span(trace, number, **given)


def tool(of: Span, number: int, name: str = "search", arguments: str = "{}", **more: Any) -> Span:
    said = {"gen_ai.tool.name": name, "gen_ai.tool.call.arguments": arguments}
    return child(of, number, "execute_tool", attributes=said, **more)


def call(of: Span, number: int, tokens: int, model: str = "gpt-4o-mini", **more: Any) -> Span:
    used = {"gen_ai.request.model": model, "gen_ai.usage.input_tokens": tokens}
    return child(of, number, "chat", attributes=used | more)


def score(name: str, value: float, trace: bytes, **attributes: Any) -> LogRecord:
    said = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": float(value),
        "tracehouse.score.id": f"{name}-{trace.hex()}",
        **{f"tracehouse.score.{key}": value for key, value in attributes.items()},
    }
    return LogRecord(
        time_unix_nano=START_NS, event_name="gen_ai.evaluation.result", trace_id=trace,
        attributes=key_values(said),
    )  # fmt: skip


def judge(stored: Stored, *scores: LogRecord) -> None:
    request = otlp.logs()
    request.resource_logs[0].scope_logs[0].log_records.extend(scores)
    stored.send("logs", request)


def compare(stored: Stored, name: str, **asked: Any) -> dict[str, Any]:
    return stored.get(f"/v1/experiments/{name}/compare", **asked)


def metric(answer: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in answer["metrics"] if one["name"] == name)
    return found


def cohort(answer: dict[str, Any], name: str, variant: str) -> dict[str, Any]:
    (found,) = (one for one in metric(answer, name)["variants"] if one["variant"] == variant)
    return found


def only(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """The only comparison by a metric."""
    (found,) = metric(answer, name)["comparisons"]
    return found


def counts(answer: dict[str, Any], name: str) -> dict[str, tuple[int, int]]:
    """(yes, of how many) by variant."""
    return {one["variant"]: (one["count"], one["n"]) for one in metric(answer, name)["variants"]}


def sizes(answer: dict[str, Any]) -> dict[str, int]:
    return {one["variant"]: one["n"] for one in answer["variants"]}
