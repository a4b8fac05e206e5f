"""Changing what other libraries do, and undoing it without a trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from tracehouse import complain
from tracehouse.tracelet.core.importing import when_imported

_inside = threading.local()


class Patches:
    """Changes that are undone together. Thread-safe enough for one owner; undoing twice is fine."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] = []
        self._active = True

    def when_imported(self, module: str, change: Callable[[Any], None]) -> None:
        """Change a module: now if it is there, otherwise as soon as it is imported."""

        def change_once(found: Any) -> None:
            if self._active:
                complain.never_raises(complain.nothing)(change)(found)

        self.on_undo(when_imported(module, change_once))

    def on_undo(self, undo: Callable[[], Any]) -> None:
        """Do this, too, when everything is undone."""
        self._undo.append(undo)

    def before(self, owner: Any, name: str, heard: Callable[..., None]) -> None:
        """Call `heard` with the arguments of a method, and then the method."""
        self._wrap(owner, name, heard, first=True)

    def after(self, owner: Any, name: str, heard: Callable[..., None]) -> None:
        """Call a method, and then `heard` with the same arguments."""
        self._wrap(owner, name, heard, first=False)

    def _wrap(self, owner: Any, name: str, heard: Callable[..., None], *, first: bool) -> None:
        if not hasattr(owner, name):
            return
        hear = complain.never_raises(complain.nothing)(heard)

        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(original)
            def patched(*args: Any, **kwargs: Any) -> Any:
                # A method that calls another one that is heard, too, is one event.
                if not self._active or getattr(_inside, "patched", False):
                    return original(*args, **kwargs)
                _inside.patched = True
                try:
                    if first:
                        hear(*args, **kwargs)
                    result = original(*args, **kwargs)
                    if not first:
                        hear(*args, **kwargs)
                    return result
                finally:
                    _inside.patched = False

            return patched

        self.replace(owner, name, around)

    def replace(
        self, owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        """Put `around(original)` in the place of an attribute of a class or module."""
        own = vars(owner).get(name, _MISSING)
        patched = around(getattr(owner, name))
        setattr(owner, name, patched)

        def undo() -> None:
            if vars(owner).get(name) is not patched:
                return  # somebody else has changed it since: ours only passes on from now on
            if own is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(undo)

    @property
    def active(self) -> bool:
        """False once everything was undone."""
        return self._active

    def undo(self) -> None:
        """Leave everything as it was, the last change first."""
        self._active = False
        while self._undo:
            complain.never_raises(complain.nothing)(self._undo.pop())()


_MISSING = object()
