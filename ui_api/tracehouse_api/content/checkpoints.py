"""Checkpoints: spans that say what some files were, and may have kept what was in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

# How the span of one is known: the beginning of its name, and where it lists the files.
CHECKPOINT: Final = "checkpoint "
OUTPUT: Final = "langfuse.observation.output"


def kept_files(name: str, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files whose contents a checkpoint kept: `{path, sha256, size, pieces?}`. None for what
    is no checkpoint."""
    if not name.startswith(CHECKPOINT):
        return []
    try:
        said = json.loads(str(attributes.get(OUTPUT)))
    except (ValueError, RecursionError):
        return []
    files = said.get("files") if isinstance(said, dict) else None
    listed: list[Any] = files if isinstance(files, list) else []
    return [file for file in listed if isinstance(file, dict) and file.get("kept") is True]
