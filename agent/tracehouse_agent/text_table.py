"""An answer in rows and columns, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_WIDEST = 60


def text_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lines of equal columns; long values are cut, numbers stand to the right.

    What a terminal could take for a command is shown as an escape: values are other people's.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    names = [_printable(name) for name in columns]
    widths = [max(map(len, cells)) for cells in zip(names, *shown, strict=True)]
    to_the_right = [
        all(isinstance(row[place], (int, float, type(None))) for row in rows)
        for place in range(len(names))
    ]

    def line(cells: Sequence[str]) -> str:
        placed = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, to_the_right, strict=True)
        )
        return "  ".join(placed).rstrip()

    return "\n".join((line(names), "  ".join("─" * width for width in widths), *map(line, shown)))


def _cell(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            text = _printable(value)
        case _:
            text = _printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _printable(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
