"""A lock that a process holds on a file as long as it lives, however it ends.

Node has no such locks. Its SDK writes into the file which process holds it, and when that started.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed; None when another process has it.

    Raises OSError when the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    holder = os.read(descriptor, 64)
    os.lseek(descriptor, 0, os.SEEK_SET)  # who locks may write there
    if _is_alive(holder):
        os.close(descriptor)
        return None
    return descriptor


def _is_alive(holder: bytes) -> bool:
    """Whether the process of `<process id> <start>` runs; the start is 0 where it is not known."""
    pid, _, start = holder.partition(b" ")
    if not pid.isdigit() or not int(pid):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is another user's
    return start in (b"0", process_start(int(pid)))


def process_start(pid: int) -> bytes:
    """When a process started, in the system's own count; 0 where it does not say."""
    try:
        # The 22nd field; the second is in parentheses and may hold spaces.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split(b" ")[19]
    except (OSError, IndexError):
        return b"0"
