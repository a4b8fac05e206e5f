"""Traces, logs, metrics, and how the server is doing."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from tracehouse_api.models.usage import Tokens, Usage

Json = dict[str, Any]
StatusCode = Literal["unset", "ok", "error"]


class Problem(BaseModel):
    """RFC 9457 problem details."""

    title: str
    status: int
    detail: str = Field(description="what went wrong, and what to do")


class TraceSummary(BaseModel):
    """A trace in a list."""

    trace_id: str
    root_span_id: str
    name: str = Field(description="of the root span, or of the earliest while the root is missing")
    root_missing: bool
    service: str
    project: str
    session: str | None
    user: str | None
    tags: list[str]
    start_time: str
    duration_ms: float | None = Field(description="of the root span; null while it is pending")
    pending: bool
    status: StatusCode
    span_count: int
    error_count: int
    usage: Usage


class Traces(BaseModel):
    traces: list[TraceSummary]
    next_cursor: str | None


class Event(BaseModel):
    time: str
    name: str
    attributes: Json
    dropped_attributes_count: int


class Link(BaseModel):
    trace_id: str
    span_id: str
    trace_state: str
    attributes: Json
    dropped_attributes_count: int
    flags: int


class Scope(BaseModel):
    name: str
    version: str
    attributes: Json
    schema_url: str


Kind = Literal[
    "generation", "embedding", "retriever", "reranker", "tool", "agent", "chain", "guardrail",
    "evaluator", "event", "span",
]  # fmt: skip


class Meaning(Tokens):
    """What a span means, whichever dialect it is in. What is not known is null."""

    dialect: str | None
    kind: Kind
    provider: str | None
    framework: str | None
    request_model: str | None
    response_model: str | None
    finish_reason: str | None
    response_id: str | None
    session_id: str | None
    user_id: str | None
    agent_name: str | None
    tool_name: str | None
    tool_call_id: str | None
    prompt_name: str | None
    prompt_version: str | None
    error_type: str | None
    environment: str | None
    release: str | None
    cost_usd: float | None
    ttft_ms: float | None
    tags: list[str]


class Span(BaseModel):
    """A span, whole."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
    start_time: str
    end_time: str | None
    duration_ms: float | None
    status: StatusCode
    status_message: str
    pending: bool
    service: str
    project: str
    scope: Scope
    resource: Json
    resource_schema_url: str
    meaning: Meaning
    attributes: Json
    dropped_attributes_count: int
    events: list[Event]
    dropped_events_count: int
    links: list[Link]
    dropped_links_count: int
    trace_state: str
    flags: int
    received_time: str


class TraceSpan(Span):
    """A span in its trace. `noise`: it tells nothing about what an agent did."""

    noise: bool


class Trace(BaseModel):
    """A trace with its spans in tree order: parents first, siblings by start."""

    trace_id: str
    name: str
    service: str
    project: str
    start_time: str
    duration_ms: float | None
    status: StatusCode
    pending: bool
    span_count: int
    error_count: int
    usage: Usage
    spans: list[TraceSpan]


class Spans(BaseModel):
    spans: list[Span]
    next_cursor: str | None


class LogRecord(BaseModel):
    """A log record, whole."""

    time: str
    observed_time: str | None
    trace_id: str | None
    span_id: str | None
    severity_number: int
    severity_text: str
    event_name: str
    body: Any
    service: str
    project: str
    scope: Scope
    resource: Json
    attributes: Json
    dropped_attributes_count: int
    flags: int


class Logs(BaseModel):
    logs: list[LogRecord]
    next_cursor: str | None


class MetricName(BaseModel):
    """A metric that points were received for."""

    name: str
    kind: Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]
    unit: str
    description: str


class MetricNames(BaseModel):
    metrics: list[MetricName]


class Series(BaseModel):
    """One line: its group, and a value per time bucket."""

    group: dict[str, str]
    points: list[tuple[str, float | str | None]] = Field(description="[time of the bucket, value]")


class MetricSeries(BaseModel):
    name: str
    kind: str
    unit: str
    agg: str
    step_ms: float
    series: list[Series]


class Reject(BaseModel):
    """A row that could not be stored as it was sent."""

    received_time: str
    signal: Literal["traces", "logs", "metrics"]
    reason: str
    service: str
    record: Any = Field(description="the row; ids in hex, nested values as JSON text")


class Rejects(BaseModel):
    rejects: list[Reject]


class Stats(BaseModel):
    """How much is stored in the caller's workspace."""

    version: str = Field(description="the server's")
    spans: int
    traces: int
    logs: int
    metric_points: int
    run_metrics: int
    rejects: int
    backlog_bytes: dict[str, int] = Field(description="acknowledged, not yet queryable, by signal")
