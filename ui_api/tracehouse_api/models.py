"""The shapes of answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = dict[str, Any]
StatusCode = Literal["unset", "ok", "error"]


class Problem(BaseModel):
    """RFC 9457 problem details."""

    title: str
    status: int
    detail: str = Field(description="what went wrong, and what to do")


class Usage(BaseModel):
    """Tokens and cost of some calls of models. `input_tokens` has the cached ones in it,
    `output_tokens` the reasoning. `cost_usd` is null when nothing is known; `unpriced` says of how
    many calls of which models the cost is not in it."""

    calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    total_tokens: int
    cost_usd: float | None
    unpriced: dict[str, int]
    price_source: str


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


class Meaning(BaseModel):
    """What a span means, whichever dialect it is in. What is not known is null."""

    dialect: str | None
    kind: Literal[
        "generation", "embedding", "retriever", "reranker", "tool", "agent", "chain", "guardrail",
        "evaluator", "event", "span",
    ]  # fmt: skip
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
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    ttft_ms: float | None


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
    spans: list[Span]


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

    spans: int
    traces: int
    logs: int
    metric_points: int
    run_metrics: int
    rejects: int
    backlog_bytes: dict[str, int] = Field(description="acknowledged, not yet queryable, by signal")


RunStatus = Literal["running", "finished", "failed", "crashed", "killed"]


class RunLinks(BaseModel):
    """What the run refers to on the Hugging Face Hub."""

    dataset: str | None
    dataset_split: str | None
    model: str | None
    model_revision: str | None


class RunSummary(BaseModel):
    """A training run in a list."""

    id: str
    name: str
    project: str
    client_run_id: str | None
    status: RunStatus = Field(description="crashed, too, when its heartbeat has stopped")
    start_time: str
    end_time: str | None
    duration_ms: float | None
    heartbeat_time: str
    config: Json
    summary: Json = Field(description="the last value of each key, and what was set by hand")
    last_step: int | None
    tags: list[str]
    notes: str | None
    group: str | None
    job_type: str | None
    sweep_id: str | None
    links: RunLinks
    subject_id: str | None
    experiment: str | None
    variant: str | None
    trace_id: str | None
    machine: str | None
    host: str | None
    error: str | None


class Runs(BaseModel):
    runs: list[RunSummary]
    next_cursor: str | None


class RunDetail(RunSummary):
    """A training run, whole."""

    keys: list[str] = Field(description="the keys of its scalars")
    environment: Json | None


class RunSeries(BaseModel):
    """One key's points, or its buckets; all arrays are equally long."""

    key: str
    count: int = Field(description="points that there are")
    exact: bool = Field(description="each of the points is here, and no bucket holds several")
    x: list[Any] = Field(description="the greatest x of each bucket; ISO times for x=time")
    step: list[int] = Field(description="the last step of each bucket")
    min: list[float | str]
    max: list[float | str]
    mean: list[float | str]
    last: list[float | str]


class RunValue(BaseModel):
    """A value that is not a number."""

    key: str
    step: int
    time: str
    value: Any


class History(BaseModel):
    run_id: str
    x: str
    series: list[RunSeries]
    values: list[RunValue]


class SystemSeries(BaseModel):
    key: str
    time: list[str]
    mean: list[float | str]


class SystemHistory(BaseModel):
    run_id: str
    series: list[SystemSeries]


class ConsoleLine(BaseModel):
    line: int
    stream: Literal["stdout", "stderr"]
    time: str
    text: str


class Console(BaseModel):
    lines: list[ConsoleLine]
    next_cursor: str | None


class MediaItem(BaseModel):
    """An image, video or other file of a run; what is known of it stands beside these."""

    id: str
    key: str
    step: int
    time: str
    index: int
    type: str
    sha256: str
    size: int
    mime: str
    caption: str | None = None
    url: str


class MediaList(BaseModel):
    media: list[MediaItem]


class Artifact(BaseModel):
    """A version of an artifact."""

    name: str
    time: str
    kind: str
    digest: str
    files: list[Json] = Field(description="path, sha256 and size of each")


class Artifacts(BaseModel):
    artifacts: list[Artifact]


class Rollout(BaseModel):
    """A chat trace that belongs to a run and a step of it."""

    step: int
    trace_id: str
    name: str
    session: str | None
    outcome: str | None
    metadata: Json
    status: StatusCode
    pending: bool
    start_time: str
    duration_ms: float | None


class Rollouts(BaseModel):
    rollouts: list[Rollout]
    next_cursor: str | None


class ComparedKey(BaseModel):
    key: str
    values: list[Any] = Field(description="one a run, in their order; null where there is none")
    differs: bool


class Comparison(BaseModel):
    runs: list[RunSummary]
    config: list[ComparedKey]
    summary: list[ComparedKey]


class ArtifactName(BaseModel):
    name: str
    type: str
    latest: str


class ArtifactNames(BaseModel):
    artifacts: list[ArtifactName]


class ArtifactVersion(BaseModel):
    """A content that was logged under the artifact's name."""

    version: str
    digest: str
    type: str
    time: str = Field(description="when it was logged first")
    description: str | None
    metadata: Json
    files: list[Json]
    aliases: list[str]
    logged_by: list[str] = Field(description="ids of runs")
    used_by: list[str] = Field(description="ids of runs")


class ArtifactVersions(BaseModel):
    name: str
    project: str
    versions: list[ArtifactVersion]


class SweepDetail(BaseModel):
    """A search over configurations."""

    id: str
    project: str
    config: Json
    runs: list[RunSummary]


class UsageGroup(Usage):
    """Usage of one group; what it is grouped by is beside it."""

    model_config = ConfigDict(extra="allow")


class UsageAnswer(BaseModel):
    """Usage by group and in total."""

    usage: list[UsageGroup]
    truncated: bool
    total: Usage


class Session(BaseModel):
    """A session: what its traces and log records have in common."""

    session: str
    project: str
    user: str | None
    first_time: str
    last_time: str
    trace_count: int
    error_count: int = Field(description="traces whose root span failed")
    log_count: int
    usage: Usage


class Sessions(BaseModel):
    sessions: list[Session]
    next_cursor: str | None


class SessionDetail(Session):
    """A session with its turns, the oldest first. One that exists in log records alone has none:
    they are at /v1/logs?session=."""

    traces: list[TraceSummary]
    truncated: bool


class User(BaseModel):
    """Somebody on whose behalf models were called."""

    user: str
    first_time: str
    last_time: str
    trace_count: int
    session_count: int
    error_count: int
    usage: Usage


class Users(BaseModel):
    users: list[User]
    next_cursor: str | None


class Message(BaseModel):
    """A message: who said it, and its parts in the form of OpenTelemetry's GenAI conventions.
    A part of no known kind is kept as it was sent."""

    role: str
    parts: list[Json]
    name: str | None = None
    finish_reason: str | None = None


class Content(BaseModel):
    """What went into a model or tool and came out."""

    trace_id: str
    span_id: str
    input: list[Message]
    output: list[Message]
    tools: list[Json] = Field(
        description="offered to the model: type, name, description, parameters"
    )
    arguments: Any = Field(None, description="of a tool")
    result: Any = Field(None, description="of a tool")
    documents: list[Json] = Field([], description="of a retriever or reranker")
    malformed: list[str] = Field(description="attributes that look like JSON and are not")


class Score(BaseModel):
    """A judgement. `value` is a number, a boolean or a text, as `data_type` says."""

    id: str
    name: str
    data_type: Literal["numeric", "boolean", "categorical", "text"]
    value: float | bool | str | None
    label: str | None
    time: str
    comment: str | None
    source: Literal["api", "annotation", "eval"]
    author: str | None
    metadata: Any
    trace_id: str | None
    span_id: str | None
    response_id: str | None
    session: str | None
    run: str | None
    project: str


class Scores(BaseModel):
    scores: list[Score]
    next_cursor: str | None


class PromptVersion(BaseModel):
    """A version of a prompt: a text, or the messages of a chat."""

    name: str
    version: int
    type: Literal["text", "chat"]
    prompt: str | list[Json]
    config: Any
    labels: list[str]
    tags: list[str]
    commit_message: str | None
    created_at: str


class PromptName(BaseModel):
    """A prompt by name, with its versions and all their labels."""

    name: str
    type: Literal["text", "chat"]
    versions: list[int]
    labels: list[str]
    tags: list[str]
    updated_at: str
    config: Any


class PromptList(BaseModel):
    prompts: list[PromptName]
    total: int
