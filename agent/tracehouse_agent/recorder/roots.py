"""Where transcripts are, and what a file's place says of it.

Claude Code: `<root>/projects/<folder>/<session>.jsonl`, sub-agents in
`<session>/subagents/**/agent-<id>.jsonl`, in older versions beside the session. Codex:
`<root>/sessions/**/rollout-<time>-<thread>.jsonl` and `<root>/archived_sessions/`, perhaps `.zst`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CLAUDE, CODEX = "claude-code", "codex"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ROLLOUT = re.compile(rf"rollout-.*?({_UUID})\.jsonl(?:\.zst)?")
_SUBAGENT = re.compile(r"agent-([\w-]+)\.jsonl")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that one agent keeps its transcripts under."""

    agent: str
    path: Path


@dataclass(frozen=True, slots=True)
class Transcript:
    """A file. `key` is its identity, wherever it is moved to; `session` is empty where the place
    does not say it; `subagent` is the id of the sub-agent whose transcript it is."""

    agent: str
    key: str
    path: str
    session: str
    subagent: str
    size: int
    mtime_ns: int


def default_roots() -> list[Root]:
    """What the agents' own variables and defaults say, and Claude's desktop application."""
    home = Path.home()
    claude = [os.environ.get("CLAUDE_CONFIG_DIR") or "", str(home / ".claude")]
    codex = [os.environ.get("CODEX_HOME") or "", str(home / ".codex")]
    roots = [Root(CLAUDE, Path(path)) for path in dict.fromkeys(claude) if path]
    roots += [Root(CODEX, Path(path)) for path in dict.fromkeys(codex) if path]
    if sys.platform == "darwin":
        desktop = home / "Library/Application Support/Claude/local-agent-mode-sessions"
        roots += [Root(CLAUDE, found) for found in sorted(desktop.glob("**/local_*/.claude"))]
    return roots


def root_of(path: Path) -> list[Root]:
    """A folder that a user names: by what is in it, of the one agent or the other, or both."""
    if path.name in ("projects",):
        path = path.parent
    found: list[Root] = []
    if (path / "projects").is_dir() or not (path / "sessions").is_dir():
        found.append(Root(CLAUDE, path))
    if (path / "sessions").is_dir() or (path / "archived_sessions").is_dir():
        found.append(Root(CODEX, path))
    return found


def transcripts(roots: Sequence[Root]) -> Iterator[Transcript]:
    """Every transcript there is. Folders that cannot be read are passed over."""
    for root in roots:
        if root.agent == CLAUDE:
            yield from _claude(root)
        else:
            yield from _codex(root)


def _claude(root: Root) -> Iterator[Transcript]:
    projects = root.path / "projects"
    newest: dict[str, Transcript] = {}
    for entry in _files(str(projects), ".jsonl"):
        relative = Path(entry.path).relative_to(projects).parts
        found = _SUBAGENT.fullmatch(entry.name)
        subagent = found[1] if found else ""
        if "subagents" in relative[2:]:
            if not found:
                continue  # a workflow's journal
            session = relative[1]
        elif len(relative) != 2:
            continue  # results and histories
        else:
            session = "" if found else entry.name.removesuffix(".jsonl")
        # A session that is taken to another folder is the same one.
        key = f"{CLAUDE}:{root.path}:{'/'.join(relative[1:])}"
        made = _transcript(CLAUDE, key, entry, session, subagent)
        if made is not None and (key not in newest or made.mtime_ns > newest[key].mtime_ns):
            newest[key] = made
    yield from newest.values()


def _codex(root: Root) -> Iterator[Transcript]:
    plain: dict[str, Transcript] = {}
    for folder in ("sessions", "archived_sessions"):
        for entry in _files(str(root.path / folder), (".jsonl", ".jsonl.zst")):
            found = _ROLLOUT.fullmatch(entry.name)
            if found is None:
                continue
            key = f"{CODEX}:{root.path}:{entry.name.removesuffix('.zst')}"
            made = _transcript(CODEX, key, entry, found[1], "")
            # Where a file is there both ways, the plain one is written to.
            if made is not None and (key not in plain or not entry.name.endswith(".zst")):
                plain[key] = made
    yield from plain.values()


def _transcript(
    agent: str, key: str, entry: os.DirEntry[str], session: str, subagent: str
) -> Transcript | None:
    try:
        about = entry.stat()
    except OSError:
        return None
    return Transcript(agent, key, entry.path, session, subagent, about.st_size, about.st_mtime_ns)


def _files(
    folder: str, ending: str | tuple[str, ...], depth: int = _DEEPEST
) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if depth and entry.name not in ("tool-results", "file-history"):
                    yield from _files(entry.path, ending, depth - 1)
            elif entry.name.endswith(ending) and entry.is_file():
                yield entry
        except OSError:
            continue
