"""Subjects: whom agents acted for."""

from __future__ import annotations

from pydantic import BaseModel, Field

from tracehouse_api.models.runs import RunStatus
from tracehouse_api.models.telemetry import StatusCode
from tracehouse_api.models.usage import Usage


class Subject(BaseModel):
    """A subject in a list."""

    subject: str
    first_time: str
    last_time: str
    trace_count: int
    error_count: int = Field(description="traces whose root span failed")
    run_count: int
    usage: Usage = Field(description="of its traces")
    experiments: list[str]


class Subjects(BaseModel):
    subjects: list[Subject]
    next_cursor: str | None


class Latency(BaseModel):
    """Of the root spans that have ended, in milliseconds."""

    mean: float
    p50: float
    p95: float


class Judged(BaseModel):
    """Scores of one name. `mean` is of the numbers, of booleans the share that is true; it is null
    where there are only labels."""

    count: int
    mean: float | None
    is_rate: bool = Field(description="all are booleans")
    labels: dict[str, int] = Field(description="how often each category was given")


class Period(BaseModel):
    """What happened in a time. Traces and runs count on the day they started."""

    trace_count: int
    error_count: int
    error_rate: float | None
    run_count: int
    latency_ms: Latency | None
    usage: Usage
    scores: dict[str, Judged]


class Day(Period):
    day: str


class SubjectCohort(BaseModel):
    """An experiment and variant that the subject was in."""

    experiment: str
    variant: str | None
    trace_count: int
    run_count: int


class TraceLink(BaseModel):
    """A trace, by its root span."""

    trace_id: str
    name: str
    project: str
    start_time: str
    duration_ms: float | None = Field(description="null while it is pending")
    pending: bool
    status: StatusCode


class RunLink(BaseModel):
    """A training run."""

    id: str
    name: str
    project: str
    start_time: str
    status: RunStatus


class SubjectDetail(BaseModel):
    """A subject over time: `days` are those on which something happened, in order."""

    subject: str
    total: Period
    days: list[Day]
    experiments: list[SubjectCohort]
    traces: list[TraceLink] = Field(description="the newest")
    runs: list[RunLink] = Field(description="the newest")
