"""The collector put together: admission in front, a spool and a loader for each signal behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from tracehouse_collector.admit.admission import Admission
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.clickhouse.inserter import Inserter
from tracehouse_collector.data_dir import DataDir
from tracehouse_collector.forward.forwards import Forwards
from tracehouse_collector.forward.langfuse_media import Media
from tracehouse_collector.keys import Keys
from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.loader import Loader, stop_all
from tracehouse_collector.settings import ServerSettings
from tracehouse_collector.spool.cursor import SUFFIX as CURSOR_SUFFIX
from tracehouse_collector.spool.cursor import Cursor, Position
from tracehouse_collector.spool.files import Files, OsFiles
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import Segments
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal


class Collector:
    """Everything between a receiver and ClickHouse. Creating it recovers the spool."""

    def __init__(
        self,
        settings: ServerSettings,
        data_dir: DataDir,
        database: Database,
        keys: Keys,
        telemetry: Telemetry,
        files: Files | None = None,
        media: Media | None = None,
    ) -> None:
        files = files or OsFiles()
        dead_letters = DeadLetters(data_dir.dead_letters, files, telemetry)
        inserter = Inserter(database, cluster=settings.cluster or None)
        self._directory = data_dir.spool
        self._spools: dict[Signal, GroupCommit] = {}
        self._cursors: dict[Signal, Cursor] = {}
        self._loaders: list[Loader] = []
        for signal in Signal:
            directory = data_dir.spool / signal.name

            def keep_torn(name: str, content: bytes, signal: Signal = signal) -> None:
                dead_letters.keep(
                    signal, name, content, kind="torn", detail="unfinished at the last stop"
                )

            spool = GroupCommit(
                Segments(
                    directory,
                    files,
                    segment_bytes=settings.segment_bytes,
                    max_bytes=settings.spool_max_bytes,
                    keep_torn=keep_torn,
                )
            )
            cursor = Cursor(directory, inserter.name, files)
            room = settings.spool_max_bytes // 2
            loader = Loader(signal, spool, cursor, inserter, dead_letters, telemetry, room=room)
            telemetry.watch_spool(
                signal, lambda s=spool: s.bytes, lambda s=spool: s.open_age() or 0
            )
            self._spools[signal] = spool
            self._cursors[signal] = cursor
            self._loaders.append(loader)
            telemetry.watch_backlog(signal, inserter.name, lambda s=spool, c=cursor: s.backlog(c))
        self.forwards = Forwards(
            self._spools, data_dir.spool, files, dead_letters, telemetry, media
        )
        for forward in settings.forward:
            self.forwards.add(forward)
        self.admission = Admission(
            keys, self._spools, telemetry, max_request_bytes=settings.max_request_bytes
        )

    def start(self) -> None:
        """Begin to load what is spooled."""
        for loader in self._loaders:
            loader.start()
        self.forwards.start()

    def stop(self, drain_seconds: float) -> bool:
        """Commit what was admitted; load what the time allows; leave the rest spooled. False when
        an insert hangs."""
        self.admission.closing = True
        deadline = time.monotonic() + drain_seconds
        for spool in self._spools.values():
            spool.close()
        left = max(0.0, deadline - time.monotonic())
        return stop_all([*self._loaders, *self.forwards.end()], drain_seconds=left)

    def watermark(self) -> dict[Signal, int]:
        """What `has_loaded` takes: it stands for all that is acknowledged now."""
        return {signal: spool.next_number for signal, spool in self._spools.items()}

    def has_loaded(self, watermark: Mapping[Signal, int]) -> bool:
        """Whether everything that was acknowledged by then can be queried."""
        return all(
            self._cursors[signal].position.segment >= number
            or self._spools[signal].backlog(self._cursors[signal]) == 0
            for signal, number in watermark.items()
        )

    def positions(self) -> tuple[Position, ...]:
        """How far each signal is loaded: it changes with whatever can be queried anew."""
        return tuple(cursor.position for cursor in self._cursors.values())

    def save_spool(self, folder: Path, save_database: Callable[[], None]) -> None:
        """Copy the spool to a folder, and meanwhile save the database. Together they hold whatever
        was acknowledged before: what left the spool since the cursors were copied is in the
        database, what is in both replaces itself when it is loaded again. Raises OSError."""
        with ExitStack() as keeping:
            for spool in self._spools.values():
                keeping.enter_context(spool.keeping())
            for signal in self._spools:
                copy = folder / signal.name
                copy.mkdir(parents=True, mode=0o700)
                for cursor in (self._directory / signal.name).glob(f"*{CURSOR_SUFFIX}"):
                    (copy / cursor.name).write_bytes(cursor.read_bytes())
            save_database()
            for signal, spool in self._spools.items():
                for segment in spool.seal_all():
                    content = segment.path.read_bytes()[: segment.end]
                    (folder / signal.name / segment.path.name).write_bytes(content)

    @property
    def backlog_bytes(self) -> dict[str, int]:
        """Bytes that are acknowledged and cannot be queried yet, by signal."""
        return {
            signal.name: spool.backlog(self._cursors[signal])
            for signal, spool in self._spools.items()
        }
