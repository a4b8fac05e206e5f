"""Where messages stand: the rule for any sequence, and what a hand changes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse.rollouts.turns import TurnPolicy, Turns

ROLES = st.lists(st.sampled_from(("system", "developer", "user", "assistant", "tool")), max_size=40)


def places(roles: str, policy: TurnPolicy = TurnPolicy.user) -> list[tuple[int, int]]:
    turns = Turns(policy)
    return [turns.place(role) for role in roles.split()]


def test_a_question_after_an_answer_begins_a_turn() -> None:
    assert places("system user assistant user assistant") == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1),
    ]  # fmt: skip


def test_an_assistant_and_its_tools_stay_in_one_turn() -> None:
    assert places("user assistant tool tool assistant system") == [(0, n) for n in range(6)]


def test_questions_before_any_answer_are_one_turn() -> None:
    assert places("user user system user") == [(0, n) for n in range(4)]


def test_a_turn_may_be_one_generation() -> None:
    assert places("system user assistant tool assistant user assistant", TurnPolicy.assistant) == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (2, 0),
    ]  # fmt: skip


@given(ROLES)
def test_whatever_is_said_places_follow_one_another(roles: list[str]) -> None:
    turns = Turns()
    found = [turns.place(role) for role in roles]
    answered = False
    for before, (role, place) in zip([None, *found], zip(roles, found, strict=True), strict=False):
        begins = role == "user" and answered
        if before is None:
            assert place == (0, 0)
        else:
            assert place == ((before[0] + 1, 0) if begins else (before[0], before[1] + 1))
        answered = (answered and not begins) or role in ("assistant", "tool")


def test_a_hand_decides_for_the_next_message() -> None:
    turns = Turns()
    for role in ("user", "assistant"):
        turns.place(role)
    assert turns.increment_intra() == 3
    assert turns.place("user") == (0, 3)  # it would have begun a turn
    assert turns.place("user") == (1, 0)
    assert turns.increment_turn() == 2
    assert (turns.place("assistant"), turns.place("user")) == ((2, 0), (3, 0))
    assert turns.set_turn(7) == 7
    assert turns.set_intra(4) == 4
    assert turns.place("assistant") == (7, 4)


@pytest.mark.parametrize("wrong", [-1, 1.0, True, "1", None])
def test_an_index_is_a_number_from_0(wrong: object) -> None:
    for change in (Turns().set_turn, Turns().set_intra):
        with pytest.raises(ValueError, match="whole number"):
            change(wrong)  # pyright: ignore[reportArgumentType]
