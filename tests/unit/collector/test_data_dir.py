"""The data folder has one owner at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracehouse_collector.data_dir import DataDir, DataDirInUse


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    owned = DataDir(tmp_path / "a/b")

    assert owned.path.stat().st_mode & 0o777 == 0o700
    places = (owned.clickhouse, owned.spool, owned.dead_letters, owned.meta)
    assert all(place.parent == owned.path for place in places)
    owned.close()


def test_a_second_owner_is_told_which_process_has_it(tmp_path: Path) -> None:
    owned = DataDir(tmp_path)

    with pytest.raises(DataDirInUse, match=rf"in use by process {os.getpid()}:.*--data-dir"):
        DataDir(tmp_path)
    with pytest.raises(DataDirInUse):  # being refused changes nothing
        DataDir(tmp_path)
    owned.close()


def test_a_folder_that_was_let_go_can_be_had(tmp_path: Path) -> None:
    DataDir(tmp_path).close()

    DataDir(tmp_path).close()


def test_other_folders_are_free(tmp_path: Path) -> None:
    first, second = DataDir(tmp_path / "a"), DataDir(tmp_path / "b")

    first.close()
    second.close()


def test_a_path_under_a_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        DataDir(tmp_path / "file/data")
