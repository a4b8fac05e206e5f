"""Pieces of Markdown, safe for text that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST_CELL = 300
_MOST_ROWS = 500


def without_comments(text: str) -> str:
    """Text that opens no comment: the marks around our section of a README are comments."""
    return text.replace("<!--", "<!\u200b--").replace("-->", "--\u200b>")


def plain(text: str) -> str:
    """Text on one line, in which nothing is markup."""
    line = without_comments(" ".join(text.split()))
    for mark in ("\\", "`", "*", "_", "[", "]", "<", "|"):
        line = line.replace(mark, f"\\{mark}")
    return line


def code(text: str) -> str:
    """Text as it is, on one line, in code."""
    line = without_comments(" ".join(text.split())).replace("`", "'")
    return f"`{line}`" if line else ""


def link(text: str, url: str) -> str:
    """A link; what could end the address early is escaped."""
    for mark, escaped in ((" ", "%20"), ("(", "%28"), (")", "%29"), ("<", "%3C")):
        url = url.replace(mark, escaped)
    return f"[{plain(text)}]({url})"


def value(found: Any) -> str:
    """A value in a cell."""
    shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    if len(shown) > _LONGEST_CELL:
        shown = f"{shown[:_LONGEST_CELL]}…"
    return plain(shown)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are Markdown already; long ones end by saying how much is left out."""
    heads = list(heads)
    lines = [_row(cells) for cells in rows]
    more = len(lines) - _MOST_ROWS
    left_out = [f"\n… and {more} more"] if more > 0 else []
    return "\n".join([_row(heads), _row("---" for _ in heads), *lines[:_MOST_ROWS], *left_out])


def values_table(what: str, found: Mapping[str, Any]) -> str:
    """A table of names and values."""
    return table((what, "value"), ((_name(name), value(found[name])) for name in sorted(found)))


def _name(name: str) -> str:
    return code(name).replace("|", "\\|")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
