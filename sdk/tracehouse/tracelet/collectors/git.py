"""Which code an experiment runs."""

from __future__ import annotations

from typing import Any

from tracehouse.environment import capture_git, run_command
from tracehouse.tracelet.core.plugins import CollectorPlugin, PluginMetadata, PluginType


class GitCollector(CollectorPlugin):
    """The repository of the working directory: what a training run keeps of it (`commit`, `branch`,
    `dirty`, `remote`, `diff`), and `git_available`, `commit_message`, `commit_author`,
    `commit_datetime` and `untracked_files`. A detached HEAD has the branch `HEAD`."""

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("git", "1", PluginType.COLLECTOR, "the state of the repository")

    def collect(self) -> dict[str, Any]:
        found = capture_git()
        if not found:
            return {"git_available": False}
        last = run_command("git", "log", "-1", "--format=%s%x00%an%x00%aI") or ""
        message, author, date = [*last.strip("\n").split("\0"), "", "", ""][:3]
        others = run_command("git", "ls-files", "--others", "--exclude-standard") or ""
        return {
            "git_available": True,
            **found,
            "commit_message": message,
            "commit_author": author,
            "commit_datetime": date,
            "untracked_files": others.splitlines()[:1000],
        }
