"""Indexed keys fold into lists and objects, and what was sent stays as it was."""

from __future__ import annotations

from tracehouse_api.content.folding import folded


def test_numbers_are_places_and_gaps_close_up() -> None:
    sent = {"m.0.role": "user", "m.3.role": "tool", "m.3.calls.1.id": "c", "other": 1}
    assert folded(sent, "m") == [{"role": "user"}, {"role": "tool", "calls": [{"id": "c"}]}]


def test_a_map_under_a_prefix_is_a_value_and_stays_as_it_was() -> None:
    held: dict[str, object] = {}
    assert folded({"m.0": held, "m.0.role": "user"}, "m") == [{"": {}, "role": "user"}]
    assert held == {}
