"""Answers of `/v1/rollouts` and of the run registry."""

from __future__ import annotations

from pydantic import BaseModel, Field

from tracehouse_api.models.telemetry import Json


class Rollout(BaseModel):
    """An attempt of a datapoint, or a chat trace that belongs to a step of a run."""

    trace_id: str
    run_id: str | None
    step: int | None
    phase: str | None = Field(description="train, eval or prod; null of a chat trace")
    datapoint: str | None
    environment: str | None
    model: str | None
    grader: str | None
    project: str
    name: str
    status: str = Field(description="PENDING, COMPLETED, TRUNCATED, ABORTED or one of the errors")
    error: str | None
    reward: float | None
    rewards: Json = Field(description="all of its rewards by name")
    turns: int
    messages: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    tags: list[str]
    metadata: Json
    start_time: str
    duration_ms: float | None = Field(description="null while it is pending")


class RolloutPage(BaseModel):
    rollouts: list[Rollout]
    next_cursor: str | None


class RolloutStep(BaseModel):
    """What the rollouts of a step were worth. Of no reward at all, the statistics are null."""

    run_id: str | None
    step: int | None
    rollouts: int
    statuses: dict[str, int] = Field(description="how many ended how")
    rewarded: int = Field(description="how many have a reward")
    mean: float | None
    standard_deviation: float | None = Field(description="of the population")
    min: float | None
    median: float | None
    max: float | None


class RolloutSteps(BaseModel):
    steps: list[RolloutStep]
    next_cursor: str | None


class RegisteredRun(BaseModel):
    id: str
    project: str | None = None
    phase: str | None = None
    model: str | None = None
    grader: str | None = None
    created_at: str


class RegisteredStep(BaseModel):
    run_id: str
    step: int
    created_at: str


class RegisteredDatapoint(BaseModel):
    id: str
    project: str | None = None
    environment: str | None = None
    created_at: str


class RegisteredRuns(BaseModel):
    runs: list[RegisteredRun]
    next_cursor: str | None


class RegisteredSteps(BaseModel):
    steps: list[RegisteredStep]
    next_cursor: str | None


class RegisteredDatapoints(BaseModel):
    datapoints: list[RegisteredDatapoint]
    next_cursor: str | None
