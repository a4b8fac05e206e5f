"""Group commit: many requests, one `fdatasync`.

A thread takes all records that are waiting, appends them in one write, syncs once, and then
answers all of them. While the disk is busy, the next group gathers by itself. A group that fails
as a whole (a full disk, say) is tried record by record, so that what still fits is accepted.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tracehouse_collector.spool.cursor import Cursor, Position
from tracehouse_collector.spool.segments import Segment, Segments, SpoolFull

logger = logging.getLogger(__name__)

_GROUP_BYTES = 8 << 20


@dataclass(slots=True)
class _Waiting:
    record: tuple[bytes, bytes]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class GroupCommit:
    """The only writer of a `Segments`, and the only way its readers reach it."""

    def __init__(self, segments: Segments, *, monotonic: Callable[[], float] = time.monotonic):
        self._segments = segments
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._cursors: list[Cursor] = []
        self._may_miss: list[Cursor] = []
        self._open_since: float | None = None
        self._kept = 0
        self.changed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-commit", daemon=True)
        self._thread.start()

    async def append(self, record: tuple[bytes, bytes]) -> None:
        """Return when the record is durable. Raises SpoolFull or OSError when it will not be."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(record, loop, loop.create_future())
        self._waiting.put(waiting)
        await waiting.done

    def subscribe(self, cursor: Cursor, *, may_miss: bool = False) -> None:
        """Keep every segment until this cursor, too, is past it; of one that `may_miss`, only as
        long as there is room."""
        with self._lock:
            (self._may_miss if may_miss else self._cursors).append(cursor)

    def unsubscribe(self, cursor: Cursor) -> None:
        """Keep nothing for this cursor any more."""
        with self._lock:
            for cursors in (self._cursors, self._may_miss):
                if cursor in cursors:
                    cursors.remove(cursor)
        self.release()

    def skip_to_the_end(self, cursor: Cursor) -> None:
        """Let a cursor begin with what comes next. Raises OSError."""
        with self._lock:
            self._segments.seal()
            self._open_since = None
            cursor.save(Position(self._segments.next_number))

    def next_segment(self, after: int) -> Segment | None:
        """The oldest sealed segment with at least this number."""
        with self._lock:
            return next((s for s in self._segments.sealed if s.number >= after), None)

    def open_age(self) -> float | None:
        """Seconds since the first record that readers cannot see yet; None when there is none."""
        since = self._open_since
        return None if since is None else self._monotonic() - since

    def seal(self) -> None:
        """Let readers see everything appended so far."""
        with self._lock:
            self._segments.seal()
            self._open_since = None

    def read(self, segment: Segment) -> bytes:
        """The content of a sealed segment, as its file holds it. Raises OSError."""
        return self._segments.read(segment)

    def release(self, *, room: int | None = None) -> int:
        """Remove the segments that every subscribed destination is past; above `room` bytes also
        the oldest that only those still want that may miss some. How many of these there were."""
        with self._lock:
            if self._kept:
                return 0
            done = min((cursor.position.segment for cursor in self._cursors), default=0)
            wanted = min((cursor.position.segment for cursor in self._may_miss), default=done)
            missed = 0
            for segment in [s for s in self._segments.sealed if s.number < done]:
                if segment.number >= wanted:
                    if room is None or self._segments.bytes <= room:
                        break
                    missed += 1
                self._segments.remove(segment)
            return missed

    @property
    def next_number(self) -> int:
        """The number of the next new segment: all that was appended so far lies before it."""
        with self._lock:
            return self._segments.next_number

    @contextmanager
    def keeping(self) -> Generator[None]:
        """Meanwhile no segment is removed."""
        with self._lock:
            self._kept += 1
        try:
            yield
        finally:
            with self._lock:
                self._kept -= 1

    def seal_all(self) -> list[Segment]:
        """Everything appended so far, as segments that no longer change, oldest first."""
        self.seal()
        with self._lock:
            return list(self._segments.sealed)

    def backlog(self, cursor: Cursor) -> int:
        """Bytes that a destination has not taken yet."""
        with self._lock:
            past = cursor.position.segment
            done = sum(s.end for s in self._segments.sealed if s.number < past)
            return self._segments.bytes - done

    def lag_seconds(self, cursor: Cursor) -> float:
        """How long the oldest sealed segment that a destination has not taken has been complete; 0
        when it has all of them."""
        waiting = self.next_segment(cursor.position.segment)
        if waiting is None:
            return 0.0
        try:
            return max(0.0, time.time() - waiting.path.stat().st_mtime)
        except FileNotFoundError:  # it was taken meanwhile
            return 0.0

    @property
    def bytes(self) -> int:
        """Size of the backlog on disk."""
        return self._segments.bytes

    def close(self) -> None:
        """Commit what is waiting, then stop. `append` must not be called any more."""
        self._waiting.put(None)
        self._thread.join()
        self.seal()

    def _run(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            group, size, stop = [first], len(first.record[1]), False
            while size < _GROUP_BYTES and not stop:
                try:
                    waiting = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if waiting is None:
                    stop = True
                else:
                    group.append(waiting)
                    size += len(waiting.record[1])
            self._commit(group)
            self.changed.set()
            if stop:
                return

    def _commit(self, group: Sequence[_Waiting]) -> None:
        errors: list[Exception | None] = [None] * len(group)
        with self._lock:
            failure = self._append([waiting.record for waiting in group])
            if failure is not None and len(group) > 1:
                errors = [self._append([waiting.record]) for waiting in group]
            else:
                errors = [failure] * len(group)
            if not self._segments.has_open_records:
                self._open_since = None
            elif self._open_since is None:
                self._open_since = self._monotonic()
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Exception | None]]] = {}
        for waiting, error in zip(group, errors, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting, error))
        for loop, answers in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answers)

    def _append(self, records: Sequence[tuple[bytes, bytes]]) -> Exception | None:
        try:
            self._segments.append(records)
        except (SpoolFull, OSError) as error:
            return error
        except Exception as error:  # whoever waits must get an answer, and the thread must live
            logger.exception("append failed")
            return error
        return None


def _answer(answers: Sequence[tuple[_Waiting, Exception | None]]) -> None:
    for waiting, error in answers:
        if waiting.done.done():  # the request was cancelled meanwhile
            continue
        if error is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(error)
