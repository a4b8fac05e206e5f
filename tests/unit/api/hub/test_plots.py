"""Curves as pictures."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from tests.unit.api.hub.runs import series
from tracehouse_api.hub.plots import plots


def test_equal_points_give_equal_bytes_in_any_thread() -> None:
    def draw(_: int) -> bytes:
        return plots([series("eval/$acc_{", [0.1, 0.5, 0.4])])[0][2]

    with ThreadPoolExecutor(4) as pool:
        drawn = set(pool.map(draw, range(8)))
    assert len(drawn) == 1
    picture = Image.open(io.BytesIO(drawn.pop()))
    assert (picture.format, picture.size) == ("PNG", (640, 320))
    assert plots([series("eval/$acc_{", [0.1, 0.5, 0.5])])[0][2] != draw(0)


def test_paths_are_safe_and_distinct() -> None:
    keys = ["a/b", "a b", "../../etc/passwd", "..", "ä" * 3, "x" * 300]
    drawn = plots([series(key, [1.0, 2.0]) for key in keys])
    assert [path for _, path, _ in drawn] == [
        "tracehouse/a_b.png", "tracehouse/a_b-2.png", "tracehouse/etc_passwd.png",
        "tracehouse/metric.png", "tracehouse/metric-2.png", f"tracehouse/{'x' * 60}.png",
    ]  # fmt: skip


@pytest.mark.parametrize("last", [[], [1.0], ["NaN", "NaN"], [1e308, 1.0]])
def test_what_is_no_curve_is_not_drawn(last: list[Any]) -> None:
    assert plots([series("k", last)]) == []


@pytest.mark.parametrize(
    "last",
    [[1e299, -1e299], [5e-324, 0.0], [1.0, "NaN", "Infinity", "-Infinity", 2.0], [3.0, 3.0],
     [2**62, 0]],
)  # fmt: skip
def test_odd_values_are_drawn(last: list[Any]) -> None:
    (drawn,) = plots([series("k", last, exact=False)])
    assert drawn[2].startswith(b"\x89PNG")
