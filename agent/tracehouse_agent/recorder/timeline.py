"""The steps of one transcript that may still change, and those that did since the last look.

A step is told of when it begins, when it changes and when it ends. What has ended and can change
no more is forgotten, so that memory does not grow with the transcript.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tracehouse_agent.recorder.step import Step, Value

_MOST_OPEN = 512


class Timeline:
    """Every change goes through here. `last_ns` is the time of the latest row."""

    def __init__(self) -> None:
        self.last_ns = 0
        self._open: OrderedDict[str, Step] = OrderedDict()
        self._changed: dict[str, Step] = {}

    def begin(
        self,
        key: str,
        parent: str,
        name: str,
        start_ns: int,
        attributes: dict[str, Value] | None = None,
    ) -> Step:
        """A step that lasts until it is ended; the same again where it is open already."""
        step = self._open.get(key)
        if step is None:
            step = self._open[key] = Step(key, parent, name, start_ns, 0, attributes or {})
            self._changed[key] = step
            self._forget_surplus()
        return step

    def add(
        self,
        key: str,
        parent: str,
        name: str,
        at_ns: int,
        attributes: dict[str, Value],
        *,
        start_ns: int = 0,
        failure: str | None = None,
    ) -> None:
        """A step that is over when it becomes known."""
        step = Step(key, parent, name, start_ns or at_ns, 0, attributes, failure)
        step.end(at_ns)
        self._changed[key] = step

    def get(self, key: str) -> Step | None:
        """An open step."""
        return self._open.get(key)

    def changed(self, step: Step) -> None:
        """It is to be told of again."""
        self._changed[step.key] = step

    def end(self, key: str, at_ns: int) -> Step | None:
        """It ended and will not change again; None where there is no such open step."""
        step = self._open.pop(key, None)
        if step is not None:
            step.end(at_ns)
            self._changed[key] = step
        return step

    def forget(self, key: str) -> None:
        """It will not change again, whether or not it has ended."""
        self._open.pop(key, None)

    def _forget_surplus(self) -> None:
        """Calls that never got an answer do not pile up. The root is the oldest, and stays."""
        while len(self._open) > _MOST_OPEN:
            key = next(key for key in self._open if key)
            step = self._open[key]
            if not step.end_ns:
                step.end(self.last_ns)
                self._changed[key] = step
            del self._open[key]

    def take(self) -> list[Step]:
        """What changed since the last call, parents before children as far as they began so."""
        taken = [step.copy() for step in self._changed.values()]
        self._changed.clear()
        return taken

    def close(self) -> None:
        """Nothing has been written for a while: what is open is told of as ended with the last row.
        It is kept, in case the session goes on."""
        for key, step in self._open.items():
            if not step.end_ns:
                ended = step.copy()
                ended.end(self.last_ns)
                self._changed[key] = ended

    def to_json(self) -> dict[str, Any]:
        """What is open. Only to be asked when what changed was taken."""
        assert not self._changed
        return {
            "last_ns": self.last_ns,
            "open": [step.to_json() for step in self._open.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `to_json`."""
        self.last_ns = state["last_ns"]
        self._open = OrderedDict((one["key"], Step(**one)) for one in state["open"])
