"""Which metrics a comparison may show, and which way each is better."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]

RATES = ("flag_rate", "error_rate", "loop_rate")
USAGE = ("cost_usd", "input_tokens", "output_tokens", "total_tokens")
BUILT_IN = (*RATES, "cost_usd", "latency_ms", *USAGE[1:])
# Input and output are parts of the total: shown when they are asked for.
_SHOWN = (*RATES, "cost_usd", "latency_ms", "total_tokens")
_SCORE = "score."
_RUN_METRIC = re.compile(r"metric\.(?P<key>.+)\.(?P<how>last|mean)", re.DOTALL)
_LOWER = re.compile(
    r"loss|error|perplexity|latency|duration|cost|toxic|hallucinat|flag|(?:^|[^a-z])(?:nll|[wc]er|rmse|mse|mae)(?:$|[^a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Metric:
    """One metric. `is_rate`: of a unit it is yes or no. `key` is the score's name, or the key of
    the run's metric; '' for what is built in."""

    name: str
    is_rate: bool
    better: Better
    key: str = ""
    how: Literal["", "score", "last", "mean"] = ""


def parse(name: str, yes_no_scores: Collection[str], direction: Mapping[str, Better]) -> Metric:
    """A metric by name: one that is built in, `score.<name>`, `metric.<key>.last` or
    `metric.<key>.mean`. Raises ValueError for any other."""
    if name in BUILT_IN:
        return Metric(name, name in RATES, direction.get(name, "lower"))
    better = direction.get(name) or ("lower" if _LOWER.search(name) else "higher")
    if name.startswith(_SCORE) and len(name) > len(_SCORE):
        key = name.removeprefix(_SCORE)
        return Metric(name, key in yes_no_scores, better, key, "score")
    if found := _RUN_METRIC.fullmatch(name):
        how: Literal["last", "mean"] = "last" if found["how"] == "last" else "mean"
        return Metric(name, False, better, found["key"], how)
    raise ValueError(
        f"there is no metric {name}: choose of {', '.join(BUILT_IN)}, score.<name>,"
        " metric.<key>.last and metric.<key>.mean"
    )


def available(scores: Iterable[str], run_keys: Iterable[str]) -> list[str]:
    """The names of all metrics there are, where these scores and keys of runs are."""
    return [
        *BUILT_IN,
        *(f"{_SCORE}{name}" for name in scores),
        *(f"metric.{key}.{how}" for key in run_keys for how in ("last", "mean")),
    ]


def shown(names: Iterable[str], *, has_calls: bool) -> list[str]:
    """Those of the available ones that are shown when none are asked for."""
    return [
        name
        for name in names
        if not (name.startswith("metric.") and name.endswith(".mean"))
        and (name in _SHOWN or name not in BUILT_IN)
        and (has_calls or name not in USAGE)
    ]
