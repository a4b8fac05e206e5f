"""Following every transcript there is, newest first, for as long as the process lives.

Transcripts that are being written are looked at several times a second, everything else as often as
the cost of looking allows: a look may take a thousandth of the time. The hook wakes it earlier.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from tracehouse_agent.recorder.codex import turn_id_of
from tracehouse_agent.recorder.follower import Follower
from tracehouse_agent.recorder.lines import rows_of
from tracehouse_agent.recorder.otlp import encode_steps
from tracehouse_agent.recorder.positions import Positions
from tracehouse_agent.recorder.redaction import Redactor
from tracehouse_agent.recorder.roots import CODEX, Root, Transcript, transcripts
from tracehouse_agent.recorder.step import Step
from tracehouse_agent.recorder.tail import open_plain

logger = logging.getLogger(__name__)

QUIET_SECONDS = 600.0
"""A transcript that nobody writes to for so long is over, until somebody does."""
_HOT_SECONDS = 60.0
_POLL_HOT = 0.25
_POLL_IDLE = 1.0
_SHARE_OF_TIME = 1000
_LEAST_LOOK, _MOST_LOOK = 1.0, 30.0
_REQUEST_WEIGHT = 1 << 20


class Sink(Protocol):
    """Where requests go."""

    def put(self, request: bytes) -> None: ...
    def is_full(self) -> bool: ...


class Daemon:
    """One round after the other: `round` does a bounded piece of work. Raises OSError where
    positions or the sink cannot be written; what was read then is read again."""

    def __init__(
        self,
        roots: Sequence[Root],
        positions: Positions,
        redactor: Redactor,
        sink: Sink,
        *,
        since: float = 0.0,
        show: Callable[[Follower, list[Step]], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`since`: transcripts last written to before it are left out. `show` is told of every
        step in place of the sink."""
        self._roots = roots
        self._positions = positions
        self._redactor = redactor
        self._sink = sink
        self._since = since
        self._show = show
        self._clock = clock
        self._followed: dict[str, Follower] = {}
        self._waiting: list[Transcript] = []
        self._threads: dict[str, str] = {}
        self._again: set[str] = set()
        self._next_look = 0.0
        self._unreadable: dict[str, int] = {}
        self.spans = 0
        self.bytes_behind = 0
        self.files = 0

    # --- rounds ----------------------------------------------------------------------------------

    def round(self, *, look: bool = False) -> bool:
        """Look where it is due (or `look`), read what is hot, then a piece of what is left over;
        whether there is more to do at once."""
        now = self._clock()
        if look or now >= self._next_look:
            self._look(now)
        if self._sink.is_full():
            return False
        more = False
        for follower in self._hottest():
            more |= self._follow(follower, now)
        if self._waiting and not more:
            self._backfill(self._waiting.pop(0), now)
        return more or bool(self._waiting)

    @property
    def pause(self) -> float:
        """Seconds until the next round, unless the hook calls."""
        now = self._clock()
        hot = any(self._is_hot(follower, now) for follower in self._followed.values())
        return _POLL_HOT if hot else _POLL_IDLE

    def finish(self, *, everything: bool) -> None:
        """End what is quiet, or `everything`, and remember where all stands."""
        now = self._clock()
        for follower in list(self._followed.values()):
            if everything and not follower.closed:
                self._send(follower, follower.close())
            follower.save(now)
        self._followed.clear()

    def start_over(self) -> None:
        """Forget what was read since it was last remembered: not all of it could be written."""
        self._followed.clear()
        self._next_look = 0.0

    def _look(self, now: float) -> None:
        began = time.perf_counter()
        known = self._positions.sizes()
        changed: list[Transcript] = []
        self.files = 0
        self.bytes_behind = 0
        for found in transcripts(self._roots):
            self.files += 1
            if found.agent == CODEX:
                self._threads[found.session] = found.path
            follower = self._followed.get(found.key)
            if follower is not None:
                if (found.mtime_ns, found.size) != _state(follower.transcript):
                    follower.moved(found)
                    follower.at_end = False
                continue
            if self._is_due(found, known.get(found.key)):
                changed.append(found)
        changed.sort(key=lambda found: found.mtime_ns, reverse=True)
        if changed:
            offsets = self._positions.offsets()
            self.bytes_behind = sum(f.size - min(f.size, offsets.get(f.key, 0)) for f in changed)
        self._waiting = changed
        cost = time.perf_counter() - began
        self._next_look = now + min(max(cost * _SHARE_OF_TIME, _LEAST_LOOK), _MOST_LOOK)

    def _is_due(self, found: Transcript, known: tuple[int, int] | None) -> bool:
        if self._unreadable.get(found.key) == found.mtime_ns or found.mtime_ns / 1e9 < self._since:
            return False
        if _name_of(found) in self._again:
            return True
        return known != (found.size, found.mtime_ns)

    def _hottest(self) -> Iterable[Follower]:
        return sorted(self._followed.values(), key=lambda f: f.transcript.mtime_ns, reverse=True)

    def _is_hot(self, follower: Follower, now: float) -> bool:
        return now - follower.transcript.mtime_ns / 1e9 < _HOT_SECONDS

    def _follow(self, follower: Follower, now: float) -> bool:
        """A pass over one that is being written; whether more of it is there."""
        before = follower.transcript
        if follower.at_end and self._is_hot(follower, now):
            _refresh(follower)
        if (
            not follower.at_end
            or _state(before) != _state(follower.transcript)
            or self._has_a_tail(follower, now)
        ):
            self._pass(follower, now)
        if follower.at_end and now - follower.transcript.mtime_ns / 1e9 > QUIET_SECONDS:
            self._end(follower, now)
            return False
        follower.save_if_due(now)
        return not follower.at_end

    def _has_a_tail(self, follower: Follower, now: float) -> bool:
        """Whether a last line without an end may be read by now: asked once, 5 s after it came."""
        quiet = now - follower.transcript.mtime_ns / 1e9
        return 5.0 <= quiet < 5.0 + 2 * _POLL_IDLE

    def _backfill(self, transcript: Transcript, now: float) -> None:
        self._again.discard(_name_of(transcript))
        follower = Follower(transcript, self._positions, self._redactor, self._turns_of)
        self._followed[transcript.key] = follower
        self._pass(follower, now)
        self.bytes_behind = max(0, self.bytes_behind - transcript.size)
        if follower.at_end and now - transcript.mtime_ns / 1e9 > QUIET_SECONDS:
            self._end(follower, now)
        elif not follower.at_end:
            follower.save_if_due(now)

    def _end(self, follower: Follower, now: float) -> None:
        self._send(follower, follower.close())
        follower.save(now)
        self._followed.pop(follower.transcript.key, None)

    def _pass(self, follower: Follower, now: float) -> None:
        try:
            steps = follower.read(now)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                logger.warning("a transcript cannot be read: %s", error.strerror)
                self._unreadable[follower.transcript.key] = follower.transcript.mtime_ns
            self._end(follower, now)  # removed, or moved: then it is found again
            return
        self._send(follower, steps)
        for agent, call in follower.take_links().items():
            if self._positions.link(agent, call):
                self._link(agent)

    def _link(self, agent: str) -> None:
        """It became known what started a sub-agent: tell it, now or when it is looked at next."""
        for follower in self._followed.values():
            if follower.is_subagent == agent:
                follower.learn()
                self._send(follower, follower.reader.timeline.take())
                return
        self._again.add(agent)

    # --- sending ---------------------------------------------------------------------------------

    def _send(self, follower: Follower, steps: list[Step]) -> None:
        self.spans += len(steps)
        if self._show is not None:
            self._show(follower, steps)
            return
        reader, resource = follower.reader, follower.resource
        for part in _parts(steps):
            self._sink.put(encode_steps(reader.agent, reader.session, part, resource))

    def _turns_of(self, thread: str) -> frozenset[str] | None:
        """The ids of a thread's turns, from its rollout; None where that is not here."""
        path = self._threads.get(thread)
        if path is None:
            return None
        found: set[str] = set()
        try:
            with open_plain(path) as file:
                for line in file:
                    if b'"turn_id"' in line:
                        found.update(filter(None, map(turn_id_of, rows_of(line)[0])))
        except OSError:
            return None
        return frozenset(found)


def _name_of(transcript: Transcript) -> str:
    """What a tool call that starts a sub-agent calls it."""
    return transcript.subagent or (transcript.session if transcript.agent == CODEX else "")


def _state(transcript: Transcript) -> tuple[int, int]:
    return transcript.mtime_ns, transcript.size


def _refresh(follower: Follower) -> None:
    """Look at the one file, without looking for others."""
    try:
        about = os.stat(follower.transcript.path)  # noqa: PTH116 - a path is a text here
    except OSError:
        return
    follower.moved(replace(follower.transcript, size=about.st_size, mtime_ns=about.st_mtime_ns))


def _parts(steps: list[Step]) -> Iterable[list[Step]]:
    """Steps in requests of about a megabyte."""
    part: list[Step] = []
    weight = 0
    for step in steps:
        part.append(step)
        weight += 300 + sum(len(v) for v in step.attributes.values() if isinstance(v, str))
        if weight >= _REQUEST_WEIGHT:
            yield part
            part, weight = [], 0
    if part:
        yield part
