"""How far one destination has come through one signal's segments.

On disk: `DESTINATION.cursor` beside the segments, JSON `{"segment": N, "record": I}`: everything
before record I of segment N is done.

Invariants: a cursor never goes back; it is replaced in one step and synced; a cursor that is
missing or unreadable stands at the oldest segment (a replay, which adds nothing: `load/loader.py`).
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from tracehouse_collector.spool.files import Files

logger = logging.getLogger(__name__)

SUFFIX = ".cursor"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Everything before `record` of `segment` is done."""

    segment: int = 0
    record: int = 0


class Cursor:
    """A destination's position, kept in a file."""

    def __init__(self, directory: Path, destination: str, files: Files) -> None:
        self._path = directory / f"{destination}{SUFFIX}"
        self._files = files
        self._lock = threading.Lock()
        self._given_up = False
        self._position = self._load()

    @property
    def position(self) -> Position:
        return self._position

    def save(self, position: Position) -> None:
        """Move on, unless it was given up. Raises OSError, and has then not moved."""
        content = {"segment": position.segment, "record": position.record}
        with self._lock:
            if not self._given_up:
                self._files.replace(self._path, json.dumps(content).encode())
                self._position = position

    @property
    def is_new(self) -> bool:
        """Whether it was never saved."""
        return self._position == Position()

    def give_up(self, *, remove: bool = False) -> None:
        """Move no more: another takes over from the file, or the file goes. Raises OSError."""
        with self._lock:
            self._given_up = True
            if remove:
                self._files.remove(self._path)

    def _load(self) -> Position:
        return _load(self._path, self._files)


def highest_segment(directory: Path, files: Files) -> int:
    """The highest segment number that any cursor in `directory` stands at; 0 without cursors."""
    return max(
        (
            _load(directory / name, files).segment
            for name in files.list(directory)
            if name.endswith(SUFFIX)
        ),
        default=0,
    )


def _load(path: Path, files: Files) -> Position:
    try:
        content = json.loads(files.read(path))
        return Position(int(content["segment"]), int(content["record"]))
    except FileNotFoundError:
        return Position()
    except (ValueError, KeyError, TypeError):
        logger.warning("%s is unreadable: starting at the oldest segment", path)
        return Position()
