"""Which rows came since the last look, by when the collector received them.

Rows become visible nearly in the order in which they were received, so each look reads back a
little before the newest row seen, and tells only what it has not told.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from typing import Any

from tracehouse_api.parameters import decode_cursor, encode_cursor

_OVERLAP_NS = 2_000_000_000
# Who begins to watch may have asked for the list a moment before.
_BEFORE_BEGIN_NS = 10_000_000_000


class Arrivals:
    """The cursor of a stream, and what was told of the last moments. Times in Unix nanoseconds."""

    def __init__(self, cursor: str | None, now_ns: int | None = None) -> None:
        now_ns = now_ns or time.time_ns()
        self._newest = decode_cursor(cursor, int)[0] if cursor else now_ns - _BEFORE_BEGIN_NS
        self._told: dict[Hashable, int] = {}

    @property
    def cursor(self) -> str:
        return encode_cursor(self._newest)

    @property
    def since(self) -> int:
        """From when on rows may be new."""
        return self._newest - _OVERLAP_NS

    def fresh(self, versions: Iterable[tuple[Hashable, int]]) -> set[Any]:
        """Of (what, received) those whats that were not told yet. They are told now."""
        found: set[Any] = set()
        for what, received in versions:
            if (what, received) not in self._told:
                self._told[what, received] = received
                found.add(what)
                self._newest = max(self._newest, received)
        self._told = {key: at for key, at in self._told.items() if at >= self.since}
        return found
