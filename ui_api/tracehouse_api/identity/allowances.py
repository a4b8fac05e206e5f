"""How much anonymous sessions may send until somebody claims them.

The total is counted in the metadata database, where all processes of a house and the next ones
find it. It is taken from there in pieces, ahead of what is sent: a write for a piece and not for a
request. What a process had left of a piece when it ended counts as sent. The rate is kept in
memory, by each process for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from tracehouse_api.identity.tables import workspaces
from tracehouse_api.meta.database import Meta
from tracehouse_collector.admit.refusal import FORBIDDEN, FULL, UNAVAILABLE, Refusal

_LARGEST_PIECE = 1 << 20
_PIECES = 64
_MINUTE = 60.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of each anonymous session: bytes in all, and bytes a minute."""

    total: int
    per_minute: int


class Allowances:
    """Those of all anonymous sessions. Thread-safe."""

    def __init__(
        self, meta: Meta, bounds: Bounds, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.bounds = bounds
        self._meta = meta
        self._monotonic = monotonic
        self._known: OrderedDict[str, SessionAllowance] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, workspace: str) -> SessionAllowance:
        """That of one session: the same each time."""
        with self._lock:
            found = self._known.get(workspace)
            if found is None:
                found = SessionAllowance(self._meta, workspace, self.bounds, self._monotonic)
                self._known[workspace] = found
            self._known.move_to_end(workspace)
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
            return found


class SessionAllowance:
    """That of one session; see `Allowance`."""

    def __init__(
        self, meta: Meta, workspace: str, bounds: Bounds, monotonic: Callable[[], float]
    ) -> None:
        self._meta = meta
        self._workspace = workspace
        self._bounds = bounds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._left = 0
        """Of the pieces that were taken from the total."""
        self._used_up = False
        # A bucket that runs full in a minute. A request may overdraw it, so that a large one is
        # not refused for ever: the next one waits for longer.
        self._level = float(bounds.per_minute)
        self._filled_at = monotonic()

    @property
    def left(self) -> int:
        """Bytes that count as sent and were not."""
        return self._left

    def check(self) -> None:
        """Raises Refusal when nothing at all may be sent now."""
        with self._lock:
            self._refuse_what_is_too_much()

    def take(self, size: int) -> None:
        """Count so many bytes. Raises Refusal, and has then counted nothing."""
        with self._lock:
            self._refuse_what_is_too_much()
            if self._left < size:
                self._take_piece(size - self._left)
            self._left -= size
            self._level -= size

    def give_back(self, size: int) -> None:
        """What was taken was not kept."""
        with self._lock:
            self._left += size
            self._level += size

    def _refuse_what_is_too_much(self) -> None:
        if self._used_up:
            raise self._over()
        now, rate = self._monotonic(), self._bounds.per_minute / _MINUTE
        filled = self._level + (now - self._filled_at) * rate
        self._level, self._filled_at = min(float(self._bounds.per_minute), filled), now
        if self._level <= 0:
            wait = math.floor(-self._level / rate) + 1
            raise Refusal(
                FULL,
                f"an anonymous session may send {_told(self._bounds.per_minute)} a minute: wait "
                f"{wait} seconds, or claim it by the link that your program printed",
                retry_after=wait,
            )

    def _take_piece(self, needed: int) -> None:
        piece = max(needed, min(_LARGEST_PIECE, self._bounds.total // _PIECES))
        try:
            taken = self._add(piece) or self._add(needed)
            if not taken and not self._is_anonymous():
                taken = needed  # it was claimed a moment ago: nothing counts any more
        except SQLAlchemyError as error:
            raise Refusal(
                UNAVAILABLE,
                "what an anonymous session sends cannot be counted now: try again",
                retry_after=5.0,
            ) from error
        if not taken:
            self._used_up = True
            raise self._over()
        self._left += taken

    def _add(self, size: int) -> int:
        """Add to the total; `size`, or 0 where that would be more than there may be."""
        with self._meta.begin() as connection:
            changed = connection.execute(
                update(workspaces)
                .where(
                    workspaces.c.id == self._workspace,
                    workspaces.c.anonymous,
                    workspaces.c.sent_bytes + size <= self._bounds.total,
                )
                .values(sent_bytes=workspaces.c.sent_bytes + size)
            )
        return size if changed.rowcount else 0

    def _is_anonymous(self) -> bool:
        with self._meta.read() as connection:
            return bool(
                connection.execute(
                    select(workspaces.c.anonymous).where(workspaces.c.id == self._workspace)
                ).scalar()
            )

    def _over(self) -> Refusal:
        return Refusal(
            FORBIDDEN,
            f"an anonymous session may send {_told(self._bounds.total)} in all, and this is more: "
            "claim it to go on, by the link that your program printed (/claim?token=…), or set "
            "TRACEHOUSE_API_KEY to a key of an account",
        )


def _told(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB" if size >= 1 << 20 else f"{size:,} bytes"
