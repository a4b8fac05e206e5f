"""Sessions and runs that were begun by request lately."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

Value = str | bool | int | float | list[str]
_MAX_REMEMBERED = 10_000


@dataclass
class Begun:
    """A session or run that was begun through this door, as far as later calls need to know."""

    resource: dict[str, Value | None]
    name: str
    start_ns: int
    attributes: dict[str, Value | None] = field(default_factory=dict[str, Value | None])


class Recent:
    """The latest sessions and runs, because what was just accepted cannot be queried yet."""

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[str, str], Begun] = OrderedDict()

    def get(self, workspace: str, identity: str) -> Begun | None:
        return self._begun.get((workspace, identity))

    def forget(self, workspace: str, identity: str) -> None:
        self._begun.pop((workspace, identity), None)

    def put(self, workspace: str, identity: str, begun: Begun) -> None:
        self._begun[workspace, identity] = begun
        self._begun.move_to_end((workspace, identity))
        if len(self._begun) > _MAX_REMEMBERED:
            self._begun.popitem(last=False)
