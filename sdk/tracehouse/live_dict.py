"""Dictionaries whose changes are seen while the run is alive: its config and its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from tracehouse.values import to_json


class LiveDict(MutableMapping[str, Any]):
    """A dictionary that says when it was changed."""

    def __init__(self, values: Mapping[str, Any] | None, changed: Callable[[], None]) -> None:
        self._values = dict(values or {})
        self._changed = changed

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._changed()

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._changed()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def update(self, *others: Any, **values: Any) -> None:
        """Set several keys, as one change."""
        self._values.update(*others, **values)
        self._changed()

    def set_quietly(self, values: Mapping[str, Any]) -> None:
        """Set several keys; they are seen with the next change or heartbeat."""
        self._values.update(values)

    def replace(self, values: Mapping[str, Any]) -> None:
        """Be these values, and no others."""
        self._values = dict(values)
        self._changed()

    def __repr__(self) -> str:
        return repr(self._values)

    def as_json(self) -> str:
        """The whole as a JSON object."""
        return to_json(self._values)
