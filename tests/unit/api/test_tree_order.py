"""The order of a trace's spans: parents first, and no span lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tracehouse_api.spans import in_tree_order

MISSING, NONE = 99, 0


def row(number: int, parent: int = NONE, start: int = 0) -> dict[str, Any]:
    return {
        "span_id": number.to_bytes(8, "big"),
        "parent_span_id": parent.to_bytes(8, "big"),
        "start_ns": start,
    }


def order(*rows: dict[str, Any]) -> list[int]:
    return [int.from_bytes(found["span_id"], "big") for found in in_tree_order(rows)]


@st.composite
def traces(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Spans with any parent: none, one that is missing, another, themselves; in any order."""
    size = draw(st.integers(0, 12))
    parents = st.sampled_from([NONE, MISSING, *range(1, size + 1)])
    rows = [row(n, draw(parents), draw(st.integers(0, 3))) for n in range(1, size + 1)]
    return draw(st.permutations(rows))


@settings(max_examples=300)
@given(traces())
def test_every_span_stands_there_once(rows: list[dict[str, Any]]) -> None:
    assert sorted(order(*rows)) == list(range(1, len(rows) + 1))


@settings(max_examples=300)
@given(traces())
def test_a_parent_stands_before_its_children_unless_it_descends_from_a_cycle(
    rows: list[dict[str, Any]],
) -> None:
    parent = {found["span_id"]: found["parent_span_id"] for found in rows}
    place = {found["span_id"]: at for at, found in enumerate(in_tree_order(rows))}
    for span in parent:
        ancestors: list[bytes] = []
        at: bytes | None = parent[span]
        while at in parent and at not in ancestors:
            ancestors.append(at)
            at = parent[at]
        if at not in parent and ancestors:
            assert place[ancestors[0]] < place[span]


@settings(max_examples=100)
@given(traces(), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_arrival(
    rows: list[dict[str, Any]], random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert order(*shuffled) == order(*rows)


def test_a_subtree_stays_together_and_siblings_stand_by_start() -> None:
    rows = [row(1), row(2, 1, start=5), row(3, 1, start=2), row(4, 3, start=9), row(5, 2, start=6)]

    assert order(*rows) == [1, 3, 4, 2, 5]


def test_a_span_whose_parent_is_missing_stands_as_a_root() -> None:
    assert order(row(2, MISSING, start=1), row(3, 2), row(1, start=0)) == [1, 2, 3]


def test_a_cycle_is_entered_at_its_earliest_span() -> None:
    assert order(row(1, 3, start=5), row(2, 1, start=4), row(3, 2, start=6)) == [2, 3, 1]


def test_a_very_deep_trace_is_no_problem() -> None:
    assert order(*(row(n, n - 1) for n in range(1, 20_001))) == list(range(1, 20_001))
