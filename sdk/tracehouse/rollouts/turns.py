"""Where a message stands: its turn, and its place in that turn.

A message takes the place that is next. Before that the turn may end by itself:

    policy "user"        a user's message ends a turn in which somebody has answered; system and
                         developer messages end none, and an assistant and its tools stay in one
    policy "assistant"   an assistant's message ends a turn that has one already: a turn is one
                         generation, which is a step in reinforcement learning

Whoever sets a place by hand decides for the next message: before that one, no turn ends by itself.
"""

from __future__ import annotations

from enum import StrEnum


class TurnPolicy(StrEnum):
    """What begins a turn."""

    user = "user"
    assistant = "assistant"


_ASKING = frozenset(("system", "developer", "user"))


class Turns:
    """The place that the next message takes. `turn` and `intra` count from 0."""

    def __init__(self, policy: TurnPolicy = TurnPolicy.user) -> None:
        self.policy = policy
        self.turn = 0
        self.intra = 0
        self._answered = False
        self._by_hand = False

    def place(self, role: str) -> tuple[int, int]:
        """The place of the next message."""
        begins = "user" if self.policy is TurnPolicy.user else "assistant"
        if role == begins and self._answered and not self._by_hand:
            self._begin(self.turn + 1)
        self._by_hand = False
        place = self.turn, self.intra
        self.intra += 1
        if self.policy is TurnPolicy.user:
            self._answered = self._answered or role not in _ASKING
        else:
            self._answered = self._answered or role == "assistant"
        return place

    def increment_turn(self) -> int:
        """Begin the next turn; its index."""
        return self.set_turn(self.turn + 1)

    def increment_intra(self) -> int:
        """Leave a place out; the next one."""
        return self.set_intra(self.intra + 1)

    def set_turn(self, turn: int) -> int:
        """Begin this turn, at its first place. Raises ValueError unless it is a number from 0."""
        self._begin(_index(turn, "turn"))
        self._by_hand = True
        return self.turn

    def set_intra(self, intra: int) -> int:
        """Go to this place of the turn. Raises ValueError unless it is a number from 0."""
        self.intra = _index(intra, "intra")
        self._by_hand = True
        return self.intra

    def _begin(self, turn: int) -> None:
        self.turn, self.intra, self._answered = turn, 0, False


def _index(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name}: it must be a whole number from 0, and is {value!r}")
    return value
