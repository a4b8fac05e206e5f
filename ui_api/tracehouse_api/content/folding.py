"""Indexed keys (`llm.input_messages.0.message.role`) folded into lists and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LARGEST_INDEX = 10_000
_DEEPEST = 32


class _Tree(dict[str, Any]):
    """What is being folded; a plain dictionary is a value, and the caller's."""


def folded(attributes: Mapping[str, Any], prefix: str) -> Any:
    """What stands under `PREFIX.`: numbers become places in a list (gaps close up), names members
    of an object. None where there is nothing."""
    root = _Tree()
    start = f"{prefix}."
    for key, value in attributes.items():
        if not key.startswith(start):
            continue
        path = key[len(start) :].split(".", _DEEPEST)
        at = root
        for step in path[:-1]:
            inner = at.get(step)
            if not isinstance(inner, _Tree):
                inner = at[step] = _Tree() if inner is None else _Tree({"": inner})
            at = inner
        last = path[-1]
        known = at.get(last)
        if isinstance(known, _Tree):
            known[""] = value
        else:
            at[last] = value
    return _listed(root) if root else None


def _listed(value: Any) -> Any:
    if not isinstance(value, _Tree):
        return value
    if all(step.isascii() and step.isdigit() and len(step) <= 5 for step in value):
        places = sorted(value, key=int)
        if int(places[-1]) <= _LARGEST_INDEX:
            return [_listed(value[place]) for place in places]
    return {step: _listed(inner) for step, inner in value.items()}
