"""What a failed write leaves behind."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.support.faulty_files import FaultyFiles
from tracehouse_collector.spool.segments import Segments
from tracehouse_semconv.record import Signal, encode

DIRECTORY = Path("/spool/traces")


def record(number: int) -> tuple[bytes, bytes]:
    return encode(Signal.traces, b"payload", workspace="w", received_ns=1, request_id=number)


def test_what_an_append_failed_to_undo_is_cut_away_before_the_segment_is_read() -> None:
    files = FaultyFiles()
    segments = Segments(
        DIRECTORY, files, segment_bytes=1000, max_bytes=9999, keep_torn=lambda name, content: None
    )
    segments.append([record(1)])
    files.fail("sync", errno.EIO)
    files.fail("truncate", errno.EIO)
    with pytest.raises(OSError, match="EIO"):
        segments.append([record(2)])
    (segment,) = segments.sealed
    assert files.size(segment.path) > segment.end

    files.fail("truncate", errno.EIO)
    with pytest.raises(OSError, match="EIO"):
        segments.read(segment)
    assert segments.read(segment) == b"".join(record(1)) == files.read(segment.path)
