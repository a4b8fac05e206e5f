"""The data of Server-Sent Events, and a trace in outline."""

from __future__ import annotations

from pydantic import BaseModel, Field

from tracehouse_api.models.runs import ConsoleLine, RunSummary
from tracehouse_api.models.telemetry import Kind, StatusCode, TraceSummary
from tracehouse_api.models.usage import Usage


class OutlinedSpan(BaseModel):
    """What a tree and a time line show of a span."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: Kind = Field(description="what it is in what an agent does")
    step_kind: str | None = Field(description="which step of a chat it is, as `user_msg`")
    start_time: str
    duration_ms: float | None = Field(description="null while it is pending")
    status: StatusCode
    status_message: str = Field(description="its first 500 characters")
    error_type: str | None
    pending: bool
    noise: bool = Field(description="it tells nothing about what an agent did")
    model: str | None
    tool_name: str | None
    total_tokens: int
    cost_usd: float | None = Field(description="by the same prices as usage; null: not known")
    version: str = Field(description="changes when the span comes again")


class TraceOutline(BaseModel):
    """A trace with what its spans are, parents first; what they carry is asked for one by one."""

    trace_id: str
    name: str
    service: str
    project: str
    session: str | None
    user: str | None
    start_time: str
    duration_ms: float | None
    status: StatusCode
    pending: bool
    span_count: int
    error_count: int
    usage: Usage
    spans: list[OutlinedSpan]
    next_cursor: str = Field(description="asks for what comes after this")


class Bin(BaseModel):
    """The traces that began in a span of time."""

    start_time: str
    traces: int
    errors: int = Field(description="those whose root failed")


class TraceHistogram(BaseModel):
    histogram: list[Bin] = Field(description="from the first trace to the last, without gaps")
    width_ms: int = Field(description="of each of them; 0 where there are none")


class FacetValue(BaseModel):
    value: str
    traces: int


class TraceFacet(BaseModel):
    """The most frequent values of something, counted under all filters but its own."""

    name: str = Field(description="service, status, user or tag")
    values: list[FacetValue]


class TraceFacets(BaseModel):
    facets: list[TraceFacet]


class TracesEvent(BaseModel):
    """Of an event `traces`: those of which something came, as the list shows them now."""

    traces: list[TraceSummary]


class SpansEvent(BaseModel):
    """Of an event `spans`: those that began, ended or came again."""

    spans: list[OutlinedSpan]


class RunsEvent(BaseModel):
    """Of an event `runs`: those that began, moved, ended or were edited."""

    runs: list[RunSummary]


class NewPoints(BaseModel):
    """A key's points behind a step; all arrays are equally long. Who has not all up to that step
    asks for the history."""

    key: str
    after: int | None = Field(description="the step behind which they lie; null: all")
    step: list[int]
    time: list[str]
    value: list[float | str]


class NewReadings(BaseModel):
    """What was read of a machine, by key; both arrays are equally long."""

    key: str
    time: list[str]
    value: list[float | str]


class RunEvent(RunSummary):
    """Of an event `run`. Beside it come `points`, `{run_id, series: [NewPoints]}`; `readings`,
    `{after, readings: [NewReadings]}`: what was read behind a time; and `lines`,
    `{after, lines: [ConsoleLine]}`: the lines behind one."""

    keys: list[str] = Field(default=[], description="where one run is watched")
    run_id: str = Field(default="", description="of an event `points`")
    series: list[NewPoints] = Field(default=[], description="of an event `points`")
    readings: list[NewReadings] = Field(default=[], description="of an event `readings`")
    after: int | str = Field(default=-1, description="of an event `lines` or `readings`")
    lines: list[ConsoleLine] = Field(default=[], description="of an event `lines`")
