"""The dead-letter folder: the bytes as they were, and why."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.spool.files import OsFiles
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def dead_letters(tmp_path: Path, telemetry: Telemetry) -> DeadLetters:
    return DeadLetters(tmp_path / "dead-letter", OsFiles(), telemetry, now=lambda: NOON)


def test_the_bytes_are_kept_as_they_were_with_the_reason_beside_them(
    dead_letters: DeadLetters, tmp_path: Path
) -> None:
    dead_letters.keep(Signal.logs, "logs-1-2", b"\0\xff", kind="refused", detail="no such enum")

    assert (tmp_path / "dead-letter/logs-1-2.seg").read_bytes() == b"\0\xff"
    assert json.loads((tmp_path / "dead-letter/logs-1-2.json").read_text()) == {
        "signal": "logs",
        "kind": "refused",
        "detail": "no such enum",
        "bytes": 2,
        "at": NOON.isoformat(),
    }


def test_quarantined_twice_is_one_letter(dead_letters: DeadLetters, tmp_path: Path) -> None:
    for _ in range(2):
        dead_letters.keep(Signal.logs, "logs-1-2", b"x", kind="refused", detail="")

    names = {path.name for path in (tmp_path / "dead-letter").iterdir()}
    assert names == {"logs-1-2.seg", "logs-1-2.json"}


def test_each_is_counted_by_signal_and_kind(
    dead_letters: DeadLetters, telemetry: Telemetry
) -> None:
    dead_letters.keep(Signal.traces, "a", b"", kind="corrupt", detail="")

    labels = {"signal": "traces", "reason": "corrupt"}
    counted = telemetry.registry.get_sample_value("tracehouse_quarantined_records_total", labels)
    assert counted == 1


def test_where_nothing_can_be_kept_it_is_an_os_error(
    dead_letters: DeadLetters, tmp_path: Path
) -> None:
    (tmp_path / "dead-letter").rmdir()

    with pytest.raises(OSError, match="dead-letter"):
        dead_letters.keep(Signal.traces, "a", b"", kind="corrupt", detail="")


def test_the_letters_of_one_destination_are_told_from_those_of_others(
    dead_letters: DeadLetters, tmp_path: Path
) -> None:
    for place, name in enumerate(
        ("forward-a-traces-1-0", "forward-a-logs-7-12", "forward-a-b-traces-1-0", "traces-1-0")
    ):
        dead_letters.keep(Signal.traces, name, b"x", kind="refused", detail=name)
        os.utime(tmp_path / f"dead-letter/{name}.json", (place, place))

    count, newest = dead_letters.of("forward-a", newest=1)

    assert count == 2
    assert [letter["name"] for letter in newest] == ["forward-a-logs-7-12"]
    assert newest[0]["detail"] == "forward-a-logs-7-12"
    assert dead_letters.of("forward-c", newest=5) == (0, [])


def test_a_destination_that_is_gone_leaves_no_letters(
    dead_letters: DeadLetters, tmp_path: Path
) -> None:
    for name in ("forward-a-traces-1-0", "forward-b-traces-1-0"):
        dead_letters.keep(Signal.traces, name, b"x", kind="refused", detail="")
    dead_letters.forget("forward-a")
    left = {file.name for file in (tmp_path / "dead-letter").iterdir()}
    assert left == {"forward-b-traces-1-0.seg", "forward-b-traces-1-0.json"}
