"""One request of each signal, with values of every type in it."""

from __future__ import annotations

from tests.support import otlp

RICH = {"text": "ü", "int": 1, "double": 0.5, "list": [1, "x"], "map": {"k": {"deep": [True]}}}


def one_of_each() -> dict[str, bytes]:
    """By signal, encoded."""
    spans = (otlp.span(1, number, attributes=RICH) for number in (1, 2))
    return {
        "traces": otlp.traces(*spans).SerializeToString(),
        "logs": otlp.logs("line", RICH).SerializeToString(),
        "metrics": otlp.gauge("gauge", 1.5, text="x").SerializeToString(),
    }
