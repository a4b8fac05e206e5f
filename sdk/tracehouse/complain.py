"""Saying a thing once. Telemetry never raises into a program, and never fills its log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

logger = logging.getLogger("tracehouse")

_MAX_REMEMBERED = 1000
_said: set[str] = set()
_lock = threading.Lock()

P = ParamSpec("P")
T = TypeVar("T")


def once(message: str, *arguments: object, key: str | None = None) -> None:
    """Warn, unless the same was said before (the same `key`, or the same format)."""
    identity = key or message
    with _lock:
        if identity in _said or len(_said) >= _MAX_REMEMBERED:
            return
        _said.add(identity)
    logger.warning(message, *arguments)


def never_raises(default: Callable[..., T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A guard for methods that a program calls in its loop: what goes wrong inside is logged once,
    with its place, and `default(*args, **kwargs)` is returned."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                told = f"{function.__qualname__}: {type(error).__name__}: {error}"
                once("%s; it was not logged", told, key=told)
                logger.debug("in %s", function.__qualname__, exc_info=True)
                return default(*args, **kwargs)

        return guarded

    return decorate


def nothing(*_: Any, **__: Any) -> None:
    """The default of a guard around what returns None."""
