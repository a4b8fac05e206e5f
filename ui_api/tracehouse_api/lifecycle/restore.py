"""Bringing a backup back, as a data folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from tracehouse_api.lifecycle.backup import FORMAT, MANIFEST, files_in, sha256_of
from tracehouse_collector.data_dir import DataDir


class NotRestored(Exception):
    """A backup that cannot be brought back, or not there; the message says why."""


def restore(backup: Path, data_dir: Path) -> dict[str, Any]:
    """Make a data folder of a backup; its manifest. Every file is checked before the folder is
    there. Raises NotRestored, DataDirInUse and OSError."""
    manifest = _manifest(backup)
    target = data_dir.expanduser().resolve()
    if target.is_relative_to(backup.resolve()):
        raise NotRestored(f"{target} lies inside the backup: choose another folder")
    if (target / "lock").exists():
        DataDir(target).close()  # tells whether somebody uses it
    if target.exists() and any(target.iterdir()):
        raise NotRestored(f"{target} is not empty: choose a new folder")
    unfinished = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        for name, known in manifest["files"].items():
            _copy(backup / name, unfinished / name, known)
        unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _manifest(backup: Path) -> dict[str, Any]:
    try:
        manifest: Any = json.loads((backup / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise NotRestored(f"{backup} holds no finished backup: {MANIFEST} is missing") from None
    except ValueError:
        raise NotRestored(f"{backup / MANIFEST} is damaged") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:  # pyright: ignore[reportUnknownMemberType]
        raise NotRestored(f"{backup} was made by another version: restore it with that")
    files: Any = manifest.get("files")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(files, dict):
        raise NotRestored(f"{backup / MANIFEST} is damaged: it names no files")
    named = {str(name) for name in files}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if bad := next((name for name in sorted(named) if not _stays_inside(name)), None):
        raise NotRestored(f"{backup / MANIFEST} names {bad!r}, which lies outside the backup")
    there = {path.relative_to(backup).as_posix() for path in files_in(backup)} - {MANIFEST}
    if missing := sorted(named - there):
        raise NotRestored(f"{backup} is damaged: {missing[0]} is missing")
    return manifest  # pyright: ignore[reportUnknownVariableType]


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _copy(source: Path, target: Path, known: Any) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_symlink():
        raise NotRestored(f"{source} is a link: a backup has none")
    shutil.copyfile(source, target)
    target.chmod(0o600)
    is_whole = isinstance(known, dict) and sha256_of(target) == known.get("sha256")  # pyright: ignore[reportUnknownMemberType]
    if not is_whole:
        raise NotRestored(f"{source} is damaged: its content is not what was backed up")
