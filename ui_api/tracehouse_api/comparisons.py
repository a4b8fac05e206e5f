"""What a parameter such as `config.lr=>0.1` or `score.quality=good` asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"^(?P<operator>>=|<=|!=|>|<|=)?(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True)
class Comparison:
    """`operator` is one of SQL's. `number` is the value as one, where it is one."""

    operator: str
    value: str
    number: float | None


def parse_comparison(condition: str) -> Comparison:
    """A value, or one behind >, >=, <, <= or !=. Raises ValueError for a text that is to be
    compared by size."""
    match = _PATTERN.match(condition)
    assert match is not None, "the pattern takes everything"
    operator, value = match["operator"] or "=", match["value"]
    number = _float(value)
    if number is None and operator not in ("=", "!="):
        raise ValueError(f"{operator} compares numbers, and {value!r} is none")
    return Comparison(operator, value, number)


def _float(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if found - found == 0 else None
