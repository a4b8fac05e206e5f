"""Making anything a program logs into something that can be stored."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

Scalar = float | int

_MAX_DEPTH = 64
_LARGEST_INT = 1 << 63


def valid_text(text: str) -> str:
    """Protobuf strings are UTF-8: what Python let in beside it (lone surrogates) is replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def as_scalar(value: Any) -> Scalar | None:
    """A number as Python's own: bool, numpy, torch, jax and Decimal scalars; None for all else.

    An array of one element without dimensions is a scalar; one with dimensions is not.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -_LARGEST_INT <= value < _LARGEST_INT else float(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (str, bytes, Mapping, Enum)):
        return None
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        found = value.item()
        return as_scalar(found) if isinstance(found, (bool, int, float)) else None
    if not hasattr(value, "__len__") and hasattr(value, "__float__"):
        return float(value)
    return None


def jsonable(value: Any, depth: int = 0) -> Any:
    """The nearest thing that JSON has: no NaN, keys are text, arrays are lists.

    What is none of the known kinds becomes its `repr`, cut at 1,000 characters.
    """
    if value is None or isinstance(value, (bool, str)):
        return valid_text(value) if isinstance(value, str) else value
    if isinstance(value, Enum):
        return jsonable(value.value, depth + 1)
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        items: Mapping[Any, Any] = value
        return {valid_text(str(k)): jsonable(v, depth + 1) for k, v in items.items()}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, (Sequence, Set)):
        elements: Any = value
        return [jsonable(item, depth + 1) for item in elements]
    return _foreign(value, depth)


def _foreign(foreign: object, depth: int) -> Any:
    value: Any = foreign
    for name in ("tolist", "model_dump", "_asdict"):
        convert = getattr(value, name, None)
        if callable(convert) and not isinstance(value, type):
            try:
                return jsonable(convert(), depth + 1)
            except Exception:  # noqa: S112 - then it is tried another way
                continue
    number = as_scalar(value) if not callable(value) else None
    if number is not None:
        return jsonable(number, depth + 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
        return jsonable(fields, depth + 1)
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return valid_text(repr(value)[:1000])


def to_json(value: Any) -> str:
    """Compact JSON of anything, by `jsonable`."""
    return json.dumps(jsonable(value), ensure_ascii=False, separators=(",", ":"))
