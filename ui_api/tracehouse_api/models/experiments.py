"""Experiments, their variants, and how those compare."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Better = Literal["lower", "higher"]


class Variant(BaseModel):
    """An arm: how many traces, runs and subjects are tagged with it, and since when."""

    variant: str
    traces: int
    runs: int
    subjects: int
    first_seen: str
    last_seen: str


class Experiment(BaseModel):
    """An experiment. `subjects` counts each once, whichever variants served it."""

    name: str
    variants: list[Variant]
    traces: int
    runs: int
    subjects: int
    first_seen: str
    last_seen: str


class Experiments(BaseModel):
    experiments: list[Experiment]
    next_cursor: str | None


class ExperimentDetail(Experiment):
    """With the metrics that its variants can be compared by."""

    metrics: list[str]


class Definitions(BaseModel):
    """What counts as what in this comparison, in words and as the parameters that change it."""

    flagged: str
    error: str
    loop: str
    cost_usd: str
    latency_ms: str
    bad_outcomes: list[str]
    flag_scores: list[str]
    error_kinds: list[str]
    loop_length: int
    confidence: float
    alpha: float
    power: float
    smallest_effect: float = Field(
        description="in Cohen's h for proportions, in standard deviations for means"
    )


class VariantSize(BaseModel):
    """How many units a variant has."""

    variant: str
    n: int


class Cohort(BaseModel):
    """A metric over the units of one variant. Of a rate `count` units are yes and `mean` is their
    share, with Wilson's interval; `count` is null where a subject is so in a part of its traces,
    and there are no bounds and quantiles."""

    variant: str
    n: int = Field(description="units with a value")
    missing: int = Field(description="units without one")
    count: int | None
    mean: float | None
    interval: list[float] | None
    sd: float | None
    standard_error: float | None
    min: float | None
    max: float | None
    quantiles: dict[str, float] | None


class Test(BaseModel):
    """A two-sided test."""

    method: str
    statistic: float | None
    df: float | None
    p_value: float


class Effect(BaseModel):
    """The size of a difference, whatever its unit."""

    name: Literal["Cohen's h", "Hedges' g"]
    value: float


class Paired(BaseModel):
    """The difference within what was tried in both arms: a datapoint where traces name one, else a
    subject. Of a rate, in how many pairs only one arm's was yes."""

    pairs: int
    share_of_units: float = Field(description="of the arm where fewer are in pairs")
    delta: float | None
    interval: list[float] | None
    only_control: int | None
    only_variant: int | None
    test: Test | None


class Needed(BaseModel):
    """How many units or pairs find the smallest effect with the power asked for, at the level that
    Holm's adjustment leaves at worst; `still`: how many are missing."""

    of: Literal["units in each arm", "pairs"]
    n: int
    still: int


class Comparison(BaseModel):
    """A variant beside the control: `delta` is variant - control, `relative_delta` of the control's
    mean. `decided_by` says which test the verdict rests on."""

    variant: str
    delta: float | None
    relative_delta: float | None
    interval: list[float] | None
    test: Test | None
    effect: Effect | None
    paired: Paired | None
    decided_by: Literal["units", "pairs"]
    p_holm: float | None
    verdict: Literal["better", "worse", "no difference seen", "not enough data"]
    needed: Needed


class Metric(BaseModel):
    """One metric, of each variant and compared."""

    name: str
    kind: Literal["rate", "mean"]
    better: Better = Field(description="which way it is better; `lower` and `higher` change it")
    variants: list[Cohort]
    comparisons: list[Comparison]


class ExperimentComparison(BaseModel):
    """The variants of an experiment beside its control."""

    experiment: str
    unit: Literal["trace", "run", "subject"]
    control: str
    control_is: str = Field(description="how the control was chosen")
    definitions: Definitions
    tests: int = Field(description="for how many the p-values are adjusted")
    variants: list[VariantSize]
    metrics: list[Metric]
