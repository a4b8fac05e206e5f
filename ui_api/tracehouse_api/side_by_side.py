"""Questions that do not need each other's answers, asked at once.

Most statements of a page are too small for ClickHouse to spread over cores, so one after another
they leave all but one idle.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_asking = ThreadPoolExecutor(8, thread_name_prefix="asking")


@overload
def side_by_side(a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def side_by_side(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], /
) -> tuple[A, B, C]: ...
def side_by_side(first: Callable[[], Any], *others: Callable[[], Any]) -> tuple[Any, ...]:
    """The answers, in order. None of them may ask side by side itself. Raises what the first of
    them that fails raises, once all have ended."""
    answers = [_asking.submit(other) for other in others]
    try:
        own = first()
    finally:
        wait(answers)
    return (own, *(answer.result() for answer in answers))
