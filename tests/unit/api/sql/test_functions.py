"""Which functions a query may call."""

from __future__ import annotations

import pytest

from tracehouse_api.sql.functions import is_allowed


@pytest.mark.parametrize(
    "name",
    ["count", "COUNT", "sumIf", "quantileExactIf", "avgOrNull", "uniqExactIfOrDefault", "argMaxIf",
     "sumMap", "groupArrayDistinct", "toStartOfHour", "arrayMap", "row_number", "MD5"],
)  # fmt: skip
def test_ordinary_ones_with_their_combinators(name: str) -> None:
    assert is_allowed(name)


@pytest.mark.parametrize(
    "name",
    ["file", "FILE", "fileIf", "sumState", "sumMerge", "sumSimpleState", "sumResample", "OrNull",
     "sleep", "dictGet", "getSetting", "hostName", "toUInt64If", "upperArray", "in", "view",
     "finalizeAggregation", "ｓum", ""],
)  # fmt: skip
def test_nothing_else_and_no_combinator_behind_what_is_no_aggregate(name: str) -> None:
    assert not is_allowed(name)
