"""What the calls of a client of models are, and what is read of a call and of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from tracehouse.values import jsonable

Json = dict[str, Any]
Asked = tuple[Any, Json]
"""What the model was given, and with which parameters."""


@dataclass(frozen=True)
class Answer:
    """What a call gave back. `usage`: as the client has it."""

    output: Any = None
    usage: Any = None
    model: str | None = None
    id: str | None = None
    finish_reasons: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """A call that is recorded.

    `asked` reads a request's body, and `answered` an answer: an object of the client's, or the
    mapping that `joined` makes of the pieces of a streamed one. `has_token`: whether a piece
    brings some of the answer, and does not only announce it.
    """

    name: str
    asked: Callable[[Json], Asked]
    answered: Callable[[Any], Answer]
    joined: Callable[[Sequence[Any]], Any]
    has_token: Callable[[Any], bool]
    kind: Literal["generation", "embedding"] = "generation"


def field(value: Any, name: str) -> Any:
    """A field of a mapping or of an object; None where there is none."""
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name)
    return getattr(value, name, None)


def fields(value: Any, names: Iterable[str]) -> Json:
    """Those of the fields that are there."""
    found = {name: field(value, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def plain(value: Any) -> Any:
    """An object of a client's as JSON has it, without what is None."""
    return _without_none(jsonable(value))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("Json", value).items()
        return {name: _without_none(inner) for name, inner in items if inner is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in cast("list[Any]", value)]
    return value


def copied(value: Any) -> Any:
    """Of a list a copy: the caller may add to theirs while the answer is on its way."""
    return [*cast("list[Any]", value)] if isinstance(value, list) else value


def without(body: Mapping[str, Any], *names: str) -> Json:
    """A body's other fields: the parameters."""
    return {name: value for name, value in body.items() if name not in names}
