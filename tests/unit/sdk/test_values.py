"""Anything a program logs becomes something that can be stored."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse.values import as_scalar, jsonable, to_json, valid_text


class Color(enum.Enum):
    red = "r"


@dataclasses.dataclass
class Config:
    lr: float
    path: Path


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (True, 1), (3, 3), (2**70, 2.0**70), (0.5, 0.5), (np.float32(0.5), 0.5),
        (np.int8(3), 3), (np.bool_(True), 1), (np.array(2.5), 2.5), (decimal.Decimal("1.5"), 1.5),
        ("3", None), (None, None), ([1], None), (np.array([1.0]), None), ({}, None), (b"1", None),
    ],
)  # fmt: skip
def test_numbers_of_any_kind(value: Any, number: float | None) -> None:
    found = as_scalar(value)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    ("value", "json_value"),
    [
        ((1, 2), [1, 2]),
        ({1: float("nan")}, {"1": None}),
        (Color.red, "r"),
        (Config(0.1, Path("/x")), {"lr": 0.1, "path": "/x"}),
        (Pair(1, 2), [1, 2]),
        (np.arange(3), [0, 1, 2]),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (b"bytes", "bytes"),
        (len, "len"),
        ("\ud800", "?"),
    ],
)
def test_the_nearest_thing_that_json_has(value: Any, json_value: Any) -> None:
    assert jsonable(value) == json_value


def test_what_has_no_near_thing_is_its_repr_and_what_holds_itself_ends() -> None:
    assert jsonable(object()).startswith("<object object")
    loop: list[Any] = []
    loop.append(loop)
    assert len(to_json(loop)) < 200


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
))  # fmt: skip
def test_anything_becomes_strict_json(value: Any) -> None:
    text = to_json(value)
    text.encode()
    json.loads(text, parse_constant=lambda name: pytest.fail(name))


@given(st.text())
def test_valid_text_stays(text: str) -> None:
    assert valid_text(text) == text
