"""The recorder's own promises, on a real buffer."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tracehouse.recorder import recorder as module
from tracehouse.recorder.buffer import Buffer
from tracehouse.recorder.events import Event
from tracehouse.recorder.recorder import Recorder
from tracehouse.settings import Destination, Mode
from tracehouse_semconv.record import Signal, decode, scan


def test_a_disk_that_fails_half_way_gets_the_rest_later_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "_REQUEST_WEIGHT", 1)  # a request for each event
    append, failures = Buffer.append, [2]

    def failing_append(self: Buffer, signal: Signal, payload: bytes) -> bool:
        failures[0] -= 1
        if failures[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(self, signal, payload)

    monkeypatch.setattr(Buffer, "append", failing_append)
    recorder = Recorder(Mode.offline, lambda: Destination("http://nowhere"))
    for number in range(4):
        recorder.put(Event(b"", "test", 1, f"<{number}>"))
    recorder.flush()
    recorder.flush()
    assert recorder.where is not None
    (segment,) = recorder.where.glob("*.otlp")
    content = segment.read_bytes()
    written = b"".join(decode(content[r.start : r.end]).payload for r in scan(content))
    assert [written.count(b"<%d>" % number) for number in range(4)] == [1, 1, 1, 1]
    recorder.close()
