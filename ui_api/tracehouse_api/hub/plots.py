"""Metrics of a run as pictures: the same points give the same bytes.

matplotlib's own objects are used, without `pyplot`: that keeps figures in global state, and the
server draws in several threads.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FOLDER = "tracehouse"  # in the repository, beside the README

_INCHES, _DOTS = (6.4, 3.2), 100
_LONGEST_NAME = 60
_LARGEST = 1e300  # the axes reckon with differences of values


def plots(series: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, bytes]]:
    """Key, path and PNG of each series (of `runs.history`) that has at least two points."""
    drawn: list[tuple[str, str, bytes]] = []
    for one in series:
        points = [_number(value) for value in one["last"]]
        if sum(not math.isnan(point) for point in points) > 1:
            path = _path(one["key"], {path for _, path, _ in drawn})
            drawn.append((one["key"], path, _png(one, points)))
    return drawn


def _png(series: Mapping[str, Any], points: list[float]) -> bytes:
    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps = [_number(x) for x in series["x"]]
    if not series["exact"]:  # every point is a bucket: what lay in it
        least, greatest = ([_number(v) for v in series[name]] for name in ("min", "max"))
        axes.fill_between(steps, least, greatest, alpha=0.2, linewidth=0)
    axes.plot(steps, points, linewidth=1.4)
    axes.set_title(series["key"][:_LONGEST_NAME], parse_math=False, fontsize=10)
    axes.set_xlabel("step")
    axes.grid(alpha=0.3)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _number(value: float | str) -> float:
    """A value, which the API has as text where JSON has no number for it; NaN is not drawn."""
    found = float(value)
    return found if abs(found) < _LARGEST else math.nan


def _path(key: str, taken: set[str]) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", key).strip("_-")[:_LONGEST_NAME] or "metric"
    path, count = f"{FOLDER}/{name}.png", 1
    while path in taken:
        count += 1
        path = f"{FOLDER}/{name}-{count}.png"
    return path
