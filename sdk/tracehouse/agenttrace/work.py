"""What an agent does beside talking to models: files, commands, checkpoints, commits."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from tracehouse.artifacts import describe_file

_LONGEST_OUTPUT = 100_000
_LONGEST_DIFF = 200_000
_GIT_SECONDS = 5.0
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_OPERATIONS = frozenset(
    ("create", "read", "update", "delete", "rename", "copy", "move", "chmod")
)  # fmt: skip


@dataclass(frozen=True)
class CheckpointInfo:
    """The state of some files. `git_commit_sha` is empty outside of a repository."""

    id: str
    name: str
    git_commit_sha: str
    git_branch: str | None
    files: tuple[dict[str, Any], ...]
    total_files: int
    total_size_bytes: int


@dataclass(frozen=True)
class GitState:
    """A repository's head, and what is changed. `branch` is None where the head is detached."""

    commit_sha: str = ""
    branch: str | None = None
    repo_url: str | None = None
    message: str | None = None
    author: str | None = None
    files_changed: tuple[str, ...] = ()
    additions: int = 0
    deletions: int = 0


def file_operation(
    operation: str | Enum, path: str, before: str | None, after: str | None, new_path: str | None
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """What was done, to what, and what came of it: hashes, counted lines, a unified diff. Raises
    ValueError for an operation that is none."""
    said = operation.value if isinstance(operation, Enum) else operation
    name = "update" if said == "edit" else str(said)
    if name not in _OPERATIONS:
        raise ValueError(f"operation: choose of {', '.join(sorted(_OPERATIONS))}")
    asked = {"operation": name, "path": str(path), **({"new_path": new_path} if new_path else {})}
    done: dict[str, Any] = {}
    for side, content in (("before", before), ("after", after)):
        if content is not None:
            encoded = content.encode("utf-8", "replace")
            done[f"sha256_{side}"] = hashlib.sha256(encoded).hexdigest()
            done[f"bytes_{side}"] = len(encoded)
    if before is not None or after is not None:
        lines = list(
            difflib.unified_diff(
                (before or "").splitlines(), (after or "").splitlines(),
                f"a/{path}", f"b/{new_path or path}", lineterm="",
            )
        )  # fmt: skip
        changes = lines[2:]
        done["lines_added"] = sum(line.startswith("+") for line in changes)
        done["lines_removed"] = sum(line.startswith("-") for line in changes)
        diff = "\n".join(lines)
        done["diff"] = diff[:_LONGEST_DIFF]
        done["diff_truncated"] = len(diff) > _LONGEST_DIFF
    return name, asked, done


def kept_output(stdout: str | bytes | None, stderr: str | bytes | None) -> dict[str, Any]:
    """What a command wrote, at most 100,000 characters of each, and whether that was all."""
    kept: dict[str, Any] = {}
    for name, written in (("stdout", stdout), ("stderr", stderr)):
        text = written.decode("utf-8", "replace") if isinstance(written, bytes) else written or ""
        kept[name] = text[:_LONGEST_OUTPUT]
        kept[f"{name}_truncated"] = len(text) > _LONGEST_OUTPUT
    return kept


def checkpoint_of(
    name: str,
    files: Iterable[str | os.PathLike[str]],
    keep: Callable[[str, bytes], None] | None,
) -> CheckpointInfo:
    """The files' state. One that cannot be read is listed as missing. `keep(sha256, content)` is
    given what is to be uploaded, where the contents are to be kept."""
    found: list[dict[str, Any]] = []
    for file in files:
        try:
            entry = describe_file(str(file), Path(file), keep or _left)
        except (OSError, TypeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            found.append({"path": str(file), "missing": True, "reason": reason})
            continue
        found.append(entry if keep is None else entry | {"kept": True})
    git = git_state(heads_only=True)
    there = [file for file in found if "sha256" in file]
    return CheckpointInfo(
        uuid.uuid4().hex, name, git.commit_sha, git.branch, tuple(found), len(there),
        sum(file["size"] for file in there),
    )  # fmt: skip


def _left(sha256: str, content: bytes) -> None:
    """The content stays where it is."""


def git_state(*, heads_only: bool = False) -> GitState:
    """The repository that the program runs in; empty outside of one. 5 s a question at most."""
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return GitState()
    branch = _git("symbolic-ref", "--short", "-q", "HEAD") or None
    if heads_only:
        return GitState(commit, branch)
    remote = _git("remote", "get-url", "origin")
    changes = [line.split("\t") for line in _git("diff", "HEAD", "--numstat").splitlines()]
    untracked = _git("ls-files", "--others", "--exclude-standard").splitlines()
    return GitState(
        commit,
        branch,
        _CREDENTIALS.sub("//", remote) if remote else None,
        _git("log", "-1", "--format=%s") or None,
        _git("log", "-1", "--format=%an") or None,
        tuple([change[-1] for change in changes] + untracked),
        sum(int(change[0]) for change in changes if change[0].isdigit()),
        sum(int(change[1]) for change in changes if change[0].isdigit()),
    )


def as_said(state: CheckpointInfo | GitState) -> dict[str, Any]:
    """As a dictionary, without what is None."""
    return {name: value for name, value in asdict(state).items() if value is not None}


def _git(*arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [program, *arguments], capture_output=True, timeout=_GIT_SECONDS, check=False,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
