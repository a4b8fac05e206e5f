"""What a failed insert means, by ClickHouse's error code."""

from __future__ import annotations

import pytest

from tracehouse_collector.load.verdict import Verdict, verdict


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, Verdict.retry),  # no answer
        (60, Verdict.retry),  # the table is not there
        (210, Verdict.retry),  # the network
        (243, Verdict.retry),  # the disk is full
        (252, Verdict.retry),  # too many parts
        (516, Verdict.retry),  # the password was changed
        (999, Verdict.retry),  # Keeper
        (241, Verdict.shrink),  # memory
        (158, Verdict.shrink),  # too many rows
        (33, Verdict.poison),  # cannot read all data
        (36, Verdict.poison),  # an enum that is not known
        (117, Verdict.poison),  # incorrect data
        (1001, Verdict.doubt),  # some C++ exception
        (49, Verdict.doubt),  # a logical error
        (0, Verdict.doubt),
        (123456, Verdict.doubt),
    ],
)
def test_a_code_has_its_verdict(code: int | None, expected: Verdict) -> None:
    assert verdict(code) is expected
