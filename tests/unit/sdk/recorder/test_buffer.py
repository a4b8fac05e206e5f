"""The buffer on disk, by its invariants."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracehouse.recorder import buffer as module
from tracehouse.recorder.buffer import Buffer
from tracehouse.recorder.locking import process_start
from tracehouse.settings import Destination, Mode
from tracehouse_semconv.record import Signal

HERE = Destination("http://here", "ba_key")


def new(tmp_path: Path) -> Buffer:
    return Buffer.create(HERE, Mode.online, tmp_path)


def drain(buffer: Buffer) -> list[tuple[Signal, bytes]]:
    found = []
    while (batch := buffer.next_batch()) is not None:
        found += batch.requests
        buffer.acknowledge(batch)
    return found


def abandon(buffer: Buffer) -> Path:
    """As a killed process leaves it."""
    os.close(buffer._lock_descriptor)
    buffer._lock_descriptor = -1
    return buffer.path


def adopt(path: Path) -> Buffer:
    buffer = Buffer.adopt(path)
    assert buffer is not None
    return buffer


def test_what_was_appended_is_sent_in_order_and_joined_by_signal(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    for number in range(3):
        buffer.append(Signal.traces, b"t%d" % number)
        buffer.append(Signal.metrics, b"m%d" % number)
    assert drain(buffer) == [(Signal.traces, b"t0t1t2"), (Signal.metrics, b"m0m1m2")]
    assert buffer.is_empty
    path = buffer.path
    buffer.close()
    assert not path.exists()


def test_a_batch_is_the_same_until_it_is_acknowledged_even_in_another_process(
    tmp_path: Path,
) -> None:
    buffer = new(tmp_path)
    buffer.append(Signal.logs, b"first")
    batch = buffer.next_batch()
    buffer.append(Signal.logs, b"second")
    assert buffer.next_batch() == batch
    successor = adopt(abandon(buffer))
    assert successor.next_batch() == batch
    assert drain(successor) == [(Signal.logs, b"first"), (Signal.logs, b"second")]


def test_a_buffer_in_use_is_nobody_elses(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    assert Buffer.adopt(buffer.path) is None
    assert Buffer.adopt(tmp_path / "nothing") is None
    buffer.append(Signal.logs, b"x")
    buffer.close()
    assert drain(adopt(buffer.path)) == [(Signal.logs, b"x")]


def test_a_buffer_that_node_holds_is_its_own_until_that_process_is_gone(tmp_path: Path) -> None:
    (tmp_path / "destination.json").write_text("{}")
    held, start = tmp_path / "lock", process_start(os.getpid()).decode()
    held.write_text(f"{os.getpid()} {start}")
    assert Buffer.adopt(tmp_path) is None
    for released in (f"{os.getpid()} {int(start) + 1}", f"{2**22 + 1} 0", "0 0", "", "what?"):
        held.write_text(released)
        buffer = Buffer.adopt(tmp_path)
        assert buffer is not None, released
        buffer.close(forget=True)


def test_a_torn_tail_is_left_out_and_the_rest_is_whole(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    buffer.append(Signal.logs, b"whole")
    buffer.append(Signal.logs, b"torn" * 100)
    path = abandon(buffer)
    segment = path / "00000001.otlp"
    segment.write_bytes(segment.read_bytes()[:-7])
    successor = adopt(path)
    assert drain(successor) == [(Signal.logs, b"whole")]
    assert successor.damaged_bytes > 0
    assert successor.is_empty


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_flipped_byte_costs_its_record_alone(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int
) -> None:
    buffer = new(tmp_path_factory.mktemp("buffer"))
    for number in range(5):
        buffer.append(Signal.logs, b"record %d;" % number)
    path = abandon(buffer)
    segment = path / "00000001.otlp"
    content = bytearray(segment.read_bytes())
    content[place % len(content)] ^= flip
    segment.write_bytes(content)
    found = b"".join(payload for _, payload in drain(adopt(path)))
    assert found.count(b";") >= 4


def test_acknowledged_segments_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 100)
    buffer = new(tmp_path)
    for number in range(20):
        buffer.append(Signal.logs, b"x" * 60 + b"%02d" % number)
    assert len(list(buffer.path.glob("*.otlp"))) > 5
    assert len(drain(buffer)) > 5
    assert len(list(buffer.path.glob("*.otlp"))) == 1
    assert buffer.pending_bytes == 0


def test_a_lost_cursor_sends_again_and_loses_nothing(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    buffer.append(Signal.logs, b"x")
    drain(buffer)
    path = abandon(buffer)
    (path / "cursor").write_bytes(b"nonsense")
    assert drain(adopt(path)) == [(Signal.logs, b"x")]


def test_the_number_of_a_deleted_segment_is_not_used_again(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    buffer.append(Signal.logs, b"first")
    drain(buffer)
    buffer = adopt(abandon(buffer))
    assert drain(buffer) == []  # the segment is gone, the cursor still speaks of it
    buffer = adopt(abandon(buffer))
    buffer.append(Signal.logs, b"second")
    assert drain(buffer) == [(Signal.logs, b"second")]


def test_the_key_is_not_written_down(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    buffer.append(Signal.logs, b"x")
    for path in buffer.path.iterdir():
        assert b"ba_key" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0 or path.name == "destination.json"
    assert buffer.path.stat().st_mode & 0o077 == 0


def test_blobs_wait_until_they_are_uploaded(tmp_path: Path) -> None:
    buffer = new(tmp_path)
    buffer.add_blob("aa", b"content")
    buffer.add_blob("aa", b"content")
    assert not buffer.is_empty
    blob = buffer.next_blob()
    assert blob is not None
    assert (blob.name, blob.read_bytes()) == ("aa", b"content")
    blob.unlink()
    assert buffer.is_empty


# What a program, its end and its successors can do with a buffer, in any order.
STEPS = st.lists(
    st.sampled_from(["append", "append", "send", "send and die before the answer", "die", "close"]),
    max_size=40,
)


@settings(max_examples=300)
@given(STEPS)
@example(["append", "send", "die", "send", "die", "append"])
def test_any_history_delivers_each_record_and_each_request_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """A server that knows requests by their bytes, as ours does for log records."""
    root = tmp_path_factory.mktemp("history")
    buffer = new(root)
    server: list[bytes] = []
    written = 0

    def deliver(payload: bytes) -> None:
        if payload not in server:
            server.append(payload)

    for step in [*steps, "die"]:
        match step:
            case "append":
                buffer.append(Signal.logs, b"%d;" % written)
                written += 1
            case "send" | "send and die before the answer":
                batch = buffer.next_batch()
                for _, payload in batch.requests if batch else ():
                    deliver(payload)
                if step != "send":
                    buffer = adopt(abandon(buffer))
                elif batch:
                    buffer.acknowledge(batch)
            case "die":
                buffer = adopt(abandon(buffer))
            case _:
                path = buffer.path
                buffer.close()
                buffer = adopt(path) if path.exists() else new(root)
    for _, payload in drain(buffer):
        deliver(payload)
    assert b"".join(server) == b"".join(b"%d;" % number for number in range(written))
