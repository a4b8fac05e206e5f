"""All destinations beside ClickHouse: those of the settings, and those that workspaces have made.

Those of the settings are there from the start to the end, and begin with the oldest that is
spooled. A workspace's come, change and go while the collector runs, and begin with what comes
next. Each has a cursor of its own in every spool that it reads, named after it, so what it is
called never changes. One that is paused keeps its cursor, and with it what waits; one that is gone
gives both up.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tracehouse_collector.forward.forwarder import Forwarder
from tracehouse_collector.forward.langfuse_media import Media, MediaForwarder
from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.loader import Loader, stop_all
from tracehouse_collector.load.progress import Progress
from tracehouse_collector.settings import Forward
from tracehouse_collector.spool.cursor import SUFFIX, Cursor
from tracehouse_collector.spool.files import Files
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal

# No name in the settings has a dot.
_WORKSPACES = "forward."
# In metrics, which whoever may read sees, those of all workspaces are one.
_LABEL = "forwards of workspaces"
MEDIA = "media"


@dataclass(frozen=True, slots=True)
class WorkspaceForward:
    """A destination that a workspace has made. `revision` changes whenever anything of it does."""

    id: str
    forward: Forward
    paused: bool
    revision: str


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A destination: how far it is, and what it would not take."""

    forward: Forward
    progress: dict[str, Progress]
    """By signal, and of `media`."""
    dead_letter_count: int
    dead_letters: list[dict[str, Any]]
    """Notes of the newest, as `DeadLetters.of` has them."""


@dataclass
class _Way:
    """One signal to one destination, or the media that its spans refer to."""

    spool: GroupCommit
    cursor: Cursor
    forwarder: Forwarder | MediaForwarder
    loader: Loader


@dataclass
class _Destination:
    name: str
    forward: Forward
    paused: bool = False
    revision: str = ""
    ways: dict[str, _Way] = field(default_factory=dict[str, _Way])

    @property
    def loaders(self) -> list[Loader]:
        return [way.loader for way in self.ways.values()]


class Forwards:
    """Sends on what lies in the spools. Thread-safe."""

    def __init__(
        self,
        spools: Mapping[Signal, GroupCommit],
        directory: Path,
        files: Files,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        media: Media | None = None,
    ) -> None:
        self._media = media
        self._spools = spools
        self._directory = directory
        self._files = files
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._of_settings: dict[str, _Destination] = {}
        self._of_workspaces: dict[str, _Destination] = {}
        self._running = self._ended = False
        self._lock = threading.Lock()

    def add(self, forward: Forward) -> None:
        """Add a destination of the settings, before `start`."""
        made = _Destination(f"forward-{forward.name}", forward)
        self._open(made)
        for signal in _signals(forward):
            way = made.ways[signal.name]
            self._telemetry.watch_backlog(
                signal, made.name, lambda s=way.spool, c=way.cursor: s.backlog(c)
            )
        self._of_settings[forward.name] = made

    def start(self) -> None:
        with self._lock:
            self._running = True
            for one in (*self._of_settings.values(), *self._of_workspaces.values()):
                _start(one)

    def end(self) -> list[Loader]:
        """Let none come or go any more: the loaders that are to be stopped."""
        with self._lock:
            self._ended = True
            every = (*self._of_settings.values(), *self._of_workspaces.values())
            return [loader for one in every for loader in one.loaders]

    def set_of_workspaces(self, wanted: Sequence[WorkspaceForward]) -> None:
        """Make the destinations of workspaces those: what is the same goes on undisturbed. Raises
        OSError, and may then have done a part of it; calling it again does the rest."""
        by_id = {one.id: one for one in wanted}
        for one in wanted:
            if not one.forward.workspace:
                raise ValueError(f"forward {one.id} names no workspace: it would get everything")
        with self._lock:
            if self._ended:
                return
            for identity in self._of_workspaces.keys() - by_id.keys():
                self._remove(identity)
            for identity, one in by_id.items():
                before = self._of_workspaces.get(identity)
                if before is None or before.revision != one.revision:
                    self._put(one, before)
            self._sweep()

    def of_settings(self, *, letters: int) -> list[Forwarding]:
        """Those of the settings, with so many of their newest dead letters. Raises OSError."""
        return [self._state(one, letters) for one in self._of_settings.values()]

    def of_workspace(self, identity: str, *, letters: int) -> Forwarding | None:
        """One that a workspace has made; None before it is known here. Raises OSError."""
        with self._lock:
            found = self._of_workspaces.get(identity)
        return found and self._state(found, letters)

    def _state(self, one: _Destination, letters: int) -> Forwarding:
        progress = {
            name: replace(way.loader.progress(), sent_requests=way.forwarder.sent)
            for name, way in one.ways.items()
        }
        return Forwarding(one.forward, progress, *self._dead_letters.of(one.name, newest=letters))

    def _put(self, wanted: WorkspaceForward, before: _Destination | None) -> None:
        name = _WORKSPACES + wanted.id
        made = _Destination(name, wanted.forward, wanted.paused, wanted.revision)
        # The new one holds what is spooled before the old one lets go of it.
        old = before.ways if before else {}
        wanted_ways = self._ways(wanted.forward)
        if before:
            _halt(before)
        for way_name, way in old.items():
            way.cursor.give_up(remove=way_name not in wanted_ways)
        try:
            self._open(made, label=_LABEL, begin_at_the_end=True)
        except OSError:
            for way in made.ways.values():
                way.cursor.give_up()
                way.spool.unsubscribe(way.cursor)
            raise
        for way in old.values():
            way.spool.unsubscribe(way.cursor)
        self._of_workspaces[wanted.id] = made
        if self._running:
            _start(made)

    def _ways(self, forward: Forward) -> dict[str, Signal]:
        """What is sent to a destination, and the signal in which it is found."""
        ways = {signal.name: signal for signal in _signals(forward)}
        if forward.kind == "langfuse" and Signal.traces.name in ways and self._media is not None:
            ways[MEDIA] = Signal.traces
        return ways

    def _open(
        self, one: _Destination, *, label: str | None = None, begin_at_the_end: bool = False
    ) -> None:
        for way, signal in self._ways(one.forward).items():
            spool = self._spools[signal]
            if way == MEDIA and self._media is not None:
                name = f"{one.name}.{MEDIA}"
                forwarder = MediaForwarder(one.forward, self._media, name, label)
            else:
                forwarder = Forwarder(one.forward, one.name, label)
            cursor = Cursor(self._directory / signal.name, forwarder.name, self._files)
            loader = Loader(
                signal, spool, cursor, forwarder, self._dead_letters, self._telemetry, may_miss=True
            )
            one.ways[way] = _Way(spool, cursor, forwarder, loader)
            if begin_at_the_end and cursor.is_new:
                spool.skip_to_the_end(cursor)

    def _remove(self, identity: str) -> None:
        gone = self._of_workspaces[identity]
        _halt(gone)
        for way in gone.ways.values():
            way.cursor.give_up(remove=True)
            way.spool.unsubscribe(way.cursor)
        self._dead_letters.forget(gone.name)
        del self._of_workspaces[identity]

    def _sweep(self) -> None:
        """Remove the cursors that were left by a crash while their destination was removed."""
        known = {one.name for one in self._of_workspaces.values()}
        for signal in self._spools:
            folder = self._directory / signal.name
            for file in self._files.list(folder):
                name = file.removesuffix(SUFFIX).removesuffix(f".{MEDIA}")
                if file.endswith(SUFFIX) and file.startswith(_WORKSPACES) and name not in known:
                    self._files.remove(folder / file)
                    self._dead_letters.forget(name)


def _start(one: _Destination) -> None:
    if not one.paused:
        for loader in one.loaders:
            loader.start()


def _halt(one: _Destination) -> None:
    """Send nothing more. A request that hangs is left to itself: its thread ends with it."""
    for way in one.ways.values():
        way.forwarder.stop()
    stop_all(one.loaders)


def _signals(forward: Forward) -> list[Signal]:
    return [Signal[name] for name in forward.signals if forward.kind == "otlp" or name != "metrics"]
