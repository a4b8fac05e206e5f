"""The dead-letter folder: records that could not be loaded, kept as they were, with the reason.

`SIGNAL-SEGMENT-RECORD.seg` holds the bytes in the spool's own format, so that a file moved into
`spool/SIGNAL/` under a new number is loaded again once its cause is mended; the `.json` beside it
says what happened. The name is made from the place the record had, so quarantining it twice (after
a crash) leaves one file.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracehouse_collector.spool.files import Files
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal

logger = logging.getLogger(__name__)


class DeadLetters:
    """Keeps what could not be loaded. Raises OSError when even that is impossible."""

    def __init__(
        self,
        directory: Path,
        files: Files,
        telemetry: Telemetry,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._directory = directory
        self._files = files
        self._telemetry = telemetry
        self._now = now
        files.make_directory(directory)

    def keep(self, signal: Signal, name: str, content: bytes, *, kind: str, detail: str) -> None:
        """Keep `content` under `name`. `kind` is one word for the counter, `detail` a sentence."""
        note = {
            "signal": signal.name,
            "kind": kind,
            "detail": detail,
            "bytes": len(content),
            "at": self._now().isoformat(),
        }
        self._files.replace(self._directory / f"{name}.seg", content)
        self._files.replace(self._directory / f"{name}.json", json.dumps(note, indent=2).encode())
        self._telemetry.quarantined(signal, kind)
        logger.error("quarantined %s (%s): %s", name, kind, detail)

    def forget(self, destination: str) -> None:
        """Remove the letters of a destination that is no more. Raises OSError."""
        for note in self._notes(destination):
            self._files.remove(note.with_suffix(".seg"))
            self._files.remove(note)

    def of(self, destination: str, *, newest: int) -> tuple[int, list[dict[str, Any]]]:
        """How many letters one destination did not take, and the notes of the newest: `{name,
        signal, kind, detail, bytes, at}`. Raises OSError."""
        found = sorted(
            self._notes(destination), key=lambda file: file.stat().st_mtime, reverse=True
        )
        notes = [{"name": file.stem} | json.loads(file.read_bytes()) for file in found[:newest]]
        return len(found), notes

    def _notes(self, destination: str) -> list[Path]:
        mine = re.compile(rf"{re.escape(destination)}(\.media)?-[a-z]+-\d+-\d+")
        return [file for file in self._directory.glob("*.json") if mine.fullmatch(file.stem)]
