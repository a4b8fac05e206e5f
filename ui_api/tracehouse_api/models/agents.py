"""What agents did: usage, sessions, content, scores, prompts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracehouse_api.models.telemetry import Json, TraceSummary
from tracehouse_api.models.usage import Usage


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
    title: str | None = Field(
        description="what it is about, in a line: the title that its agent gave it, else what was"
        " asked first"
    )
    service: str
    folder: str | None = Field(description="the directory in which its agent works")
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


class Step(BaseModel):
    """A call of a model or tool, or an error, in a turn."""

    time: str
    kind: Literal["generation", "tool", "error"]
    name: str
    status: Literal["ok", "error"]
    error: str | None
    duration_ms: float | None
    input_tokens: float | None
    output_tokens: float | None
    cost_usd: float | None
    arguments: Any
    result: Any


class Turn(BaseModel):
    """What was asked, done and answered, as log records tell it."""

    id: str
    start_time: str
    end_time: str
    input: str | None
    output: str | None
    steps: list[Step]


class SessionTrace(TraceSummary):
    """A trace in its session."""

    asked: str | None = Field(
        description="what a user asked in it, in a line; null beyond the first 200 traces"
    )


class SessionDetail(Session):
    """A session with its traces, the oldest first: each is a turn. One that exists in log records
    alone has `turns` in their place."""

    traces: list[SessionTrace]
    turns: list[Turn]
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
    environment: str | None


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


class AgentTracePrompt(BaseModel):
    """A version of a prompt, as AgentTrace's SDK reads it: always a text."""

    id: str
    name: str
    version: int
    prompt: str
    config: Any
    labels: list[str]
    createdAt: str


class PromptName(BaseModel):
    """A prompt by name, with its versions and all their labels."""

    name: str
    type: Literal["text", "chat"]
    versions: list[int]
    labels: list[str]
    label_versions: dict[str, int] = Field(description="the version that each label is on")
    tags: list[str]
    updated_at: str
    config: Any


class PromptList(BaseModel):
    prompts: list[PromptName]
    total: int
