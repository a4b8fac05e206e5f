"""One transcript, followed: what is new of it becomes steps, and where it stands is remembered."""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tracehouse import complain
from tracehouse.recorder.ids import default_machine_id
from tracehouse_agent.recorder.claude_code import ClaudeCodeReader
from tracehouse_agent.recorder.codex import CodexReader
from tracehouse_agent.recorder.lines import rows_of
from tracehouse_agent.recorder.positions import Known, Positions
from tracehouse_agent.recorder.reader import Reader, Row
from tracehouse_agent.recorder.redaction import Redactor
from tracehouse_agent.recorder.redaction.redactor import withheld
from tracehouse_agent.recorder.roots import CLAUDE, Transcript
from tracehouse_agent.recorder.step import Step
from tracehouse_agent.recorder.tail import Position, Rewritten, check, lines, mark, open_plain

logger = logging.getLogger(__name__)

_PASS_BYTES = 4 << 20
_SAVE_BYTES = 256 << 10
_SAVE_SECONDS = 10.0


class Follower:
    """Reads a transcript in passes. What `read` returns must be safe before `save` is called.

    `turns_of` gives the ids of the turns of another thread of Codex; see `CodexReader`.
    """

    def __init__(
        self,
        transcript: Transcript,
        positions: Positions,
        redactor: Redactor,
        turns_of: Callable[[str], frozenset[str] | None],
    ) -> None:
        self.transcript = transcript
        self._positions = positions
        self._redactor = redactor
        self._turns_of = turns_of
        self._known = positions.get(transcript.key)
        self._position = self._known.position
        self.reader = self._make_reader()
        if self._known.reader is not None:
            self.reader.load(self._known.reader)
        self._broken = self._known.broken
        self._unsaved = 0
        self._saved_at = 0.0
        self.at_end = False
        self.closed = False
        self.learn()

    @property
    def is_subagent(self) -> str:
        """The id by which a tool call that started it is known."""
        return self.transcript.subagent or (
            "" if self.transcript.agent == CLAUDE else self.transcript.session
        )

    def learn(self) -> None:
        """Look up which tool call started it."""
        if self.is_subagent and (call := self._positions.call_of(self.is_subagent)):
            self.reader.link(call)

    def read(self, now: float) -> list[Step]:
        """The next pass: steps that are new or have changed. `now`: Unix seconds. Raises OSError.

        A transcript that was rewritten is read from its beginning; its steps have the same ids.
        """
        try:
            return self._read(now)
        except Rewritten:
            logger.info("a transcript of session %s was rewritten", self.reader.session)
            self._known = Known()
            self._position = Position()
            self._broken = 0
            self.reader = self._make_reader()
            self.learn()
            return self._read(now)

    def _read(self, now: float) -> list[Step]:
        quiet = now - self.transcript.mtime_ns / 1e9
        self.closed = False
        self.at_end = True
        with open_plain(self.transcript.path) as file:
            check(file, self._position)
            start = end = self._position.offset
            for line in lines(file, start, quiet_seconds=quiet):
                end = line.end
                if line.data is None:
                    self._broken += 1
                else:
                    self._take(line.data)
                if end - start >= _PASS_BYTES:
                    self.at_end = False
                    break
            self._position = mark(file, end)
        self._unsaved += end - start
        return self.reader.timeline.take()

    def _take(self, line: bytes) -> None:
        rows, broken = rows_of(line)
        self._broken += broken
        for row in rows:
            try:
                slim = self.reader.slim(row)
                before = self._redactor.counts.total()
                clean = self._redact(slim)
                if self._redactor.counts.total() != before:
                    self.reader.removed += self._redactor.counts
                self._redactor.counts.clear()
                self.reader.read(clean)
            except Exception as error:  # a form that nobody has seen yet costs one row
                logger.debug("a row was passed over: %s", type(error).__name__)
                self._broken += 1

    def _redact(self, row: Row) -> Row:
        """The row without secrets; its structure alone where they cannot be told."""
        try:
            return self._redactor.redact(row)
        except Exception as error:
            complain.once("redaction failed (%s): rows are withheld", type(error).__name__)
            self._redactor.counts["withheld"] += 1
            return withheld(row)

    def close(self) -> list[Step]:
        """Nothing has been written for a while: what is open, as ended."""
        self.reader.close()
        self.closed = True
        return self.reader.timeline.take()

    def take_links(self) -> dict[str, str]:
        """Tool calls by the sub-agents that they started, found since last asked."""
        links, self.reader.links = self.reader.links, {}
        return links

    def save_if_due(self, now: float) -> None:
        """Save when much has been read, or a while ago."""
        if self._unsaved >= _SAVE_BYTES or (self._unsaved and now - self._saved_at > _SAVE_SECONDS):
            self.save(now)

    def save(self, now: float) -> None:
        """Remember how far it was read; that all of it was, only when it is closed."""
        done = self.closed and self.at_end
        self._positions.put(
            self.transcript.key,
            Known(
                self.transcript.size if done else -1,
                self.transcript.mtime_ns,
                self._position,
                self._broken,
                dict(self.reader.unknown),
                dict(self.reader.removed),
                self.reader.to_json(),
            ),
        )
        self._unsaved = 0
        self._saved_at = now

    @property
    def resource(self) -> dict[str, str]:
        """Where its spans come from."""
        folder = self.reader.facts.get("cwd", "").replace("\\", "/").rstrip("/")
        found = {
            "service.name": self.reader.agent,
            "service.version": self.reader.facts.get("version", ""),
            "tracehouse.scaffold": self.reader.agent,
            "tracehouse.project": folder.rpartition("/")[2].strip("~"),
            "tracehouse.machine.id": default_machine_id(),
            "host.name": platform.node(),
        }
        return {name: value for name, value in found.items() if value}

    def moved(self, transcript: Transcript) -> None:
        """It was written to, or is somewhere else now."""
        self.transcript = replace(transcript, session=self.transcript.session)

    def _make_reader(self) -> Reader:
        transcript = self.transcript
        if transcript.agent != CLAUDE:
            return CodexReader(transcript.session, self._turns_of)
        path = Path(transcript.path)
        if transcript.subagent:
            self._read_sidecar(path)
        return ClaudeCodeReader(
            transcript.session or _session_of(path),
            transcript.subagent,
            lambda session: (path.parent / f"{session}.jsonl").exists(),
        )

    def _read_sidecar(self, path: Path) -> None:
        """Newer versions say beside a sub-agent's transcript what started it."""
        try:
            about = json.loads(path.with_suffix(".meta.json").read_bytes())
            call = about["toolUseId"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if isinstance(call, str):
            self._positions.link(self.transcript.subagent, call)


def _session_of(path: Path) -> str:
    """The session that a sub-agent's transcript beside the session's names in its rows."""
    try:
        with path.open("rb") as file:
            rows, _ = rows_of(file.readline(1 << 20))
    except OSError:
        return path.stem
    found = rows[0].get("sessionId") if rows else None
    return found if isinstance(found, str) else path.stem
