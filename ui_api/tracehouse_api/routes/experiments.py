"""`/v1/experiments`: what is tagged with an experiment, and how its variants compare."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Rows, TheHouse
from tracehouse_api.experiments import definitions as default
from tracehouse_api.experiments.cohorts import Experiment, Variant, experiments
from tracehouse_api.experiments.compare import Question, Unit, available, compare
from tracehouse_api.experiments.definitions import Definitions
from tracehouse_api.experiments.metrics import Better
from tracehouse_api.filters import Filters
from tracehouse_api.models.experiments import ExperimentComparison, ExperimentDetail, Experiments
from tracehouse_api.parameters import Cursor, From, Limit, To, decode_cursor, encode_cursor
from tracehouse_api.routes.documents import refusing
from tracehouse_api.values import iso_time, json_response

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


Names = Annotated[list[str] | None, Query(description="comma-separated, or several times")]


@router.get("", response_model=Experiments)
def list_experiments(
    rows: Rows,
    project: str | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Experiments, the last active first. They are there from the first trace or run on that is
    tagged with one."""
    found = sorted(
        experiments(rows, _filters(project, start, end)),
        key=lambda one: (one.last_ns, one.name),
        reverse=True,
    )
    if cursor is not None:
        after = tuple(decode_cursor(cursor, int, str))
        found = [one for one in found if (one.last_ns, one.name) < after]
    page = found[:limit]
    more = len(found) > limit
    return json_response(
        {
            "experiments": [_shown(one) for one in page],
            "next_cursor": encode_cursor(page[-1].last_ns, page[-1].name) if more else None,
        }
    )


# Before the route of one experiment: names may hold slashes.
@router.get("/{name:path}/compare", response_model=ExperimentComparison)
def compare_variants(
    rows: Rows,
    house: TheHouse,
    name: str,
    control: str | None = Query(
        None, description="the variant named control, else the first by name"
    ),
    metrics: Names = None,
    unit: Annotated[Unit | None, Query(description="trace where there are any, else run")] = None,
    lower: Names = None,
    higher: Names = None,
    project: str | None = None,
    start: From = None,
    end: To = None,
    bad_outcomes: Names = None,
    flag_scores: Names = None,
    error_kinds: Names = None,
    loop_length: int = Query(default.LOOP_LENGTH, ge=2, le=1000),
    confidence: float = Query(default.CONFIDENCE, ge=0.5, le=0.9999),
    power: float = Query(default.POWER, ge=0.5, le=0.9999),
    smallest_effect: float = Query(default.SMALLEST_EFFECT, ge=0.001, le=10),
) -> Response:
    """The variants of an experiment beside its control: cohorts, differences, tests and a verdict
    for each metric.

    `metrics`: `flag_rate`, `error_rate`, `loop_rate`, `cost_usd`, `latency_ms`, `input_tokens`,
    `output_tokens`, `total_tokens`, `score.<name>`, `metric.<key>.last`, `metric.<key>.mean`; by
    default those that there are, up to 50. `lower` and `higher` name metrics that are better so;
    otherwise what is built in, and what is named like a loss, is better lower, and anything else
    higher."""
    direction: dict[str, Better] = dict.fromkeys(_split(lower), "lower")
    direction |= dict.fromkeys(_split(higher), "higher")
    question = Question(
        name,
        _filters(project, start, end),
        unit,
        control,
        _split(metrics),
        direction,
        Definitions(
            _split(bad_outcomes, default.BAD_OUTCOMES), _split(flag_scores, default.FLAG_SCORES),
            _split(error_kinds, default.ERROR_KINDS), loop_length,
            confidence, power, smallest_effect,
        ),
    )  # fmt: skip
    with refusing():
        answer = compare(rows, question)
        if answer is None and house.has_backlog:
            house.wait_until_loaded()
            answer = compare(rows, question)
    if answer is None:
        raise _unknown(name)
    return json_response(answer)


@router.get("/{name:path}", response_model=ExperimentDetail)
def get_experiment(
    rows: Rows,
    name: str,
    project: str | None = None,
    start: From = None,
    end: To = None,
) -> Response:
    """An experiment: its variants, and the metrics that they can be compared by."""
    filters = _filters(project, start, end)
    found = experiments(rows, filters, name)
    if not found:
        raise _unknown(name)
    filters.parameters["experiment"] = name
    return json_response(_shown(found[0]) | {"metrics": available(rows, filters)})


def _filters(project: str | None, start: int | None, end: int | None) -> Filters:
    filters = Filters()
    filters.equal(project=project)
    filters.within("start_time", start, end)
    return filters


def _split(names: list[str] | None, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
    if names is None:
        return otherwise
    return tuple(name for part in names for name in part.split(",") if name)


def _unknown(name: str) -> HTTPException:
    return HTTPException(
        404, f"there is no experiment {name}: it begins with a trace or run that is tagged with it"
    )


def _shown(one: Experiment) -> dict[str, Any]:
    return {
        "name": one.name,
        "variants": [_variant(variant) for variant in one.variants],
        "traces": sum(variant.traces for variant in one.variants),
        "runs": sum(variant.runs for variant in one.variants),
        "subjects": one.subjects,
        "first_seen": iso_time(min(variant.first_ns for variant in one.variants)),
        "last_seen": iso_time(one.last_ns),
    }


def _variant(one: Variant) -> dict[str, Any]:
    return {
        "variant": one.name,
        "traces": one.traces,
        "runs": one.runs,
        "subjects": one.subjects,
        "first_seen": iso_time(one.first_ns),
        "last_seen": iso_time(one.last_ns),
    }
