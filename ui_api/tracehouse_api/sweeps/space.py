"""A sweep's definition, in wandb's form (https://docs.wandb.ai/guides/sweeps/sweep-config-keys)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Method = Literal["grid", "random", "bayes"]
_METHODS = ("grid", "random", "bayes")
# A normal distribution is searched within so many standard deviations.
_WIDTH = 3.0


@dataclass(frozen=True)
class Parameter:
    """One dimension: a choice among `values`, or a number from `distribution`."""

    distribution: BaseDistribution
    values: tuple[Any, ...] = ()

    def value_of(self, chosen: Any) -> Any:
        """What the program gets for what was drawn. A choice is drawn by its place."""
        return self.values[chosen] if self.values else chosen

    def drawn_of(self, value: Any) -> Any:
        """What would have to be drawn for this value. Raises ValueError for one that cannot be."""
        drawn = self.values.index(value) if self.values else value
        if not self.distribution._contains(self.distribution.to_internal_repr(drawn)):  # pyright: ignore[reportPrivateUsage]
            raise ValueError(f"{value!r} lies outside the sweep")
        return drawn


@dataclass(frozen=True)
class Sweep:
    """A search: parameters by name (nested ones with dots), and what it is to improve."""

    method: Method
    parameters: dict[str, Parameter]
    metric: str | None = None
    maximize: bool = False
    run_cap: int | None = None
    fixed: dict[str, Any] = field(default_factory=dict[str, Any])

    def nested(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Values by names with dots, as the nested config that the definition has."""
        config: dict[str, Any] = {}
        for name, value in {**self.fixed, **flat}.items():
            *path, last = name.split(".")
            at = config
            for part in path:
                at = at.setdefault(part, {})
            at[last] = value
        return config


def parse(definition: Any) -> Sweep:
    """A sweep. Raises ValueError that says what is wrong, and where."""
    if not isinstance(definition, dict):
        raise ValueError("config: it must be an object")
    given = cast("dict[str, Any]", definition)
    method = given.get("method")
    if method not in _METHODS:
        raise ValueError(f"method: choose one of {', '.join(_METHODS)}")
    metric = given.get("metric") or {}
    if not isinstance(metric, dict) or metric.get("goal", "minimize") not in (
        "minimize",
        "maximize",
    ):
        raise ValueError("metric: it is {name, goal: minimize or maximize}")
    goal = cast("dict[str, Any]", metric)
    if method == "bayes" and not goal.get("name"):
        raise ValueError("metric: a bayes sweep needs one to improve")
    found = dict(_parameters(given.get("parameters")))
    fixed = {name: p.values[0] for name, p in found.items() if len(p.values) == 1}
    free = {name: parameter for name, parameter in found.items() if name not in fixed}
    if method == "grid" and (odd := [name for name, p in free.items() if not grid(p)]):
        raise ValueError(f"parameters.{odd[0]}: a grid needs values, or integers from min to max")
    cap = given.get("run_cap")
    return Sweep(
        method, free, goal.get("name"), goal.get("goal") == "maximize",
        int(cap) if isinstance(cap, int) else None, fixed,
    )  # fmt: skip


def grid(parameter: Parameter) -> list[Any]:
    """All values of a parameter; empty when they are not countable."""
    if parameter.values:
        return list(parameter.values)
    distribution = parameter.distribution
    if isinstance(distribution, IntDistribution):
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, FloatDistribution) and distribution.step:
        count = round((distribution.high - distribution.low) / distribution.step) + 1
        return [distribution.low + n * distribution.step for n in range(count)]
    return []


def _parameters(given: Any, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    if not isinstance(given, dict) or not given:
        raise ValueError(f"parameters{'.' + prefix if prefix else ''}: give at least one")
    for key, spec in cast("dict[str, Any]", given).items():
        name = f"{prefix}{key}"
        if not isinstance(spec, dict):
            raise ValueError(f"parameters.{name}: it must be an object")
        described = cast("dict[str, Any]", spec)
        if "parameters" in described:
            yield from _parameters(described["parameters"], name + ".")
        else:
            yield name, _parameter(name, described)


def _parameter(name: str, spec: dict[str, Any]) -> Parameter:
    if "value" in spec:
        return Parameter(CategoricalDistribution((0,)), (spec["value"],))
    if "values" in spec:
        values = spec["values"]
        if not isinstance(values, list) or not values:
            raise ValueError(f"parameters.{name}.values: give a list with at least one")
        choices = cast("list[Any]", values)
        return Parameter(CategoricalDistribution(tuple(range(len(choices)))), tuple(choices))
    try:
        return Parameter(_distribution(spec))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"parameters.{name}: {error}") from None


def _distribution(spec: dict[str, Any]) -> BaseDistribution:
    kind = spec.get("distribution")
    if kind is None:
        whole = all(isinstance(spec.get(end), int) for end in ("min", "max"))
        kind = "int_uniform" if whole else "uniform"
    step = spec.get("q")
    match kind:
        case "int_uniform":
            return IntDistribution(int(spec["min"]), int(spec["max"]))
        case "q_uniform":
            return FloatDistribution(float(spec["min"]), float(spec["max"]), step=float(step or 1))
        case "uniform":
            return FloatDistribution(float(spec["min"]), float(spec["max"]))
        case "log_uniform_values" | "q_log_uniform_values":
            return FloatDistribution(float(spec["min"]), float(spec["max"]), log=True)
        case "log_uniform" | "q_log_uniform":
            low, high = math.exp(spec["min"]), math.exp(spec["max"])
            return FloatDistribution(low, high, log=True)
        case "normal" | "q_normal":
            mu, sigma = float(spec.get("mu", 0)), float(spec.get("sigma", 1))
            return FloatDistribution(mu - _WIDTH * sigma, mu + _WIDTH * sigma)
        case "log_normal" | "q_log_normal":
            mu, sigma = float(spec.get("mu", 0)), float(spec.get("sigma", 1))
            low, high = math.exp(mu - _WIDTH * sigma), math.exp(mu + _WIDTH * sigma)
            return FloatDistribution(low, high, log=True)
        case _:
            raise ValueError(f"distribution {kind!r} is not known")
