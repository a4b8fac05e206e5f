"""A run's configuration: set once, changed only on purpose."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping
from pathlib import Path
from typing import Any

from tracehouse.values import jsonable


class ConfigError(Exception):
    """A value was changed without `allow_val_change`."""


class Config:
    """Hyper-parameters, as attributes and as items.

    A key that has a value keeps it: setting another one raises ConfigError unless
    `allow_val_change` is given. Values are kept as JSON has them.
    """

    def __init__(self, changed: Callable[[dict[str, Any]], None] | None = None) -> None:
        object.__setattr__(self, "_items", {})
        object.__setattr__(self, "_locked", set())
        object.__setattr__(self, "_changed", changed or (lambda _: None))
        object.__setattr__(self, "_allow", False)

    def _set(self, values: Mapping[str, Any], allow_val_change: bool | None) -> None:
        allowed = self._allow if allow_val_change is None else allow_val_change
        new: dict[str, Any] = {}
        for name, value in values.items():
            key = str(name).strip("-")
            if key in self._locked:
                continue
            item = jsonable(value)
            if key in self._items and self._items[key] != item and not allowed:
                raise ConfigError(
                    f'Attempted to change value of key "{key}" from {self._items[key]} to {item}\n'
                    "If you really want to do this, pass allow_val_change=True to config.update()"
                )
            new[key] = item
        self._items.update(new)
        self._changed(dict(self._items))

    def update(self, d: Any, allow_val_change: bool | None = None) -> None:
        """Set what a dictionary, a namespace, absl flags or a YAML file hold."""
        self._set(as_mapping(d), allow_val_change)

    def setdefaults(self, d: Any) -> None:
        """Set the keys that have no value yet."""
        self._set({k: v for k, v in as_mapping(d).items() if k not in self._items}, None)

    def lock(self, values: Mapping[str, Any]) -> None:
        """Set values that nothing changes any more: those of a sweep."""
        self._set(values, allow_val_change=True)
        self._locked.update(values)

    def allow_changes(self) -> None:
        """From now on values may be changed freely."""
        object.__setattr__(self, "_allow", True)

    def as_dict(self) -> dict[str, Any]:
        """All of it."""
        return dict(self._items)

    def get(self, key: str, default: Any = None) -> Any:
        return self._items.get(key, default)

    def keys(self) -> KeysView[str]:
        return self._items.keys()

    def items(self) -> ItemsView[str, Any]:
        return self._items.items()

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._set({key: value}, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._set({name: value}, None)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


def as_mapping(value: Any) -> dict[str, Any]:
    """A dictionary from whatever `init(config=…)` and `config.update` take. Raises TypeError."""
    if value is None:
        return {}
    if isinstance(value, Config):
        return value.as_dict()
    if isinstance(value, (str, Path)):
        return _yaml(Path(value))
    if hasattr(value, "flag_values_dict"):  # absl
        return dict(value.flag_values_dict())
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType]
    if hasattr(value, "__dict__") and not isinstance(value, type):  # argparse.Namespace
        return dict(vars(value))
    raise TypeError(f"config must be a dictionary, not {type(value).__name__}")


def _yaml(path: Path) -> dict[str, Any]:
    """A YAML file, whose values may stand under `value:` as wandb writes them."""
    import yaml

    found: Any = yaml.safe_load(path.read_text()) or {}
    return {
        str(key): value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in found.items()
        if key not in ("wandb_version",)
    }
