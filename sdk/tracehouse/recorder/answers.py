"""What became of a request, apart from how it is made. The HTTP library takes long to import, and
is wanted by the sending thread alone."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What became of a request."""

    delivered = "delivered"
    retry = "retry"
    """Not now: the server is away, busy, or does not let us in."""
    refused = "refused"
    """Never: this server will not take these bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request, and why. `retry_after` is in seconds, when the server said so."""

    outcome: Outcome
    detail: str = ""
    status: int = 0
    retry_after: float | None = None


def backoff(attempt: int) -> float:
    """Seconds before the next attempt, the first being 1: doubling from 0.2 to 30, with jitter."""
    return min(30.0, 0.1 * 2 ** min(attempt, 12)) * random.uniform(0.7, 1.0)  # noqa: S311
