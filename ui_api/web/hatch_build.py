"""The hook by which hatchling puts the web UI into a wheel. An sdist has it built already, so that
whoever installs from that needs no Node."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from npm import NODE_PACKAGE  # pyright: ignore[reportMissingImports]
from ui_build import build, is_stale  # pyright: ignore[reportMissingImports]


class BuildWebUi(BuildHookInterface[Any]):
    """Puts the UI into what is built; an editable installation is left to `make ui`."""

    def dependencies(self) -> list[str]:
        return [NODE_PACKAGE] if is_stale() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        if version != "editable" and is_stale():
            build()
