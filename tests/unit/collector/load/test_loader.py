"""The loader, with a real spool: every record goes in once, and a culprit alone is set aside."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.otlp import span, traces
from tests.unit.collector.load.house import House, Killed
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.spool.cursor import Position
from tracehouse_semconv.record import decode

UNKNOWN_FIELD = b"\xc0\x3e\x07"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as made:
        yield made


def test_a_segment_is_one_insert_of_its_very_file(house: House) -> None:
    house.load(*range(5))

    (insert,) = house.destination.tried
    assert insert.ids == [0, 1, 2, 3, 4]
    assert insert.file is not None
    assert house.destination.rows == [0, 1, 2, 3, 4]


def test_a_loaded_segment_is_removed_and_the_cursor_stands_behind_it(house: House) -> None:
    house.load(1, 2)

    assert house.cursor.position == Position(2)
    assert house.segment_files() == []


@pytest.mark.parametrize("culprits", [{0}, {5}, {7}, {2, 3}, set(range(8))])
def test_a_poisoned_record_is_found_by_halving_and_set_aside_alone(
    house: House, culprits: set[int]
) -> None:
    house.destination.poisonous = culprits

    house.load(*range(8))

    assert house.destination.rows == [n for n in range(8) if n not in culprits]
    assert house.letters() == {f"traces-1-{n}": "refused" for n in culprits}
    for culprit in culprits:
        letter = (house.dead / f"traces-1-{culprit}.seg").read_bytes()
        assert decode(letter).request_id == culprit
    assert house.segment_files() == []


def test_the_ranges_are_halved_and_grow_again(house: House) -> None:
    house.destination.poisonous = {2}

    house.load(*range(8))

    assert [insert.ids for insert in house.destination.tried] == [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3],
        [0, 1],
        [2, 3, 4, 5],
        [2, 3],
        [2],
        [3, 4],
        [5, 6, 7],
    ]


def test_too_much_at_once_is_halved_without_a_wait_and_loses_nothing(house: House) -> None:
    house.destination.most = 3

    house.load(*range(10))

    assert house.destination.rows == [*range(10)]
    assert house.letters() == {}


def test_a_failure_of_the_server_is_tried_again(house: House) -> None:
    house.destination.failures = [InsertFailed(Verdict.retry, "no answer")]

    house.load(1, 2, 3)

    assert [insert.ids for insert in house.destination.tried] == [[1, 2, 3]] * 2
    assert house.destination.rows == [1, 2, 3]


def test_an_insert_whose_answer_was_lost_adds_nothing_the_second_time(house: House) -> None:
    house.destination.lost_answers = 1

    house.load(1, 2, 3)

    assert len(house.destination.tried) == 2
    assert house.destination.rows == [1, 2, 3]


def test_after_a_crash_it_goes_on_behind_what_was_confirmed(house: House) -> None:
    house.destination.poisonous, house.destination.dies_at = {6}, 4  # while it is halving
    with pytest.raises(Killed):
        house.load(*range(8))
    tried = len(house.destination.tried)

    house.restart()
    house.load_spooled()

    assert house.destination.tried[tried].ids == [4, 5, 6, 7]
    assert house.destination.rows == [0, 1, 2, 3, 4, 5, 7]
    assert house.cursor.position == Position(2)


def test_damage_goes_to_the_dead_letters_and_the_rest_goes_in(house: House) -> None:
    segment = house.spool_records(1, 2, 3)
    content = bytearray(segment.path.read_bytes())
    content[len(content) // 2] ^= 1
    segment.path.write_bytes(content)

    house.loader.load(segment)

    assert house.destination.rows == [1, 3]
    assert house.destination.tried[0].file is None  # the file is not what was inserted
    (name,) = house.letters()
    assert house.letters() == {name: "corrupt"}
    letter = (house.dead / f"{name}.seg").read_bytes()
    assert letter == bytes(content)[len(content) // 3 : len(content) // 3 * 2]
    assert segment.path.name in json.loads((house.dead / f"{name}.json").read_text())["detail"]


def test_a_record_that_is_mended_by_writing_it_anew_is_inserted(house: House) -> None:
    house.destination.indigestible = UNKNOWN_FIELD
    good, odd = (traces(span(number=n)).SerializeToString() for n in (1, 2))

    house.loader.load(house.spool_payloads({1: good, 2: odd + UNKNOWN_FIELD}))

    assert house.destination.rows == [1, 2]
    assert [insert.ids for insert in house.destination.tried] == [[1, 2]] * 2
    assert house.letters() == {}


def test_what_is_loaded_is_counted_with_its_lag(house: House) -> None:
    house.load(1, 2)

    labels = {"signal": "traces", "destination": "recorder"}
    registry = house.telemetry.registry
    assert registry.get_sample_value("tracehouse_loaded_requests_total", labels) == 2
    assert registry.get_sample_value("tracehouse_load_lag_seconds", labels) == 2.0


def test_progress_counts_what_was_taken_and_what_waits(house: House) -> None:
    house.load(1, 2, 3)
    taken = house.loader.progress()
    assert (taken.sent_requests, taken.failed_attempts) == (3, 0)
    assert (taken.backlog_bytes, taken.lag_seconds, taken.problem) == (0, 0.0, None)

    waiting = house.spool_records(4)
    os.utime(waiting.path, (time.time() - 60, time.time() - 60))
    behind = house.loader.progress()
    assert behind.backlog_bytes == waiting.end
    assert 60 <= behind.lag_seconds < 90


def test_progress_says_why_an_attempt_failed_until_that_is_over(house: House) -> None:
    house.destination.failures = [InsertFailed(Verdict.retry, "it is away")]
    seen: list[str | None] = []
    insert = house.destination.insert

    def looked_at(*arguments: Any, **named: Any) -> None:
        seen.append(house.loader.progress().problem)
        insert(*arguments, **named)

    house.destination.insert = looked_at
    house.load(1)
    assert seen == [None, "it is away"]
    assert house.loader.progress().problem is None
    assert house.loader.progress().failed_attempts == 1
