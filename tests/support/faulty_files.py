"""A file system in memory whose every operation can fail, and that can lose power.

What was written is volatile until it is synced; a new file's name is volatile until its directory
is synced. `crash` keeps what is durable and any prefix of the rest, as a disk may have written some
of it already.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tracehouse_collector.spool.files import AppendFile


@dataclass
class _Content:
    data: bytearray = field(default_factory=bytearray)
    durable: int = 0
    named: bool = False


class FaultyFiles:
    """Implements `Files`. `fail` arms the next operation of a kind with an errno."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.files: dict[Path, _Content] = {}
        self._armed: dict[str, int] = {}

    def fail(self, operation: str, code: int) -> None:
        self._armed[operation] = code

    def check(self, operation: str) -> None:
        """Raise what is armed for an operation, once."""
        code = self._armed.pop(operation, None)
        if code is not None:
            raise OSError(code, errno.errorcode[code])

    def crash(self) -> None:
        """Lose power: the durable part stays, and some of what was on its way."""
        self._armed.clear()
        for path, content in list(self.files.items()):
            if not content.named and self.random.random() < 0.5:
                del self.files[path]
                continue
            kept = self.random.randint(content.durable, max(content.durable, len(content.data)))
            del content.data[kept:]
            content.durable = len(content.data)
            content.named = True

    # --- Files --------------------------------------------------------------------------------

    def append(self, path: Path) -> AppendFile:
        self.check("create")
        return _Appending(self, self.files.setdefault(path, _Content()))

    def read(self, path: Path) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return bytes(self.files[path].data)

    def size(self, path: Path) -> int:
        return len(self.files[path].data)

    def list(self, directory: Path) -> list[str]:
        names = [path.name for path in self.files if path.parent == directory]
        self.random.shuffle(names)  # the order of a directory means nothing
        return names

    def make_directory(self, directory: Path) -> None:
        """Directories are not modelled."""

    def remove(self, path: Path) -> None:
        self.check("remove")
        self.files.pop(path, None)

    def truncate(self, path: Path, size: int) -> None:
        self.check("truncate")
        del self.files[path].data[size:]
        self.files[path].durable = min(self.files[path].durable, size)

    def replace(self, path: Path, content: bytes) -> None:
        self.check("replace")
        self.files[path] = _Content(bytearray(content), len(content), named=True)

    def sync_directory(self, directory: Path) -> None:
        self.check("sync_directory")
        for path, content in self.files.items():
            if path.parent == directory:
                content.named = True


class _Appending:
    def __init__(self, files: FaultyFiles, content: _Content) -> None:
        self._files = files
        self._content = content

    def write(self, buffers: Sequence[bytes]) -> None:
        whole = b"".join(buffers)
        try:
            self._files.check("write")
        except OSError:
            self._content.data += whole[: self._files.random.randint(0, len(whole))]
            raise
        self._content.data += whole

    def sync(self) -> None:
        self._files.check("sync")
        self._content.durable = len(self._content.data)

    def truncate(self, size: int) -> None:
        self._files.check("truncate")
        del self._content.data[size:]
        self._content.durable = min(self._content.durable, size)

    def close(self) -> None:
        self._files.check("close")
