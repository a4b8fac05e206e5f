"""Lists in pieces that fit into one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

SIZE = 5000


def batches(items: Sequence[T]) -> Iterator[list[T]]:
    """The items in order, at most SIZE at a time."""
    for first in range(0, len(items), SIZE):
        yield list(items[first : first + SIZE])
