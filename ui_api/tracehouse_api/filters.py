"""What a list is asked for, as conditions of its query."""

from __future__ import annotations

from typing import Any


class Filters:
    """Conditions and the parameters in them. A value that is None asks for nothing."""

    def __init__(self) -> None:
        self.where: list[str] = []
        self.parameters: dict[str, Any] = {}

    def add(self, condition: str, **value: Any) -> None:
        """A condition on parameters, `name=value`."""
        if None in value.values():
            return
        self.where.append(condition)
        self.parameters |= value

    def equal(self, **columns: str | None) -> None:
        """Columns of text that must hold exactly these values."""
        for column, value in columns.items():
            self.add(f"{column} = {{{column}:String}}", **{column: value})

    def within(self, column: str, start: int | None, end: int | None) -> None:
        """A time from `start` on and before `end`, in Unix nanoseconds."""
        self.add(f"{column} >= fromUnixTimestamp64Nano({{from_ns:Int64}}, 'UTC')", from_ns=start)
        self.add(f"{column} < fromUnixTimestamp64Nano({{to_ns:Int64}}, 'UTC')", to_ns=end)

    def lasts(self, min_duration_ms: float | None) -> None:
        """A duration of at least so many milliseconds."""
        ns = None if min_duration_ms is None else int(min_duration_ms * 1e6)
        self.add("duration_ns >= {min_duration_ns:UInt64}", min_duration_ns=ns)
