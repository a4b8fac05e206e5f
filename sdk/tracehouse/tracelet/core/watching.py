"""Folders whose new and changed files become artifacts."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tracehouse.pulse import Pulse
from tracehouse.tracelet.core.artifacts import ArtifactType, type_of_file

_SECONDS = 1.0
_MOST_FILES = 10_000


class FolderWatch:
    """Calls `on_file(path)` for every file of a known type that appears or changes below the
    folders, once it has not changed for a look. Hidden files are left out, and what was there
    before. At most 10,000 files are looked at."""

    def __init__(self, folders: Iterable[str], on_file: Callable[[str], None]) -> None:
        self._folders = [Path(folder) for folder in folders]
        self._on_file = on_file
        self._done = self._look()
        self._growing: dict[Path, tuple[int, int]] = {}
        self._pulse = Pulse(lambda: None, math.inf, self._tell, _SECONDS)

    def _look(self) -> dict[Path, tuple[int, int]]:
        return {
            path: (state.st_mtime_ns, state.st_size)
            for path in itertools.islice(self._files(), _MOST_FILES)
            if type_of_file(path) is not ArtifactType.CUSTOM and (state := _state(path)) is not None
        }

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            for place, folders, names in os.walk(folder):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                yield from (Path(place, name) for name in names if not name.startswith("."))

    def _tell(self, *, at_once: bool = False) -> None:
        now = self._look()
        for path, state in now.items():
            if self._done.get(path) != state and (at_once or self._growing.get(path) == state):
                self._done[path] = state
                self._on_file(str(path))
        self._growing = now

    def stop(self) -> None:
        """Look for the last time."""
        self._pulse.stop()
        self._tell(at_once=True)


def _state(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # it is gone again
        return None
