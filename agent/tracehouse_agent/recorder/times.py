"""The times in transcripts."""

from __future__ import annotations

from datetime import UTC, datetime


def nanoseconds(text: object) -> int:
    """Unix nanoseconds of an ISO 8601 time (UTC where it does not say); 0 for anything else."""
    if not isinstance(text, str):
        return 0
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return 0
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    whole = int(time.replace(microsecond=0).timestamp())
    return max(0, whole * 1_000_000_000 + time.microsecond * 1_000)
