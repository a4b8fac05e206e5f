"""Datasets, their items, and runs over them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from tracehouse_api.models.telemetry import Json
from tracehouse_api.models.usage import Usage


class Dataset(BaseModel):
    """A set of examples."""

    id: str
    name: str
    description: str | None
    metadata: Any
    input_schema: Any
    expected_output_schema: Any
    created_at: str
    updated_at: str


class DatasetList(BaseModel):
    datasets: list[Dataset]
    total: int


class DatasetItem(BaseModel):
    """An example, in one version. `version` is the time from which it was so."""

    id: str
    dataset_id: str
    dataset_name: str
    version: str
    input: Any
    expected_output: Any
    metadata: Any
    source_trace_id: str | None
    source_span_id: str | None
    status: Literal["ACTIVE", "ARCHIVED"]
    created_at: str


class DatasetItems(BaseModel):
    items: list[DatasetItem]
    total: int


class DatasetRun(BaseModel):
    """A run over a dataset."""

    id: str
    dataset_id: str
    name: str
    description: str | None
    metadata: Any
    created_at: str
    updated_at: str
    item_count: int


class DatasetRuns(BaseModel):
    runs: list[DatasetRun]


class RunSummary(BaseModel):
    """A whole run in numbers."""

    scores: dict[str, Json] = Field(
        description="count and mean (of a boolean, the share of true), or how often each label"
    )
    error_count: int
    mean_latency_ms: float | None
    cost_usd: float | None


class ItemResult(BaseModel):
    """What came of an item in a run."""

    trace_id: str
    span_id: str | None
    output: Any
    scores: Json
    latency_ms: float | None
    status: Literal["unset", "ok", "error"] | None
    error: str | None
    usage: Usage | None


class Compared(BaseModel):
    """An item and what came of it in each run, by the run's name."""

    item_id: str
    input: Any
    expected_output: Any
    results: dict[str, ItemResult | None]


class RunAndSummary(DatasetRun):
    summary: RunSummary


class Comparison(BaseModel):
    """Runs side by side, item by item."""

    runs: list[RunAndSummary]
    items: list[Compared]
