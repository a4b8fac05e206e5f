"""The filters of `Api.runs`: MongoDB's query language over what is stored of a run.

The operators are those of https://www.mongodb.com/docs/manual/reference/operator/query/ that ask
about a value: comparison, `$exists`, `$regex`, and `$and`, `$or`, `$nor`, `$not`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tracehouse_semconv.attributes import RunStatus

_MISSING = object()
# What wandb calls the properties of a run, as they are stored.
_PROPERTIES = {
    "state": "status",
    "display_name": "name",
    "displayName": "name",
    "created_at": "start_time",
    "createdAt": "start_time",
    "jobType": "job_type",
    "sweep": "sweep_id",
    "summary_metrics": "summary",
    "summaryMetrics": "summary",
}
_TIMES = ("start_time", "end_time", "heartbeat_time")


def asked_of_server(filters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of `/v1/runs` that leave out none of the runs that match."""
    found: dict[str, str] = {}
    if filters.get("state") in tuple(RunStatus):
        found["status"] = str(filters["state"])
    if isinstance(group := filters.get("group"), str):
        found["group"] = group
    return found


def matches(run: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether a run, as the API gives it, is among those asked for. Raises ValueError for what is
    no operator, or asks in a wrong way."""
    return all(_matches_one(run, name, asked) for name, asked in filters.items())


def _matches_one(run: Mapping[str, Any], name: str, asked: Any) -> bool:
    if name in ("$and", "$or", "$nor"):
        if not isinstance(asked, Sequence) or isinstance(asked, str) or not asked:
            raise ValueError(f"{name}: give a list of filters")
        found = [matches(run, one) for one in asked]  # pyright: ignore[reportUnknownVariableType]
        return all(found) if name == "$and" else any(found) == (name == "$or")
    if name.startswith("$"):
        raise ValueError(f"{name}: filters begin with a property, $and, $or or $nor")
    value = _value(run, name)
    if _is_operation(asked):
        return _meets(value, asked)
    return _equals(value, asked)


def _is_operation(asked: Any) -> bool:
    return isinstance(asked, Mapping) and any(str(key).startswith("$") for key in asked)  # pyright: ignore


def _value(run: Mapping[str, Any], name: str) -> Any:
    """What a run has under a dotted name; `_MISSING` where it has nothing of that name."""
    first, _, rest = name.partition(".")
    first = _PROPERTIES.get(first, first)
    value = run.get(first)
    if value is None:
        return _MISSING
    if first in _TIMES and isinstance(value, str):
        return _time(value)
    if not rest:
        return value
    # wandb's own database keeps a value of the config as {"value": …}.
    if first == "config" and _inside(value, rest) is _MISSING:
        rest = rest.removesuffix(".value")
    return _inside(value, rest)


def _inside(value: Any, name: str) -> Any:
    """A key may itself have dots: the longest that is there is taken."""
    if not isinstance(value, Mapping):
        return _MISSING
    if name in value:
        return value[name]  # pyright: ignore[reportUnknownVariableType]
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:count])
        if head in value:
            return _inside(value[head], ".".join(parts[count:]))
    return _MISSING


def _meets(value: Any, asked: Mapping[str, Any]) -> bool:
    if "$options" in asked and "$regex" not in asked:
        raise ValueError("$options: it goes with $regex")
    found = True
    for operator, operand in asked.items():
        if operator == "$options":
            continue
        if operator == "$regex":
            found &= _is_like(value, operand, str(asked.get("$options", "")))
        elif operator == "$not":
            inner = operand if isinstance(operand, Mapping) else {"$regex": operand}
            found &= not _meets(value, inner)  # pyright: ignore[reportUnknownArgumentType]
        elif operator in _OPERATORS:
            found &= _OPERATORS[operator](value, operand)
        else:
            known = ", ".join(("$not", "$regex", *_OPERATORS))
            raise ValueError(f"{operator} is none of {known}")
    return found


def _equals(value: Any, asked: Any) -> bool:
    """A list is equal to one of its items, too, and what is not there to null."""
    if value is _MISSING:
        return asked is None
    if isinstance(value, list) and not isinstance(asked, list):
        return any(_same(item, asked) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return _same(value, asked)


def _same(value: Any, asked: Any) -> bool:
    if isinstance(value, bool) != isinstance(asked, bool):
        return False  # in Python True is 1
    return value == (_time(asked) if isinstance(value, datetime) else asked)


def _one_of(value: Any, asked: Any) -> bool:
    if isinstance(asked, str) or not isinstance(asked, Sequence | set | frozenset):
        raise ValueError("$in and $nin: give a list")
    return any(_equals(value, one) for one in asked)  # pyright: ignore[reportUnknownVariableType]


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison: values of different types are never in an order."""

    def compare(value: Any, asked: Any) -> bool:
        if isinstance(value, list):
            return any(compare(item, asked) for item in value)  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, datetime):
            asked = _time(asked)
        numbers = all(isinstance(one, int | float) for one in (value, asked))
        booleans = sum(isinstance(one, bool) for one in (value, asked))
        same_type = (numbers and booleans != 1) or (
            isinstance(value, str | datetime) and type(value) is type(asked)
        )
        return same_type and holds(value, asked)

    return compare


def _is_like(value: Any, pattern: Any, options: str) -> bool:
    flags = re.NOFLAG
    for option in options:
        flags |= {"i": re.I, "m": re.M, "s": re.S, "x": re.X}.get(option, re.NOFLAG)
    try:
        expression = re.compile(pattern, flags)
    except (re.error, TypeError, ValueError) as error:
        raise ValueError(f"$regex: {error}") from None
    texts = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
    return any(isinstance(text, str) and bool(expression.search(text)) for text in texts)  # pyright: ignore[reportUnknownVariableType]


def _time(said: Any) -> Any:
    """A moment, with or without its offset from UTC; what is none stays as it is."""
    if isinstance(said, datetime):
        moment = said
    else:
        try:
            moment = datetime.fromisoformat(said)
        except (TypeError, ValueError):
            return said
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _equals,
    "$ne": lambda value, asked: not _equals(value, asked),
    "$gt": _compared(lambda value, asked: value > asked),
    "$gte": _compared(lambda value, asked: value >= asked),
    "$lt": _compared(lambda value, asked: value < asked),
    "$lte": _compared(lambda value, asked: value <= asked),
    "$in": _one_of,
    "$nin": lambda value, asked: not _one_of(value, asked),
    "$exists": lambda value, asked: (value is not _MISSING) == bool(asked),
}
