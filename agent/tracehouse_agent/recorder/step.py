"""A step of a session: what a span will be, in values that JSON has."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Value = str | bool | int | float | list[str]


@dataclass(slots=True)
class Step:
    """`key` tells it from the session's other steps, and comes from the content of the transcript:
    read again, it is the same span. The root's key is empty. Times are Unix nanoseconds; `end_ns`
    is 0 while it runs. `failure` is what went wrong, None where nothing did.
    """

    key: str
    parent: str
    name: str
    start_ns: int
    end_ns: int = 0
    attributes: dict[str, Value] = field(default_factory=dict[str, Value])
    failure: str | None = None

    def end(self, at_ns: int) -> None:
        """It ends, not before it began: clocks in transcripts go backward now and then."""
        self.end_ns = max(at_ns, self.start_ns, 1)

    def copy(self) -> Step:
        """As it is now."""
        return Step(
            self.key, self.parent, self.name, self.start_ns, self.end_ns,
            dict(self.attributes), self.failure,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


ROOT = ""
