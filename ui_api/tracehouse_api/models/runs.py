"""Training runs and what they log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from tracehouse_api.models.telemetry import Json, StatusCode

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


class RunValueKey(BaseModel):
    """A key under which a run logged values that are no numbers."""

    key: str
    type: str = Field(description="histogram, table, chart, markdown, plotly, or nothing of these")
    count: int = Field(description="steps that there are")
    steps: list[int] = Field(description="of more than 1000, as many at equal distances")


class RunValueKeys(BaseModel):
    values: list[RunValueKey]
    next_cursor: str | None = Field(description="null: they are all here")


class RunHistogram(BaseModel):
    step: int
    time: str
    counts: list[float]
    bins: list[float] = Field(description="their edges: one more than there are counts")


class RunHistograms(BaseModel):
    histograms: list[RunHistogram] = Field(description="by step; what is none is left out")
    next_cursor: str | None = Field(description="null: there are no more, or they were left out")


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
    reward: float | None = Field(description="the first it was given, or `reward` of its metadata")
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
