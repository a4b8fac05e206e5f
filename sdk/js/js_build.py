"""Builds the JavaScript SDK where it is not built, or older than its sources.

python sdk/js/js_build.py [script …]

Then runs the scripts of `package.json` that are named.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "ui_api/web"))

from npm import install, is_older, npm  # pyright: ignore[reportMissingImports]

PACKAGE = Path(__file__).parent
BUILT = PACKAGE / "dist/types-cjs/package.json"  # it is written last
_SOURCES = ("src", "scripts", "package.json", "package-lock.json", "tsconfig.json")


def is_stale() -> bool:
    """Whether there is no build, or one that is older than what it is made from."""
    return is_older(BUILT, PACKAGE, _SOURCES)


if __name__ == "__main__":
    if is_stale():
        install(PACKAGE)
        npm(PACKAGE, "run", "--silent", "build")
    for script in sys.argv[1:]:
        npm(PACKAGE, "run", script)
