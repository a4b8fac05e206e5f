"""What somebody may send who has no account. Ordinary keys have none of this, and pay nothing."""

from __future__ import annotations

from typing import Protocol


class Allowance(Protocol):
    """The bytes that one anonymous session may send. Thread-safe."""

    def check(self) -> None:
        """Raises Refusal when nothing at all may be sent now. Asks memory alone."""
        ...

    def take(self, size: int) -> None:
        """Count so many bytes. Raises Refusal, and has then counted nothing. May wait for the
        metadata database."""
        ...

    def give_back(self, size: int) -> None:
        """What was taken was not kept, and will be sent again."""
        ...
