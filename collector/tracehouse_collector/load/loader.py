"""The loader: takes sealed segments in order and inserts them, each record at least once.

The cursor moves only after the insert, so one that was committed, whole or in some of the tables,
but not confirmed is repeated. That adds nothing: the keys of the tables hold a row's identity, and
a row that comes again replaces itself. ClickHouse's own deduplication of blocks is not used: a
MergeTree notes a block as seen before it commits its part, so where the process is killed between
the two, the repeated insert would be dropped and its rows lost.

What a failure leads to is decided in `verdict.py` and `_patience`. Retrying waits longer each
time, up to `_MAX_WAIT`; shrinking, poison and doubt all halve the range in the end, until the
culprit is alone; a single record that is still refused becomes a dead letter and the loop goes on.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.normalise import normalised
from tracehouse_collector.load.progress import Progress
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.spool.cursor import Cursor, Position
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import Segment
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Damage, Record, Signal, decode, scan

logger = logging.getLogger(__name__)

_MIN_WAIT, _MAX_WAIT = 0.2, 10.0
_LONGEST_ASKED_WAIT = 300.0
_LAST_SECONDS = 1.0
# How long an open segment gathers records: several times what an insert takes, so that a trickle
# costs little, and less than a second, so that a person sees what was sent.
_LINGER_PER_INSERT, _MIN_LINGER, _MAX_LINGER = 6, 0.1, 0.6


class InsertFailed(Exception):
    """An insert that did not succeed, or whose answer was lost. `wait`: how many seconds the
    destination asks to be left alone."""

    def __init__(self, verdict: Verdict, message: str, *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.wait = wait


class Destination(Protocol):
    """Where segments go."""

    name: str
    """In the names of its files."""
    label: str
    """In metrics."""

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        """Insert records; what was inserted before adds nothing. `file`, where given, holds exactly
        `data`. Raises InsertFailed."""
        ...


class Loader:
    """Moves one signal's segments to one destination, in its own thread."""

    def __init__(
        self,
        signal: Signal,
        spool: GroupCommit,
        cursor: Cursor,
        destination: Destination,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        *,
        may_miss: bool = False,
        room: int | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._signal = signal
        self._spool = spool
        self._cursor = cursor
        self._destination = destination
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._now_ns = now_ns
        self._stop = threading.Event()
        self._draining = threading.Event()
        # One of several that read the same segments must not make them smaller for all others.
        self._may_miss = may_miss
        self._linger = _MAX_LINGER if may_miss else _MIN_LINGER
        self._taken = self._failed = 0
        self._problem: str | None = None
        self._room = room
        self._letter_prefix = f"{destination.name}-" if may_miss else ""
        spool.subscribe(cursor, may_miss=may_miss)
        self._thread = threading.Thread(target=self._run, name=f"load-{signal.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def drain(self) -> None:
        """Load what is there, and then end."""
        self._draining.set()
        self._spool.changed.set()

    def end(self) -> None:
        """End after the insert that is under way."""
        self._stop.set()
        self._spool.changed.set()

    def has_ended(self, deadline: float) -> bool:
        """Whether its thread has ended by then, on the monotonic clock."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def progress(self) -> Progress:
        """How far the destination is."""
        return Progress(
            self._signal,
            self._taken,
            self._failed,
            self._spool.backlog(self._cursor),
            self._spool.lag_seconds(self._cursor),
            self._problem,
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                segment = self._next_segment()
                if segment is not None:
                    self.load(segment)
                elif self._draining.is_set():
                    return
            except Exception:
                logger.exception("loading %s failed; trying again", self._signal.name)
                self._stop.wait(_MAX_WAIT / 10)

    def _next_segment(self) -> Segment | None:
        """The next sealed segment; seals the open one when it is old enough. Waits at most the
        time in which something new could be worth a look."""
        segment = self._spool.next_segment(self._cursor.position.segment)
        if segment is not None:
            return segment
        self._spool.changed.clear()
        age = self._spool.open_age()
        if age is None:
            if not self._draining.is_set():
                self._spool.changed.wait(1.0)
        elif age < self._linger and not self._draining.is_set():
            self._stop.wait(self._linger - age)
        else:
            self._spool.seal()
            return self._spool.next_segment(self._cursor.position.segment)
        return None

    def load(self, segment: Segment) -> None:
        """Load one segment whole, then move past it. Returns early when stopped."""
        data = self._spool.read(segment)
        records = self._whole_records(segment, data)
        at = self._cursor.position
        first = at.record if at.segment == segment.number else 0
        batch = len(records)
        while first < len(records):
            last = min(first + batch, len(records))
            outcome = self._insert_patiently(segment, data, records[first:last])
            if outcome is None:
                return
            if isinstance(outcome, InsertFailed) and not self._insert_mended(
                data, records[first:last], outcome
            ):
                if last - first > 1:
                    batch = (last - first + 1) // 2
                    continue
                self._quarantine(segment, data, records[first], first, outcome)
            first = last
            batch = min(batch * 2, len(records))
            if first < len(records):
                self._cursor.save(Position(segment.number, first))
        self._cursor.save(Position(segment.number + 1))
        self._problem = None
        missed = self._spool.release(room=self._room)
        if missed:
            self._telemetry.missed(self._signal, missed)
            logger.error(
                "%d segments of %s were dropped before every destination had them: the spool is "
                "half full, because one of them is away or too slow", missed, self._signal.name,
            )  # fmt: skip

    def _whole_records(self, segment: Segment, data: bytes) -> list[Record]:
        records: list[Record] = []
        for item in scan(data):
            if isinstance(item, Record):
                records.append(item)
            elif not self._may_miss:  # else whoever may miss nothing has kept it, or will
                self._keep_damage(segment, data, item)
        return records

    def _insert_patiently(
        self, segment: Segment, data: bytes, records: Sequence[Record]
    ) -> bool | InsertFailed | None:
        """True when inserted, the failure when waiting does not help, None when stopped."""
        attempt = 0
        while True:
            try:
                self._insert(segment, data, records)
            except InsertFailed as error:
                attempt += 1
                self._failed += 1
                self._problem = str(error)
                self._telemetry.load_failed(
                    self._signal, self._destination.label, error.verdict.value
                )
                if attempt >= _patience(error.verdict, alone=len(records) == 1):
                    return error
                jitter = random.uniform(0.7, 1)  # noqa: S311
                wait = min(_MAX_WAIT, _MIN_WAIT * 2 ** min(attempt, 10)) * jitter
                wait = max(wait, min(error.wait, _LONGEST_ASKED_WAIT))
                logger.warning(
                    "sending to %s failed (attempt %d, next in %.1f s): %s",
                    self._destination.name, attempt, wait, error,
                )  # fmt: skip
                if self._draining.is_set() or self._stop.wait(wait):
                    self._stop.set()
                    return None
            else:
                self._problem = None
                return True

    def _insert(self, segment: Segment, data: bytes, records: Sequence[Record]) -> None:
        started = time.monotonic()
        joined = _joined(data, records)
        self._destination.insert(
            self._signal, joined, file=segment.path if joined is data else None
        )
        seconds = time.monotonic() - started
        if not self._may_miss:
            self._linger = min(_MAX_LINGER, max(_MIN_LINGER, _LINGER_PER_INSERT * seconds))
        self._taken += len(records)
        newest = decode(memoryview(data)[records[-1].start : records[-1].end]).received_ns
        self._telemetry.loaded(
            self._signal,
            self._destination.label,
            len(records),
            seconds,
            max(0.0, (self._now_ns() - newest) / 1e9),
        )

    def _insert_mended(self, data: bytes, records: Sequence[Record], failure: InsertFailed) -> bool:
        """Insert refused records rewritten; whether that helped. What Protobuf's own parser takes
        and ClickHouse's does not (groups, unknown wire types, one field of a oneof after another)
        is gone when the messages are written anew."""
        if failure.verdict is Verdict.shrink:
            return False
        try:
            mended = b"".join(normalised(data[record.start : record.end]) for record in records)
            self._destination.insert(self._signal, mended)
        except (InsertFailed, ValueError):
            logger.debug("rewriting the records did not help", exc_info=True)
            return False
        return True

    def _quarantine(
        self, segment: Segment, data: bytes, record: Record, index: int, error: InsertFailed
    ) -> None:
        self._dead_letters.keep(
            self._signal,
            f"{self._letter_prefix}{self._signal.name}-{segment.number}-{index}",
            data[record.start : record.end],
            kind="refused" if error.verdict is Verdict.poison else "too_large",
            detail=str(error),
        )

    def _keep_damage(self, segment: Segment, data: bytes, damage: Damage) -> None:
        self._dead_letters.keep(
            self._signal,
            f"{self._signal.name}-{segment.number}-at-{damage.start}",
            data[damage.start : damage.end],
            kind="corrupt",
            detail=f"{segment.path.name}: no valid record in bytes {damage.start} to {damage.end}",
        )


def stop_all(loaders: Sequence[Loader], *, drain_seconds: float = 0.0) -> bool:
    """Stop them side by side, after trying for so long to load what is spooled. What is left stays
    spooled. False when an insert hangs: its thread goes on, and is to end with the process."""
    deadline = time.monotonic() + drain_seconds
    for loader in loaders:
        loader.drain()
    for loader in loaders:
        loader.has_ended(deadline)
    for loader in loaders:
        loader.end()
    deadline = time.monotonic() + _LAST_SECONDS
    ended = [loader.has_ended(deadline) for loader in loaders]
    return all(ended)


def _patience(verdict: Verdict, *, alone: bool) -> float:
    """After how many failed attempts a range is halved, or, when alone, a dead letter."""
    match verdict:
        case Verdict.retry:
            return float("inf")
        case Verdict.poison:
            return 1
        case Verdict.shrink:
            return 6 if alone else 1
        case Verdict.doubt:
            return 20 if alone else 6


def _joined(data: bytes, records: Sequence[Record]) -> bytes:
    """The records' bytes; not copied where they are the whole segment."""
    if sum(record.end - record.start for record in records) == len(data):
        return data
    return b"".join(data[record.start : record.end] for record in records)
