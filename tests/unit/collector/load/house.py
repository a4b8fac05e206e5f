"""A spool, a loader and a destination that records what it is given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.loader import InsertFailed, Loader
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.spool.cursor import Cursor
from tracehouse_collector.spool.files import OsFiles
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import Segment, Segments
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Record, Signal, decode, encode, scan

RECEIVED_NS = 1_000_000_000
NOW_NS = 3_000_000_000


class Killed(BaseException):
    """The process dies."""


@dataclass(frozen=True)
class Insert:
    """One insert that was tried."""

    ids: list[int]
    file: Path | None


@dataclass
class Recorder:
    """A destination in which a repeated row replaces itself, and that fails as it is told to."""

    name: str = "recorder"
    label: str = "recorder"
    tried: list[Insert] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    poisonous: set[int] = field(default_factory=set)
    indigestible: bytes | None = None
    most: int = 1000
    failures: list[InsertFailed] = field(default_factory=list)
    lost_answers: int = 0
    dies_at: int | None = None

    def insert(self, signal: Signal, data: bytes, *, file: Path | None = None) -> None:
        records = list(scan(data))
        assert all(isinstance(record, Record) for record in records), "only whole records go in"
        assert file is None or file.read_bytes() == data
        envelopes = [decode(data[record.start : record.end]) for record in records]
        ids = [envelope.request_id for envelope in envelopes]
        self.tried.append(Insert(ids, file))
        if self.dies_at == len(self.tried):
            raise Killed
        if self.failures:
            raise self.failures.pop()
        if len(ids) > self.most:
            raise InsertFailed(Verdict.shrink, "memory limit")
        odd = self.indigestible
        if self.poisonous & set(ids) or (odd and any(odd in e.payload for e in envelopes)):
            raise InsertFailed(Verdict.poison, "cannot parse")
        self.rows += [number for number in ids if number not in self.rows]
        if self.lost_answers:
            self.lost_answers -= 1
            raise InsertFailed(Verdict.retry, "the answer was lost")


class House:
    """One signal's way from the spool to the destination, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.spool_folder, self.dead = folder / "spool", folder / "dead"
        self.destination = Recorder()
        self._start()

    def _start(self) -> None:
        self.telemetry = Telemetry()
        letters = DeadLetters(self.dead, OsFiles(), self.telemetry)
        segments = Segments(
            self.spool_folder,
            OsFiles(),
            segment_bytes=1 << 20,
            max_bytes=1 << 24,
            keep_torn=lambda name, content: letters.keep(
                Signal.traces, name, content, kind="torn", detail=""
            ),
        )
        self.spool = GroupCommit(segments)
        self.cursor = Cursor(self.spool_folder, self.destination.name, OsFiles())
        self.loader = Loader(
            Signal.traces,
            self.spool,
            self.cursor,
            self.destination,
            letters,
            self.telemetry,
            now_ns=lambda: NOW_NS,
        )

    def __enter__(self) -> House:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()

    def restart(self) -> None:
        """The same folder in a new process."""
        self.spool.close()
        self._start()

    def spool_payloads(self, payloads: Mapping[int, bytes] | list[tuple[int, bytes]]) -> Segment:
        """One sealed segment of records with these ids and payloads."""
        pairs = payloads.items() if isinstance(payloads, Mapping) else payloads

        async def append() -> None:
            for number, payload in pairs:
                await self.spool.append(
                    encode(
                        Signal.traces,
                        payload,
                        workspace="w",
                        received_ns=RECEIVED_NS,
                        request_id=number,
                    )
                )

        asyncio.run(append())
        self.spool.seal()
        return self._next()

    def spool_records(self, *ids: int) -> Segment:
        return self.spool_payloads([(number, bytes([number]) * 20) for number in ids])

    def _next(self) -> Segment:
        segment = self.spool.next_segment(self.cursor.position.segment)
        assert segment is not None
        return segment

    def load(self, *ids: int) -> None:
        self.loader.load(self.spool_records(*ids))

    def load_spooled(self) -> None:
        self.loader.load(self._next())

    def segment_files(self) -> list[str]:
        return [path.name for path in self.spool_folder.glob("*.seg")]

    def letters(self) -> dict[str, str]:
        """Kinds of the dead letters, by name."""
        return {
            path.stem: json.loads(path.read_text())["kind"] for path in self.dead.glob("*.json")
        }
