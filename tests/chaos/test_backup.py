"""A backup is made while everything runs, and holds what was acknowledged before it began."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.counting import SIGNALS, CountingClient, stored
from tests.support.server import Server


def ask_for_backup(server: Server, **document: Any) -> httpx.Response:
    return server.client.post(
        f"{server.http}/v1/admin/backup", json=document, headers=server.headers
    )


def tracehouse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracehouse_agent.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=home,
        env=os.environ | {"XDG_CONFIG_HOME": str(home / "config")},
    )


@dataclass
class BackedUp:
    """A server that was killed after its backup, and what was acknowledged before that began."""

    home: Path
    folder: Path
    acknowledged: dict[str, set[int]]
    blob: bytes


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    home = tmp_path_factory.mktemp("backup")
    blob = b"a file" * 1000
    with Server(home) as server:
        sha256 = hashlib.sha256(blob).hexdigest()
        server.client.put(f"{server.http}/v1/blobs/{sha256}", content=blob, headers=server.headers)
        server.client.post(
            f"{server.http}/v1/datasets", json={"name": "kept"}, headers=server.headers
        )
        with CountingClient(server, pause=0) as client:
            client.wait_for(100)
            acknowledged = {signal: set(client.acknowledged[signal]) for signal in SIGNALS}
            made = tracehouse(home, "backup", "nightly/first")
            client.wait_for(20)
        server.kill()
    assert made.returncode == 0, made.stderr
    return BackedUp(home, home / "data/backups/nightly/first", acknowledged, blob)


def test_what_was_acknowledged_before_is_there_elsewhere(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    # Nothing but the backup is left of the old server.
    moved = tmp_path / "moved"
    shutil.copytree(backed_up.folder, moved)
    done = tracehouse(tmp_path, "restore", str(moved), "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    shutil.copytree(backed_up.home / "config", tmp_path / "config")
    with Server(tmp_path) as server:
        server.settle(timeout=60)
        for signal in SIGNALS:
            found = stored(server, signal)
            assert backed_up.acknowledged[signal] - found.keys() == set(), signal
            assert {number for number, times in found.items() if times != 1} == set(), signal
        assert server.get("/v1/datasets/kept").status_code == 200
        sha256 = hashlib.sha256(backed_up.blob).hexdigest()
        (kept,) = (server.data_dir / "blobs").rglob(sha256)
        assert kept.read_bytes() == backed_up.blob
        # It can be written to and backed up like any other.
        assert ask_for_backup(server).status_code == 201
        for folder in ("../outside", "/elsewhere", "", "a/../.."):
            answer = ask_for_backup(server, folder=folder or ".")
            assert (answer.status_code, "below" in answer.text) == (422, True), folder
        assert ask_for_backup(server, folder=7).status_code == 422


def refused(home: Path, backup: Path, data_dir: Path) -> str:
    done = tracehouse(home, "restore", str(backup), "--data-dir", str(data_dir))
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_nothing_is_restored_over_what_is_there(backed_up: BackedUp, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/something").touch()
    assert "not empty" in refused(tmp_path, backed_up.folder, tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["something"]


@pytest.mark.parametrize("damage", ["changed", "missing", "unfinished", "outside", "foreign"])
def test_a_damaged_backup_is_refused(backed_up: BackedUp, tmp_path: Path, damage: str) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(backed_up.folder, backup)
    manifest = json.loads((backup / "manifest.json").read_text())
    if damage == "changed":
        with (backup / "meta.db").open("r+b") as file:
            file.seek(100)
            file.write(b"\0damage\0")
    elif damage == "missing":
        (backup / "meta.db").unlink()
    elif damage == "unfinished":
        (backup / "manifest.json").unlink()
    else:
        changed = {"outside": {"files": {"../../evil": {}}}, "foreign": {"format": 99}}[damage]
        (backup / "manifest.json").write_text(json.dumps(manifest | changed))
    said = refused(tmp_path, backup, tmp_path / "data")
    expected = {
        "changed": "meta.db is damaged", "missing": "meta.db is missing",
        "unfinished": "no finished backup", "outside": "outside the backup",
        "foreign": "another version",
    }  # fmt: skip
    assert expected[damage] in said
    assert not (tmp_path / "data").exists()
    assert not (tmp_path.parent / "evil").exists()
