"""Builds the web UI where it is not built, or older than its sources.

python ui_api/web/ui_build.py [script …]

Then runs the scripts of `package.json` that are named.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from npm import install, is_older, npm  # pyright: ignore[reportMissingImports]

WEB = Path(__file__).parent
INDEX = WEB.parent / "tracehouse_api/static/index.html"
_SOURCES = ("src", "scripts", "index.html", "package.json", "package-lock.json", "vite.config.ts")


def is_stale() -> bool:
    """Whether there is no build, or one that is older than what it is made from."""
    return is_older(INDEX, WEB, _SOURCES)


def build() -> None:
    """Install what the build needs, as locked, and build. Raises CalledProcessError."""
    install(WEB)
    run("build")


def run(script: str) -> None:
    """Run a script of `package.json`. Raises CalledProcessError."""
    npm(WEB, "run", script)


if __name__ == "__main__":
    if is_stale():
        build()
    for script in sys.argv[1:]:
        run(script)
