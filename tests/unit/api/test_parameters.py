"""Query parameters: times and cursors."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from tracehouse_api.parameters import decode_cursor, encode_cursor, hex_text, parse_time
from tracehouse_api.values import iso_time

NOON = 1_789_992_000_000_000_000  # 2026-09-21T12:00:00Z
LATEST = 2**63 - 1


@pytest.mark.parametrize(
    "value",
    [
        str(NOON),
        "2026-09-21T12:00:00Z",
        "2026-09-21T12:00:00",
        "2026-09-21 12:00:00",
        "2026-09-21T12:00:00.000Z",
        "2026-09-21T14:00:00+02:00",
        "2026-09-21T14:00:00 02:00",  # the '+' was not escaped in the URL
        "2026-09-21T14:00:00.0 02:00",
        "2026-09-21T05:00-07:00",
    ],
)
def test_a_moment_may_be_written_in_many_ways(value: str) -> None:
    assert parse_time(value) == NOON


def test_a_date_is_its_midnight() -> None:
    assert parse_time("2026-09-21") == NOON - 12 * 3600 * 10**9


@pytest.mark.parametrize(
    ("fraction", "ns"),
    [("5", 500_000_000), ("000000001", 1), ("123456789", 123_456_789), ("1234567899", 123_456_789)],
)
def test_fractions_count_to_the_nanosecond(fraction: str, ns: int) -> None:
    assert parse_time(f"2026-09-21T12:00:00.{fraction}Z") == NOON + ns
    assert parse_time(f"2026-09-21T14:00:00.{fraction}+02:00") == NOON + ns


def test_a_comma_is_a_decimal_mark_too() -> None:
    assert parse_time("2026-09-21T12:00:00,5Z") == NOON + 500_000_000


@given(st.integers(0, LATEST))
def test_every_time_that_is_answered_can_be_asked_for(ns: int) -> None:
    assert parse_time(iso_time(ns)) == ns
    assert parse_time(str(ns)) == ns


@pytest.mark.parametrize(
    "value",
    [
        "", "now", "yesterday", "1e9", "12.5", "2026-13-01", "2026-09-21T25:00:00Z", "²",
        "9" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_a_time_is_a_value_error(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one is for the next test
        parse_time(value)


@pytest.mark.parametrize("value", ["-1", "1969-12-31T23:59:59.5Z", str(LATEST + 1), "2300-01-01"])
def test_a_time_out_of_range_is_a_value_error(value: str) -> None:
    with pytest.raises(ValueError, match=r"between 1970 and 2262|ISO 8601"):
        parse_time(value)


@given(st.integers(0, LATEST), st.binary(min_size=16, max_size=16))
def test_a_cursor_comes_back_as_it_was_given(ns: int, trace_id: bytes) -> None:
    cursor = encode_cursor(ns, trace_id.hex())

    assert decode_cursor(cursor, int, hex_text) == [ns, trace_id.hex()]
    assert cursor.replace("-", "").replace("_", "").isalnum(), "it needs no escaping in a URL"


def tampered(document: str) -> str:
    return base64.urlsafe_b64encode(document.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "é", "====", "AAAA", encode_cursor(), encode_cursor(1), encode_cursor(1, "ab", 2),
        encode_cursor("ab", "ab"), encode_cursor(1, "not hex"), encode_cursor(1, 2),
        tampered("5"), tampered("null"), tampered('{"a": 1}'), tampered('[null, "ab"]'),
        tampered('[1, ["ab"]]'), tampered('[Infinity, "ab"]'), tampered('[NaN, "ab"]'),
        tampered('[1e999, "ab"]'), tampered("[" * 40_000), tampered('[1, "ab"]')[:-4],
    ],
)  # fmt: skip
def test_a_cursor_that_was_changed_is_told_so(cursor: str) -> None:
    with pytest.raises(HTTPException) as refused:
        decode_cursor(cursor, int, hex_text)

    assert refused.value.status_code == 422
    assert "next_cursor" in refused.value.detail


@given(st.text(max_size=60))
def test_no_cursor_makes_the_server_fail(cursor: str) -> None:
    with suppress(HTTPException):
        decode_cursor(cursor, int, hex_text)
