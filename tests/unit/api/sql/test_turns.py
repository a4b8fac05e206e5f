"""How many queries run at once."""

from __future__ import annotations

import threading

import pytest

from tracehouse_api.sql.turns import Busy, Turns


def test_one_workspace_has_half_of_the_places() -> None:
    turns = Turns(4)
    with turns.turn("a", 0), turns.turn("a", 0):
        with pytest.raises(Busy), turns.turn("a", 0):
            pass
        with turns.turn("b", 0), turns.turn("b", 0), pytest.raises(Busy), turns.turn("c", 0):
            pass
    with turns.turn("a", 0):
        pass


def test_a_place_is_given_back_when_a_query_fails() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), turns.turn("a", 0):
            raise ValueError("x")


def test_who_waits_gets_the_place_that_becomes_free() -> None:
    turns, got = Turns(1), threading.Event()

    def wait() -> None:
        with turns.turn("b", 10):
            got.set()

    with turns.turn("a", 0):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.wait(0.05)
    assert got.wait(5)
    waiting.join(5)
