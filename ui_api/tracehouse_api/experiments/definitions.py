"""What counts as what in a comparison: each can be asked for otherwise, and the answer says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BAD_OUTCOMES = ("bad",)
FLAG_SCORES = ("flag", "flagged")
ERROR_KINDS = ("generation", "tool")
LOOP_LENGTH = 3
CONFIDENCE = 0.95
POWER = 0.8
# Cohen's small effect, for h and d alike.
SMALLEST_EFFECT = 0.2


@dataclass(frozen=True)
class Definitions:
    """`confidence` is that of intervals and, as 1 - alpha, of tests; `smallest_effect` the smallest
    that is worth finding, in Cohen's h (proportions) or standard deviations (means)."""

    bad_outcomes: tuple[str, ...] = BAD_OUTCOMES
    flag_scores: tuple[str, ...] = FLAG_SCORES
    error_kinds: tuple[str, ...] = ERROR_KINDS
    loop_length: int = LOOP_LENGTH
    confidence: float = CONFIDENCE
    power: float = POWER
    smallest_effect: float = SMALLEST_EFFECT

    @property
    def alpha(self) -> float:
        """The level of tests; without the digits that subtracting adds."""
        return round(1 - self.confidence, 12)

    def json(self) -> dict[str, Any]:
        """As the answer states them."""
        return {
            "flagged": f"its outcome is {_any(self.bad_outcomes)}, or a score says so: one named"
            f" {_any(self.flag_scores)} that is true or above 0, or one whose metadata has"
            ' "flag": true',
            "error": "its root is in error"
            + (f", or any span that is a {_any(self.error_kinds)}" if self.error_kinds else "")
            + "; a run: it failed or crashed",
            "loop": f"the same tool was called with equal input {self.loop_length} times in a row,"
            " in order of start",
            "cost_usd": "what its calls of models cost, as /v1/usage prices them; none where the"
            " price of one of them is not known",
            "latency_ms": "how long its root, or the run, lasted; none while it lasts",
            "bad_outcomes": list(self.bad_outcomes),
            "flag_scores": list(self.flag_scores),
            "error_kinds": list(self.error_kinds),
            "loop_length": self.loop_length,
            "confidence": self.confidence,
            "alpha": self.alpha,
            "power": self.power,
            "smallest_effect": self.smallest_effect,
        }


def _any(names: tuple[str, ...]) -> str:
    return " or ".join(names) or "(none)"
