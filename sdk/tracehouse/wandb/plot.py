"""`wandb.plot`: tables with the chart that they are meant for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracehouse.wandb.data_types import Table, WBValue


class CustomChart(WBValue):
    """A table, and how to draw it: the preset's name and its fields."""

    def __init__(self, preset: str, table: Table, fields: dict[str, str], title: str) -> None:
        self.preset, self.table, self.fields, self.title = preset, table, fields, title

    def jsonable(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "_type": "chart", "preset": self.preset, "fields": self.fields, "title": self.title,
            "table": self.table.jsonable(),
        }  # fmt: skip


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: dict[str, str],
    string_fields: Any = None,
    **_: Any,
) -> CustomChart:
    """A chart of a named preset."""
    return CustomChart(vega_spec_name, data_table, fields, (string_fields or {}).get("title", ""))


def bar(table: Table, label: str, value: str, title: str = "", **_: Any) -> CustomChart:
    """Bars of a value by a label."""
    return CustomChart("wandb/bar/v0", table, {"label": label, "value": value}, title)


def line(
    table: Table, x: str, y: str, stroke: str | None = None, title: str = "", **_: Any
) -> CustomChart:
    """A line of y over x."""
    fields = {"x": x, "y": y, **({"stroke": stroke} if stroke else {})}
    return CustomChart("wandb/line/v0", table, fields, title)


def scatter(table: Table, x: str, y: str, title: str = "", **_: Any) -> CustomChart:
    """Points."""
    return CustomChart("wandb/scatter/v0", table, {"x": x, "y": y}, title)


def histogram(table: Table, value: str, title: str = "", **_: Any) -> CustomChart:
    """Counts of a value."""
    return CustomChart("wandb/histogram/v0", table, {"value": value}, title)


def line_series(
    xs: Sequence[Any], ys: Sequence[Sequence[Any]], keys: Sequence[str] | None = None,
    title: str = "", xname: str = "x", **_: Any,
) -> CustomChart:  # fmt: skip
    """Several lines over one x, or each over its own."""
    own = bool(xs) and hasattr(xs[0], "__len__") and not isinstance(xs[0], str)
    names = list(keys or (f"line_{n}" for n in range(len(ys))))
    rows = [
        [x, names[n], y]
        for n, series in enumerate(ys)
        for x, y in zip(xs[n] if own else xs, series, strict=False)
    ]
    table = Table(columns=["step", "lineKey", "lineVal"], data=rows)
    fields = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal", "xname": xname}
    return CustomChart("wandb/lineseries/v0", table, fields, title)


def confusion_matrix(
    probs: Any = None, y_true: Any = None, preds: Any = None,
    class_names: Sequence[str] | None = None, title: str = "Confusion Matrix Curve", **_: Any,
) -> CustomChart:  # fmt: skip
    """Counts by actual and predicted class."""
    if preds is None:
        preds = [max(range(len(row)), key=lambda n: row[n]) for row in probs]
    truth, guesses = [int(n) for n in y_true], [int(n) for n in preds]
    size = max([*truth, *guesses, -1]) + 1
    names = list(class_names or (f"Class_{n + 1}" for n in range(size)))
    counts = {(a, p): 0 for a in range(len(names)) for p in range(len(names))}
    for pair in zip(truth, guesses, strict=True):
        counts[pair] += 1
    rows = [[names[a], names[p], n] for (a, p), n in counts.items()]
    table = Table(columns=["Actual", "Predicted", "nPredictions"], data=rows)
    fields = {"Actual": "Actual", "Predicted": "Predicted", "nPredictions": "nPredictions"}
    return CustomChart("wandb/confusion_matrix/v1", table, fields, title)


def _ranked(y_true: Any, scores: Any) -> list[tuple[float, int]]:
    pairs = [(float(s), int(t)) for s, t in zip(scores, y_true, strict=True)]
    return sorted(pairs, reverse=True)


def _curve(y_true: Any, y_probas: Any, labels: Sequence[str] | None, point: Any) -> list[list[Any]]:
    """Rows (class, x, y) of one curve a class, one against the rest."""
    rows: list[list[Any]] = []
    for n in range(len(y_probas[0])):
        ranked = _ranked([int(int(t) == n) for t in y_true], [p[n] for p in y_probas])
        positives = sum(t for _, t in ranked)
        hits = 0
        for place, (_, truth) in enumerate(ranked, 1):
            hits += truth
            x, y = point(hits, place, positives, len(ranked))
            rows.append([labels[n] if labels else n, round(x, 3), round(y, 3)])
    return rows


def roc_curve(
    y_true: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    title: str = "ROC curve",
    **_: Any,
) -> CustomChart:
    """True against false positives (Fawcett 2006)."""

    def point(hits: int, place: int, positives: int, total: int) -> tuple[float, float]:
        negatives = total - positives
        return (place - hits) / (negatives or 1), hits / (positives or 1)

    table = Table(columns=["class", "fpr", "tpr"], data=_curve(y_true, y_probas, labels, point))
    return CustomChart("wandb/area-under-curve/v0", table, {"x": "fpr", "y": "tpr"}, title)


def pr_curve(
    y_true: Any, y_probas: Any, labels: Sequence[str] | None = None,
    title: str = "Precision-Recall curve", **_: Any,
) -> CustomChart:  # fmt: skip
    """Precision against recall."""

    def point(hits: int, place: int, positives: int, _: int) -> tuple[float, float]:
        return hits / (positives or 1), hits / place

    rows = _curve(y_true, y_probas, labels, point)
    table = Table(columns=["class", "recall", "precision"], data=rows)
    return CustomChart("wandb/area-under-curve/v0", table, {"x": "recall", "y": "precision"}, title)
