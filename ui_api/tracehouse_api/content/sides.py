"""What went into a span and came out of it, as one value each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracehouse_api.content.content import content_of
from tracehouse_api.spans import attributes_of
from tracehouse_api.values import text

_SAID = ("langfuse.observation", "langfuse.trace", "tracehouse.evaluation")


def input_and_output(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """As the emitter said it where it said it in one value, else the messages, or a tool's
    arguments and result."""
    said = attributes_of(dict(row), "attribute")
    sides = tuple(
        next(
            (parsed(said[f"{name}.{side}"]) for name in _SAID if f"{name}.{side}" in said),
            None,
        )
        for side in ("input", "output")
    )
    if sides != (None, None):
        return sides[0], sides[1]
    kind = text(row["kind"])
    content = content_of(said, kind=kind)
    if kind == "tool":
        return content.get("arguments"), content.get("result")
    return content["input"] or None, content["output"] or None


def parsed(value: Any) -> Any:
    """What a text of JSON says; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
