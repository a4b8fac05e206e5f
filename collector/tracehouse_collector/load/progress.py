"""How far a destination is: what it took, what waits for it, and what it would not take."""

from __future__ import annotations

from dataclasses import dataclass

from tracehouse_semconv.record import Signal


@dataclass(frozen=True)
class Progress:
    """Of one signal to one destination. Counts begin with the process; dead letters are files, and
    stay."""

    signal: Signal
    sent_requests: int
    failed_attempts: int
    backlog_bytes: int | None
    """None where it is not to be told."""
    lag_seconds: float
    """How long the oldest segment that waits has been complete; 0 when nothing waits."""
    problem: str | None
    """Why the last attempt failed; None once one has succeeded, or what failed was set aside."""
