"""GitCollector and SystemMetricsCollector."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tracehouse.tracelet import GitCollector, SystemMetricsCollector


def test_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=e@x")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert GitCollector().collect() == {"git_available": False}
    (tmp_path / "a.txt").write_text("before\n")
    git("init", "-q", "-b", "work")
    git("add", ".")
    git("commit", "-q", "-m", "first words")
    clean = GitCollector().collect()
    assert (clean["branch"], clean["dirty"], clean["untracked_files"]) == ("work", False, [])
    assert (clean["commit_message"], clean["commit_author"]) == ("first words", "Ada")
    (tmp_path / "a.txt").write_text("after\n")
    (tmp_path / "new.txt").write_text("")
    git("checkout", "-q", "--detach")
    found = GitCollector().collect()
    assert (found["branch"], found["dirty"]) == ("HEAD", True)
    assert found["untracked_files"] == ["new.txt"]
    assert "+after" in found["diff"]


def test_the_machine() -> None:
    found = SystemMetricsCollector().collect()
    assert found["cpu_count"] >= 1
    assert found["memory_total"] > 1e8
    assert 0 < found["system/ram.used_pct"] <= 100
