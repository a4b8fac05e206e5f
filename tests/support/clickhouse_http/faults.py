"""Faults on demand: what a test asks to go wrong, and when. The package's docstring has the form.

A fault strikes `before` the statement is run (it never happened) or `after` (it did happen, but
the client cannot know): the difference is what a client's retries must get right.
"""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal

Moment = Literal["before", "after"]


@dataclass(slots=True)
class Plan:
    """The object that was posted; the counts go down as they are used up."""

    fail_inserts: int = 0
    drop_connection: int = 0
    hang: float = 0.0
    code: int = 252
    when: Moment = "before"
    match: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What one statement is to suffer."""

    when: Moment
    hang: float
    cleared: threading.Event
    code: int | None = None
    drop: bool = False


class Faults:
    """The current plan. Its state is shared by all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._planned = False
        self._cleared = threading.Event()

    def set(self, wanted: dict[str, Any]) -> None:
        """Replace the plan; what hangs because of the one before goes on."""
        plan = Plan(**wanted) if wanted else None
        if plan and plan.when not in ("before", "after"):
            raise ValueError("when: 'before' or 'after'")
        if plan:
            re.compile(plan.match)
        with self._lock:
            self._cleared.set()
            self._plan, self._planned = plan, plan is not None
            self._cleared = threading.Event()

    def state(self) -> dict[str, Any]:
        with self._lock:
            return asdict(self._plan) if self._plan else {}

    def next(self, statement: bytes, is_insert: bool) -> Fault | None:
        """The fault for this statement, which uses it up."""
        if not self._planned:  # without the lock: the usual case costs nothing
            return None
        with self._lock:
            plan = self._plan
            if plan is None or not re.search(plan.match, statement.decode(errors="replace")):
                return None
            drop, code = False, None
            if is_insert and plan.drop_connection > 0:
                plan.drop_connection -= 1
                drop = True
            elif is_insert and plan.fail_inserts > 0:
                plan.fail_inserts -= 1
                code = plan.code
            return Fault(plan.when, plan.hang, self._cleared, code, drop)
