"""A run's summary: the last value of each key, unless it was defined or set otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from tracehouse.values import jsonable


class Summary(MutableMapping[str, Any]):
    """Values by key, as attributes and as items. What is set by hand is kept until the key is
    logged again."""

    def __init__(self, set_by_hand: Callable[[dict[str, Any]], None]) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_set_by_hand", set_by_hand)

    def record(self, values: Mapping[str, Any]) -> None:
        """What was logged, by keys with dots: shown nested."""
        for key, value in values.items():
            at: dict[str, Any] = self._values
            *path, last = key.split(".") if "." in key else (key,)
            for part in path:
                inner = at.get(part)
                at = at.setdefault(part, {}) if isinstance(inner, dict) or inner is None else at
            at[last] = value

    def load(self, values: Mapping[str, Any]) -> None:
        """What an earlier part of the run had."""
        self._values.update(values)

    def update(self, *others: Any, **values: Any) -> None:
        """Set several keys by hand."""
        given = {**dict(*others), **values}
        self._values.update(given)
        self._set_by_hand({key: jsonable(value) for key, value in given.items()})

    def as_dict(self) -> dict[str, Any]:
        """All of it."""
        return dict(self._values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._values.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)
