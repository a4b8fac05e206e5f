"""What the engine says, as it is told to whoever asked."""

from __future__ import annotations

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tracehouse_api.sql.complaints import complaint
from tracehouse_api.sql.confinement import Bounds

BOUNDS = Bounds(seconds=2.5, rows=1000, result_bytes=5000, memory_bytes=1 << 20, at_once=1)


def told(message: str, code: int | None = 47) -> str | None:
    return complaint(DatabaseError(message, code=code), BOUNDS, "acme")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "Code: 47. DB::Exception: Unknown expression identifier `foo` in scope SELECT foo FROM"
            " (SELECT own.name FROM spans) AS spans. (UNKNOWN_IDENTIFIER)",
            "Unknown expression identifier `foo`",
        ),
        (
            "HTTPDriver for http://x received ClickHouse error code 6\n Code: 6. DB::Exception:"
            " Cannot parse string 'a' as UInt64: while executing 'FUNCTION toUInt64(name)'.",
            "Cannot parse string 'a' as UInt64",
        ),
        (
            "Code: 164. DB::Exception: Code: 164. DB::Exception: Not so. (READONLY) (version 26.9)",
            "Not so",
        ),
        ("Code: 43. DB::Exception: Illegal type String of argument __table1.x, own.y, with_1_z",
         "Illegal type String of argument x, y, z"),
    ],
)  # fmt: skip
def test_the_sentence_ends_where_the_engine_begins_to_quote(message: str, sentence: str) -> None:
    assert told(message) == f"the query cannot be answered: {sentence}"


@pytest.mark.parametrize(
    "message",
    [
        "Code: 47. DB::Exception: Unknown column in table run_spans",
        "Code: 47. DB::Exception: workspace = 'acme' is wrong",
        "Code: 47. DB::Exception: in SELECT something",
        "Code: 47. DB::Exception: In scope SELECT 1",
        "",
    ],
)
def test_what_names_something_of_ours_is_not_told(message: str) -> None:
    said = told(message)
    assert said is not None
    assert said.endswith("GET /v1/sql/views lists tables and columns")


@pytest.mark.parametrize(
    ("code", "bound"),
    [(159, "2.5 seconds"), (160, "sql_seconds"), (241, "1,048,576 bytes"), (396, "1,000 rows"),
     (307, "5,000 bytes")],
)  # fmt: skip
def test_a_bound_is_named(code: int, bound: str) -> None:
    assert bound in (told("Code: 1. DB::Exception: whatever", code) or "")


def test_what_is_not_the_querys_fault_is_left_to_others() -> None:
    assert told("connection reset", code=None) is None
    assert told("Code: 210. DB::Exception: Connection refused", 210) is None
    assert complaint(OperationalError("gone"), BOUNDS, "acme") is None
