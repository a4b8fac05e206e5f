"""From bytes to rows: one JSON object a line, and what is found instead.

Another program may have rewritten a transcript without its last newline, so that two objects stand
on one line; a crash may have left half an object with a whole one behind it. Whole objects are
read, the rest is counted.
"""

from __future__ import annotations

import json
from typing import Any

_DECODER = json.JSONDecoder()
_STARTS = ('{"type"', '{"parentUuid"', '{"timestamp"', '{"uuid"')
_MOST_ATTEMPTS = 64
# Rows that are no rows of a transcript would nest for ever.
_TOO_ODD = (ValueError, RecursionError)


def rows_of(line: bytes) -> tuple[list[dict[str, Any]], int]:
    """The objects on a line, and how many pieces of it are none."""
    stripped = line.strip()
    if not stripped:
        return [], 0
    try:
        row = json.loads(stripped)
    except UnicodeDecodeError:
        return _salvage(stripped.decode("utf-8", "replace"))
    except _TOO_ODD:
        return _salvage(stripped.decode("utf-8", "replace"))
    return ([row], 0) if isinstance(row, dict) else ([], 1)


def is_whole(line: bytes) -> bool:
    """Whether a line without its newline is an object already."""
    try:
        return isinstance(json.loads(line), dict)
    except _TOO_ODD:
        return False


def _salvage(text: str) -> tuple[list[dict[str, Any]], int]:
    rows: list[dict[str, Any]] = []
    broken = 0
    at = 0
    for _ in range(_MOST_ATTEMPTS):
        while at < len(text) and text[at] in " \t\r\x00":
            at += 1
        if at >= len(text):
            return rows, broken
        try:
            row, at = _DECODER.raw_decode(text, at)
        except _TOO_ODD:
            broken += 1
            following = [found for start in _STARTS if (found := text.find(start, at + 1)) > 0]
            if not following:
                return rows, broken
            at = min(following)
            continue
        if isinstance(row, dict):
            rows.append(row)  # pyright: ignore[reportUnknownArgumentType]
        else:
            broken += 1
    return rows, broken + 1
