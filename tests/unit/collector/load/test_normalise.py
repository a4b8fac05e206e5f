"""A record written anew: the same request, without what OTLP does not know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.otlp import gauge, logs, span, traces
from tracehouse_collector.load.normalise import normalised
from tracehouse_semconv.record import Record, Signal, decode, encode, scan

UNKNOWN_FIELD = b"\xc0\x3e\x07"  # field 1000, a varint
GROUP = b"\xcb\x3e\x08\x01\xcc\x3e"  # field 1001, a group


def record(signal: Signal, payload: bytes) -> bytes:
    return b"".join(encode(signal, payload, workspace="w", received_ns=5, request_id=6))


REQUESTS: list[tuple[Signal, Any]] = [
    (Signal.traces, traces(span(attributes={"a": [1, "b"]}))),
    (Signal.logs, logs("a", {"b": 1})),
    (Signal.metrics, gauge("m", 1.5)),
]


@pytest.mark.parametrize(("signal", "request_"), REQUESTS)
@pytest.mark.parametrize("extra", [b"", UNKNOWN_FIELD, GROUP])
def test_the_request_stays_and_the_unknown_goes(
    signal: Signal, request_: Any, extra: bytes
) -> None:
    envelope = decode(normalised(record(signal, request_.SerializeToString() + extra)))

    assert type(request_).FromString(envelope.payload) == request_
    assert envelope.payload == request_.SerializeToString()
    assert (envelope.workspace, envelope.received_ns, envelope.request_id) == ("w", 5, 6)
    assert envelope.signal is signal


def test_the_result_is_one_whole_record() -> None:
    mended = normalised(record(Signal.traces, traces(span()).SerializeToString() + GROUP))

    assert [(type(item), item.start, item.end) for item in scan(mended)] == [
        (Record, 0, len(mended))
    ]


def test_what_holds_no_request_is_a_value_error() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is Protobuf's own
        normalised(record(Signal.traces, b"\xff\xff"))
