"""The spool and its loader against a model, over a file system that fails and loses power.

What must hold, whatever happens in whatever order: every acknowledged record is loaded in the end
(or, where a bit of it was flipped, quarantined).
"""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.faulty_files import FaultyFiles
from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.loader import InsertFailed, Loader
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.spool.cursor import Cursor
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import Segment, Segments, SpoolFull
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Record, Signal, decode, encode, scan

DIRECTORY, DEAD = Path("/spool/traces"), Path("/dead-letter")
FAULTS = ["write", "sync", "truncate", "create", "sync_directory", "close", "remove", "replace"]


class Stored:
    """A database whose rows replace themselves, and that refuses records whose id is poisonous."""

    name = label = "clickhouse"

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.poisonous: set[int] = set()
        self.fail_after_commit = False
        self.too_large = 0

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        records = list(scan(data))
        assert all(isinstance(record, Record) for record in records), "only whole records go in"
        ids = [decode(data[record.start : record.end]).request_id for record in records]
        if self.poisonous & set(ids):
            raise InsertFailed(Verdict.poison, "cannot parse")
        if self.too_large and len(ids) > 1:
            self.too_large -= 1
            raise InsertFailed(Verdict.shrink, "memory limit")
        self.rows |= set(ids)
        if self.fail_after_commit:
            self.fail_after_commit = False
            raise _Lost


class _Lost(Exception):
    """The answer to an insert was lost: the process dies here."""


class SpoolMachine(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 2**16))
    def start(self, seed: int) -> None:
        self.files = FaultyFiles(seed)
        self.stored = Stored()
        self.next_id = 0
        self.acknowledged: set[int] = set()
        self.damaged: set[int] = set()
        self.spool: GroupCommit | None = None
        self.open()

    def open(self) -> None:
        """A process starts."""
        self.telemetry = Telemetry()
        dead_letters = DeadLetters(DEAD, self.files, self.telemetry)
        self.segments = Segments(
            DIRECTORY,
            self.files,
            segment_bytes=400,
            max_bytes=20_000,
            keep_torn=lambda name, content: dead_letters.keep(
                Signal.traces, name, content, kind="torn", detail=""
            ),
        )
        self.spool = GroupCommit(self.segments)
        self.loader = Loader(
            Signal.traces,
            self.spool,
            Cursor(DIRECTORY, "clickhouse", self.files),
            self.stored,
            dead_letters,
            self.telemetry,
        )

    @rule(sizes=st.lists(st.integers(0, 120), min_size=1, max_size=4))
    def append(self, sizes: list[int]) -> None:
        ids = list(range(self.next_id, self.next_id + len(sizes)))
        self.next_id += len(sizes)
        records = [
            encode(Signal.traces, bytes(size), workspace="w", received_ns=1, request_id=number)
            for number, size in zip(ids, sizes, strict=True)
        ]
        try:
            self.segments.append(records)
        except (SpoolFull, OSError):
            return
        self.acknowledged |= set(ids)

    @rule(operation=st.sampled_from(FAULTS), code=st.sampled_from([errno.ENOSPC, errno.EIO]))
    def arm(self, operation: str, code: int) -> None:
        self.files.fail(operation, code)

    @rule()
    def seal(self) -> None:
        self.segments.seal()

    @rule()
    def crash(self) -> None:
        self.stop()
        self.files.crash()
        self.open()

    def stop(self) -> None:
        """The process is gone; only its thread must be told."""
        assert self.spool is not None
        self.spool._waiting.put(None)  # pyright: ignore[reportPrivateUsage]

    @rule(lost=st.booleans(), too_large=st.integers(0, 2))
    def load(self, lost: bool, too_large: int) -> None:
        segment = self.next_segment()
        if segment is None:
            return
        self.stored.fail_after_commit, self.stored.too_large = lost, too_large
        try:
            self.loader.load(segment)
        except OSError:  # the loader's thread would try again
            return
        except _Lost:
            self.crash()
        finally:
            self.stored.fail_after_commit, self.stored.too_large = False, 0

    def next_segment(self) -> Segment | None:
        assert self.spool is not None
        position = self.loader._cursor.position  # pyright: ignore[reportPrivateUsage]
        return self.spool.next_segment(position.segment)

    @precondition(lambda self: self.acknowledged)
    @rule(which=st.integers(0, 2**16))
    def poison(self, which: int) -> None:
        """The database refuses a record that is not loaded yet."""
        waiting = sorted(self.acknowledged - self.stored.rows)
        if waiting:
            self.stored.poisonous.add(waiting[which % len(waiting)])

    @rule(where=st.integers(0, 2**16), bit=st.integers(0, 7))
    def flip(self, where: int, bit: int) -> None:
        """A bit of a sealed segment changes on disk."""
        segment = self.next_segment()
        if segment is None or segment.end == 0:
            return
        content = self.files.files[segment.path].data
        where %= segment.end
        for record in scan(bytes(content[: segment.end])):
            if record.start <= where < record.end:
                if isinstance(record, Record):
                    record_bytes = bytes(content[record.start : record.end])
                    self.damaged.add(decode(record_bytes).request_id)
                break
        content[where] ^= 1 << bit

    def teardown(self) -> None:
        if self.spool is None:
            return
        self.crash()
        while (segment := self.next_segment()) is not None:
            self.loader.load(segment)
        self.stop()
        quarantined = {
            decode(bytes(content.data)[record.start : record.end]).request_id
            for path, content in self.files.files.items()
            if path.parent == DEAD and path.suffix == ".seg"
            for record in scan(bytes(content.data))
            if isinstance(record, Record)
        }
        missing = self.acknowledged - self.stored.rows - quarantined - self.damaged
        assert not missing, f"acknowledged and lost: {missing}"
        assert quarantined - self.damaged <= self.stored.poisonous


COMMON = settings(
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_what_is_acknowledged_is_loaded() -> None:
    """The same histories each time, so that a failure here is a change's and not chance's."""
    run_state_machine_as_test(
        SpoolMachine, settings=settings(COMMON, max_examples=300, derandomize=True)
    )


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_what_is_acknowledged_is_loaded_in_many_histories() -> None:
    run_state_machine_as_test(SpoolMachine, settings=settings(COMMON, max_examples=20_000))
