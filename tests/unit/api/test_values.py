"""From stored values to JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import ArrayValue, KeyValueList

from tests.support.otlp import any_value, key_values
from tracehouse_api.values import (
    attributes,
    hex_id,
    integer,
    iso_time,
    json_response,
    milliseconds,
    number,
    rows_of,
    text,
    typed,
)


def test_an_id_is_hex_and_one_of_zeros_is_absent() -> None:
    assert hex_id(b"\0\xab") == "00ab"
    assert hex_id(bytes(16)) is None
    assert hex_id(b"") is None


@pytest.mark.parametrize(
    ("ns", "expected"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_790_000_000_123_456_789, "2026-09-21T14:13:20.123456789Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (10**21, "1000000000000000000000"),
    ],
)
def test_a_time_loses_no_digit(ns: int, expected: str) -> None:
    assert iso_time(ns) == expected


def test_a_duration_is_in_milliseconds() -> None:
    assert milliseconds(1_500_000) == 1.5


@pytest.mark.parametrize("value", [0, -5, 2**53, -(2**53)])
def test_an_integer_that_every_reader_knows_is_a_number(value: int) -> None:
    assert integer(value) == value


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 2**63 - 1])
def test_an_integer_that_a_reader_would_round_is_text(value: int) -> None:
    assert integer(value) == str(value)


def test_a_double_that_json_has_no_number_for_is_text() -> None:
    assert [number(v) for v in (1.5, math.nan, math.inf, -math.inf)] == [
        1.5, "NaN", "Infinity", "-Infinity",
    ]  # fmt: skip


ARRAY = ArrayValue(values=[any_value(v) for v in (1, "a", None, [True], b"\xff", 2**60)])
MAP = KeyValueList(values=key_values({"a": 1.5, "b": {"c": []}}))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (b"abc", "string", "abc"),
        (b"\xff", "string", "\ufffd"),
        (b"", "string", ""),
        (b"-12", "int", -12),
        (b"9223372036854775807", "int", "9223372036854775807"),
        (b"1.5", "double", 1.5),
        (b"nan", "double", "NaN"),
        (b"-inf", "double", "-Infinity"),
        (b"true", "bool", True),
        (b"false", "bool", False),
        (b"\xff\0", "bytes", "/wA="),
        (b"", "none", None),
        (ARRAY.SerializeToString(), "array", [1, "a", None, [True], "/w==", str(2**60)]),
        (MAP.SerializeToString(), "kvlist", {"a": 1.5, "b": {"c": []}}),
        (b"", "array", []),
        (b"", "kvlist", {}),
    ],
)
def test_a_value_comes_out_as_it_was_sent(value: bytes, kind: str, expected: Any) -> None:
    shown = typed(value, kind)

    assert shown == expected
    assert type(shown) is type(expected)


@pytest.mark.parametrize("kind", ["int", "double", "array", "kvlist"])
def test_a_value_that_is_not_what_it_claims_is_shown_as_it_is(kind: str) -> None:
    assert typed(b"by hand", kind) == "by hand"


@given(
    st.binary(), st.sampled_from(["string", "int", "double", "bool", "array", "kvlist", "bytes"])
)
def test_no_stored_value_makes_an_answer_fail(value: bytes, kind: str) -> None:
    typed(value, kind)


def test_of_a_repeated_key_the_first_counts() -> None:
    assert attributes([b"a", b"b", b"a"], [b"1", b"x", b"2"], ["int", "string", "int"]) == {
        "a": 1,
        "b": "x",
    }


def test_text_that_is_not_utf_8_is_replaced() -> None:
    assert text(b"a\xffb") == "a\ufffdb"


def test_parallel_arrays_are_rows() -> None:
    assert rows_of(a=[1, 2], b=iter("xy")) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert rows_of(a=[], b=[]) == []


def test_what_json_does_not_have_is_shown_in_the_nearest_form() -> None:
    deep: Any = "bottom"
    for _ in range(400):
        deep = [deep]
    odd = {1: 10**30, "half": "\ud83d", "set": {"a"}, "bytes": b"x", "fine": 1.5, "deep": deep}
    shown = json.loads(json_response(odd).body)
    assert shown.pop("deep")
    assert shown == {
        "1": str(10**30), "half": "?", "set": ["a"], "bytes": "b'x'", "fine": 1.5,
    }  # fmt: skip
