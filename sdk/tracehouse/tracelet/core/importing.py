"""Doing something with a module as soon as a program imports it: nothing is imported for it."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_Action = Callable[[Any], None]


def when_imported(name: str, action: _Action) -> Callable[[], None]:
    """Call `action(module)`: at once if it is imported already. The result takes that back."""
    if (module := sys.modules.get(name)) is not None and _is_whole(module):
        action(module)
        return lambda: None
    return _finder.wait(name, action)


def _is_whole(module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)
    return not getattr(spec, "_initializing", False)


class _Finder(MetaPathFinder):
    """Stands first in `sys.meta_path` while something is waited for."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[_Action]] = {}
        self._lock = threading.RLock()
        self._finding = threading.local()

    def wait(self, name: str, action: _Action) -> Callable[[], None]:
        with self._lock:
            self._waiting.setdefault(name, []).append(action)
            if self not in sys.meta_path:
                sys.meta_path.insert(0, self)

        def forget() -> None:
            with self._lock:
                actions = self._waiting.get(name, [])
                if action in actions:
                    actions.remove(action)
                if not actions:
                    self._waiting.pop(name, None)
                if not self._waiting and self in sys.meta_path:
                    sys.meta_path.remove(self)

        return forget

    def imported(self, name: str, module: ModuleType) -> None:
        with self._lock:
            actions = list(self._waiting.get(name, ()))
        for action in actions:
            action(module)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target  # it is asked for by name, from those that come after this one
        if fullname not in self._waiting or getattr(self._finding, "name", None) == fullname:
            return None
        self._finding.name = fullname
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._finding.name = None
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader, self)
        return spec


class _Telling(Loader):
    """A loader that says when its module is there."""

    def __init__(self, loader: Any, finder: _Finder) -> None:
        self._loader, self._finder = loader, finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:  # the module is to know its own loader
            spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._finder.imported(module.__name__, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


_finder = _Finder()
