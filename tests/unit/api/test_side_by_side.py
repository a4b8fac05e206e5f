"""Questions asked at once."""

from __future__ import annotations

import threading
import time

import pytest

from tracehouse_api.side_by_side import side_by_side


def test_all_are_asked_before_one_has_answered() -> None:
    together = threading.Barrier(3, timeout=10)

    def question(answer: str) -> str:
        together.wait()
        return answer

    answers = side_by_side(lambda: question("a"), lambda: question("b"), lambda: question("c"))
    assert answers == ("a", "b", "c")


@pytest.mark.parametrize("failing", [0, 1])
def test_one_that_fails_is_told_when_the_others_have_ended(failing: int) -> None:
    ended: list[int] = []

    def question(number: int) -> None:
        if number == failing:
            raise ValueError(f"{number} is wrong")
        time.sleep(0.05)
        ended.append(number)

    with pytest.raises(ValueError, match=f"{failing} is wrong"):
        side_by_side(lambda: question(0), lambda: question(1))
    assert ended == [1 - failing]
