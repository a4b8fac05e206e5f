"""Changing one place of a JSON text and leaving every other byte as it is.

The text must be valid. Places are offsets into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an object or an element of an array: where it starts (the key, for a member),
    where its value starts, and where it ends. `key` is '' for an element."""

    start: int
    value: int
    end: int
    key: str = ""


def items(text: str, at: int) -> list[Item]:
    """What is in the object or array that begins at `at`."""
    return list(_items(text, at))


def _items(text: str, at: int) -> Iterator[Item]:
    is_object = text[at] == "{"
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        start, key = at, ""
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield Item(start, at, end, key)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def find(text: str, at: int, key: str) -> Item | None:
    """The member of that name. Raises ValueError where there are several."""
    found = [item for item in items(text, at) if item.key == key]
    if len(found) > 1:
        raise ValueError(f"{key!r} is there twice")
    return found[0] if found else None


def insert(text: str, at: int, value: Any, *, key: str = "", first: bool = False) -> str:
    """The text with one more member or element in what begins at `at`: at its end, or `first`."""
    present = items(text, at)
    newline = "\r\n" if "\r\n" in text else "\n"
    compact = "\n" not in text
    indent = _unit(text)
    inside = _line_indent(text, at) + indent
    dumped = (
        json.dumps(value, ensure_ascii=False)
        if compact
        else json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", newline + inside)
    )
    new = f"{json.dumps(key, ensure_ascii=False)}: {dumped}" if key else dumped
    if not present:
        end = _skip(text, at + 1)
        if compact:
            return text[: at + 1] + new + text[end:]
        return (
            text[: at + 1] + newline + inside + new + newline + _line_indent(text, at) + text[end:]
        )
    between = text[at + 1 : present[0].start]
    if first:
        return text[: present[0].start] + new + "," + (between or " ") + text[present[0].start :]
    return text[: present[-1].end] + "," + (between or " ") + new + text[present[-1].end :]


def remove(text: str, at: int, item: Item) -> str:
    """The text without one item of what begins at `at`."""
    present = items(text, at)
    place = present.index(item)
    if place + 1 < len(present):
        return text[: item.start] + text[present[place + 1].start :]
    if place:
        return text[: present[place - 1].end] + text[item.end :]
    return text[: at + 1] + text[_skip(text, item.end) :]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _unit(text: str) -> str:
    """What the text is indented by: the first indented line's indent, else two spaces."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _line_indent(text: str, at: int) -> str:
    line = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[line:at])
    return found[0] if found else ""
