"""Sweeps: definitions that are understood, and suggestions that lie inside them."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse_api.sweeps.space import parse
from tracehouse_api.sweeps.suggest import Tried, suggest


def definition(method: str = "random", **parameters: Any) -> dict[str, Any]:
    return {"method": method, "metric": {"name": "loss"}, "parameters": parameters}


@pytest.mark.parametrize(
    ("spec", "inside"),
    [
        ({"value": 3}, lambda v: v == 3),
        ({"values": ["a", None, [1, 2]]}, lambda v: v in ["a", None, [1, 2]]),
        ({"min": 1, "max": 4}, lambda v: v in (1, 2, 3, 4)),
        ({"min": 0.5, "max": 0.6}, lambda v: 0.5 <= v <= 0.6),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.25}, lambda v: v % 0.25 == 0),
        ({"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-3},
         lambda v: 1e-5 <= v <= 1e-3),
        ({"distribution": "log_uniform", "min": -3, "max": 0}, lambda v: 0.04 < v <= 1),
        ({"distribution": "normal", "mu": 10, "sigma": 1}, lambda v: 7 <= v <= 13),
    ],
)  # fmt: skip
def test_what_is_drawn_lies_inside(spec: dict[str, Any], inside: Any) -> None:
    sweep = parse(definition(x=spec))
    for _ in range(20):
        drawn = suggest(sweep, [])
        assert drawn is not None
        assert inside(sweep.nested(drawn)["x"])


def test_a_grid_is_walked_once_around_what_was_given_out() -> None:
    sweep = parse(definition("grid", a={"values": [1, 2]}, b={"min": 0, "max": 1}, c={"value": 9}))
    tried: list[Tried] = []
    while (drawn := suggest(sweep, tried)) is not None:
        tried.append(Tried(drawn))
    assert [sweep.nested(each.parameters) for each in tried] == [
        {"a": a, "b": b, "c": 9} for a in (1, 2) for b in (0, 1)
    ]


def test_nested_parameters_and_a_cap() -> None:
    given = definition(opt={"parameters": {"lr": {"values": [0.1]}, "beta": {"min": 0, "max": 1}}})
    sweep = parse(given | {"run_cap": 2})
    drawn = suggest(sweep, [Tried({})])
    assert drawn is not None
    assert sweep.nested(drawn)["opt"]["lr"] == 0.1
    assert suggest(sweep, [Tried({}), Tried({})]) is None


def test_bayes_comes_closer_than_chance() -> None:
    sweep = parse(definition("bayes", x={"min": -10.0, "max": 10.0}, kind={"values": ["u", "v"]}))
    tried: list[Tried] = []
    for turn in range(40):
        drawn = suggest(sweep, tried, seed=turn)
        assert drawn is not None
        value = (drawn["x"] - 3) ** 2 + (0 if drawn["kind"] == "v" else 50)
        tried.append(Tried(drawn, value, ended=True))
    assert sum(each.parameters["kind"] == "v" for each in tried[-15:]) >= 10
    assert min(each.value or 0.0 for each in tried) < 1.0


def test_what_a_program_changed_does_not_confuse_the_search() -> None:
    sweep = parse(definition("bayes", x={"min": 0.0, "max": 1.0}))
    odd = [Tried({"x": 7.0}, 1.0, True), Tried({}, 2.0, True), Tried({"x": 0.5}, None, True)]
    drawn = suggest(sweep, odd)
    assert drawn is not None
    assert 0 <= drawn["x"] <= 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "config"),
        ({"method": "magic"}, "grid, random, bayes"),
        ({"method": "random"}, "parameters"),
        ({"method": "random", "parameters": {"x": 3}}, "parameters.x"),
        ({"method": "random", "parameters": {"x": {"values": []}}}, "parameters.x.values"),
        ({"method": "random", "parameters": {"x": {"min": 1}}}, "parameters.x"),
        ({"method": "random", "parameters": {"x": {"min": 2.0, "max": 1.0}}}, "parameters.x"),
        ({"method": "random", "parameters": {"x": {"distribution": "odd"}}}, "odd"),
        ({"method": "grid", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, "a grid needs values"),
        ({"method": "bayes", "parameters": {"x": {"value": 1}}}, "needs one to improve"),
        ({"method": "random", "metric": {"goal": "up"}, "parameters": {}}, "minimize or maximize"),
    ],
)
def test_a_wrong_definition_says_where(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(given)
