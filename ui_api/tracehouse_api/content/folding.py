"""Indexed keys (`llm.input_messages.0.message.role`) folded into lists and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

_LARGEST_INDEX = 10_000
_DEEPEST = 32


def folded(attributes: Mapping[str, Any], prefix: str) -> Any:
    """What stands under `PREFIX.`: numbers become places in a list (gaps close up), names members
    of an object. None where there is nothing."""
    root: dict[str, Any] = {}
    start = f"{prefix}."
    for key, value in attributes.items():
        if not key.startswith(start):
            continue
        path = key[len(start) :].split(".", _DEEPEST)
        at = root
        for step in path[:-1]:
            inner = at.get(step)
            if not isinstance(inner, dict):
                inner = at[step] = {} if inner is None else {"": inner}
            at = cast("dict[str, Any]", inner)
        last = path[-1]
        if isinstance(at.get(last), dict):
            at[last][""] = value
        else:
            at[last] = value
    return _listed(root) if root else None


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    tree = cast("dict[str, Any]", value)
    if tree and all(step.isascii() and step.isdigit() and len(step) <= 5 for step in tree):
        places = sorted(tree, key=int)
        if int(places[-1]) <= _LARGEST_INDEX:
            return [_listed(tree[place]) for place in places]
    return {step: _listed(inner) for step, inner in tree.items()}
