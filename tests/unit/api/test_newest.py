"""A page of distinct rows, however many of them are there twice."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse_api.newest import distinct_rows


class Table:
    """Rows by their place; a row that was written twice has two versions at one place."""

    def __init__(self, *places: int) -> None:
        self.rows = [{"place": place} for place in sorted(places, reverse=True)]
        self.read_sizes: list[int] = []

    def read(self, after: dict[str, Any] | None, size: int) -> list[dict[str, Any]]:
        self.read_sizes.append(size)
        left = [row for row in self.rows if after is None or row["place"] < after["place"]]
        return left[:size]


def page(table: Table, count: int, **options: Any) -> list[int]:
    rows = distinct_rows(table.read, lambda row: row["place"], count, **options)
    return [row["place"] for row in rows]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7])
def test_rows_that_are_there_twice_take_no_place_of_the_page(count: int) -> None:
    assert page(Table(1, 2, 2, 3, 4, 4, 4, 5, 6, 6), count) == [6, 5, 4, 3, 2, 1][:count]


def test_one_read_is_enough_where_nothing_is_there_twice() -> None:
    table = Table(*range(100))
    assert page(table, 10) == list(range(99, 89, -1))
    assert table.read_sizes == [10]


def test_what_does_not_count_is_read_past_in_growing_steps() -> None:
    table = Table(*range(1000))
    found = page(table, 2, keep=lambda batch: [row for row in batch if row["place"] < 2])
    assert found == [1, 0]
    assert table.read_sizes == [2**n for n in range(1, 10)]


def test_no_rows_are_no_page() -> None:
    assert page(Table(), 3) == []
