"""A lock on a file: one at a time, and its content is the holder's."""

from __future__ import annotations

import os
from pathlib import Path

from tracehouse.recorder.locking import process_start, try_lock


def test_one_at_a_time(tmp_path: Path) -> None:
    first = try_lock(tmp_path / "lock")
    assert first is not None
    assert try_lock(tmp_path / "lock") is None
    os.close(first)
    again = try_lock(tmp_path / "lock")
    assert again is not None
    os.close(again)


def test_what_a_holder_writes_begins_where_the_file_does(tmp_path: Path) -> None:
    for holder in (b"123456", b"7"):
        lock = try_lock(tmp_path / "lock")
        assert lock is not None
        os.ftruncate(lock, 0)
        os.write(lock, holder)
        os.close(lock)
        assert (tmp_path / "lock").read_bytes() == holder


def test_a_process_that_cannot_lock_holds_it_by_its_name_as_long_as_it_lives(
    tmp_path: Path,
) -> None:
    (tmp_path / "lock").write_bytes(b"%d %s" % (os.getpid(), process_start(os.getpid())))
    assert try_lock(tmp_path / "lock") is None
    (tmp_path / "lock").write_bytes(b"%d 1" % os.getpid())  # another had its number before
    lock = try_lock(tmp_path / "lock")
    assert lock is not None
    os.close(lock)
