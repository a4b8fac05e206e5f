"""The data folder: `clickhouse/ spool/ dead-letter/ blobs/ meta.db`, and whose it is."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def metadata_path(data_dir: Path) -> Path:
    """Where the metadata database is, unless a setting says otherwise."""
    return data_dir / "meta.db"


class DataDirInUse(Exception):
    """Another process owns this data folder."""


class DataDir:
    """A data folder that this process owns while it runs.

    Raises DataDirInUse when another process does, OSError when it cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._lock, 32).decode(errors="replace").strip()
            os.close(self._lock)
            raise DataDirInUse(
                f"the data folder {self.path} is in use by process {owner or 'unknown'}: "
                "stop it, or choose another folder with --data-dir"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    @property
    def clickhouse(self) -> Path:
        return self.path / "clickhouse"

    @property
    def spool(self) -> Path:
        return self.path / "spool"

    @property
    def dead_letters(self) -> Path:
        return self.path / "dead-letter"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def meta(self) -> Path:
        return metadata_path(self.path)

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)
