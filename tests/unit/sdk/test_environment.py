"""What a run started with, without what is nobody's business."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tracehouse.environment import capture_environment, hide_secrets


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--api-key", "x", "y"], ["--api-key", "<hidden>", "y"]),
        (["--hf_token=x"], ["--hf_token=<hidden>"]),
        (["--password", "--lr", "1"], ["--password", "--lr", "1"]),
        (["https://me:x@host/p"], ["https://host/p"]),
        (["--lr=0.1", "tokenizer"], ["--lr=0.1", "tokenizer"]),
    ],
)
def test_secrets_on_the_command_line(arguments: list[str], shown: list[str]) -> None:
    assert hide_secrets(arguments) == shown


def test_git_with_its_difference_and_without_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@x")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    monkeypatch.chdir(tmp_path)
    assert "git" not in capture_environment()
    (tmp_path / "a.txt").write_text("before\n")
    git("init", "-q", "-b", "work")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("remote", "add", "origin", "https://me:sekrit@host/repo.git")
    (tmp_path / "a.txt").write_text("after\n")
    found = capture_environment()["git"]
    assert (found["branch"], found["dirty"]) == ("work", True)
    assert found["remote"] == "https://host/repo.git"
    assert "-before\n+after" in found["diff"]
    assert len(found["commit"]) == 40
