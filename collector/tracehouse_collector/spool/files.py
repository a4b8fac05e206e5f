"""The few things the spool asks of a file system, so that tests can make each of them fail."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_MAX_BUFFERS = 512  # well under IOV_MAX (1024 on Linux)


class AppendFile(Protocol):
    """A file that grows at its end."""

    def write(self, buffers: Sequence[bytes]) -> None:
        """Append all of it, or raise OSError with some of it appended."""
        ...

    def sync(self) -> None:
        """Return once all that was appended survives a power cut."""
        ...

    def truncate(self, size: int) -> None: ...
    def close(self) -> None: ...


class Files(Protocol):
    """A file system."""

    def append(self, path: Path) -> AppendFile: ...
    def read(self, path: Path) -> bytes: ...
    def size(self, path: Path) -> int: ...
    def list(self, directory: Path) -> list[str]: ...
    def make_directory(self, directory: Path) -> None: ...
    def remove(self, path: Path) -> None: ...
    def truncate(self, path: Path, size: int) -> None: ...
    def replace(self, path: Path, content: bytes) -> None:
        """Give a file new content in one step: after a crash it has the old or the new one."""
        ...

    def sync_directory(self, directory: Path) -> None:
        """Return once files created in and removed from it stay so."""
        ...


class _OsAppendFile:
    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, buffers: Sequence[bytes]) -> None:
        for first in range(0, len(buffers), _MAX_BUFFERS):
            pending = list(buffers[first : first + _MAX_BUFFERS])
            while pending:
                written = os.writev(self._fd, pending)
                while pending and written >= len(pending[0]):
                    written -= len(pending.pop(0))
                if pending and written:
                    pending[0] = pending[0][written:]

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        os.close(self._fd)


class OsFiles:
    """The operating system's."""

    def append(self, path: Path) -> AppendFile:
        return _OsAppendFile(path)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def size(self, path: Path) -> int:
        return path.stat().st_size

    def list(self, directory: Path) -> list[str]:
        return sorted(entry.name for entry in os.scandir(directory))

    def make_directory(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def truncate(self, path: Path, size: int) -> None:
        os.truncate(path, size)
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def replace(self, path: Path, content: bytes) -> None:
        temporary = path.with_name(f".{path.name}.new")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(fd, content)
            os.fsync(fd)
        finally:
            os.close(fd)
        temporary.replace(path)
        self.sync_directory(path.parent)

    def sync_directory(self, directory: Path) -> None:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
