"""OTLP over gRPC: which answer each call gets (OTLP 1.9, "OTLP/gRPC")."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from tests.conformance.transports import (
    METHODS,
    RESPONSES,
    SIGNALS,
    call,
    open_channel,
    retry_seconds,
)
from tests.support import otlp
from tests.support.server import Server

TRACES = METHODS["traces"]
BOUND = 64 << 20
ONE_OF_EACH: dict[str, Message] = {
    "traces": otlp.traces(otlp.span()),
    "logs": otlp.logs("line"),
    "metrics": otlp.gauge("gauge", 1.5),
}
Code = grpc.StatusCode
Compression = grpc.Compression


@pytest.fixture(scope="module")
def channel(server: Server) -> Iterator[grpc.Channel]:
    with open_channel(server) as opened:
        yield opened


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
@pytest.mark.parametrize("signal", SIGNALS)
def test_success_is_ok_with_an_empty_response(
    server: Server, signal: str, compression: grpc.Compression
) -> None:
    payload = ONE_OF_EACH[signal].SerializeToString()
    answer = call(server, METHODS[signal], payload, compression=compression)
    assert (answer.code, answer.message) == (Code.OK, b"")


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_a_request_without_telemetry_succeeds(
    server: Server, compression: grpc.Compression
) -> None:
    assert call(server, TRACES, b"", compression=compression).code is Code.OK


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_is_acknowledged_is_stored(server: Server, compression: grpc.Compression) -> None:
    trace = 10 + (compression is Compression.Gzip)
    spans = [otlp.span(trace, number, name="x" * 500) for number in range(1, 101)]
    payload = otlp.traces(*spans).SerializeToString()
    assert call(server, TRACES, payload, compression=compression).code is Code.OK
    server.settle()
    assert server.get(f"/v1/traces/{trace:032x}").json()["span_count"] == 100


def test_an_algorithm_that_is_not_supported_is_unimplemented(server: Server) -> None:
    """gRPC's compression specification: the client may then send again, uncompressed."""
    payload = otlp.traces(otlp.span(name="x" * 500)).SerializeToString()
    answer = call(server, TRACES, payload, compression=Compression.Deflate)
    assert answer.code in (Code.OK, Code.UNIMPLEMENTED), answer.details


# --- who may send -----------------------------------------------------------------------------


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"user:{key}".encode()).decode()


@pytest.mark.parametrize("carrier", ["Bearer", "bearer", "Basic", "x-api-key"])
def test_metadata_carries_the_key(server: Server, carrier: str) -> None:
    metadata = {
        "Bearer": ("authorization", f"Bearer {server.key}"),
        "bearer": ("authorization", f"bearer {server.key}"),
        "Basic": ("authorization", basic(server.key)),
        "x-api-key": ("x-api-key", server.key),
    }[carrier]
    assert call(server, TRACES, b"", metadata=[metadata]).code is Code.OK


@pytest.mark.parametrize("signal", SIGNALS)
def test_without_a_key_is_unauthenticated_with_a_status(server: Server, signal: str) -> None:
    answer = call(server, METHODS[signal], b"", metadata=[])
    assert answer.code is Code.UNAUTHENTICATED
    assert answer.status is not None
    assert (answer.status.code, answer.status.message) == (16, answer.details)
    assert retry_seconds(answer.status) is None


# --- partial success --------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
@pytest.mark.parametrize(
    ("signal", "request_", "field", "count"),
    [
        (
            "traces",
            otlp.traces(otlp.span(20, 1, trace_id=b"short"), otlp.span(20, 2)),
            "rejected_spans",
            1,
        ),
        ("logs", otlp.logs("a", "b", time_unix_nano=1 << 63), "rejected_log_records", 2),
        ("metrics", otlp.gauge("late", 1, time_ns=1 << 63), "rejected_data_points", 1),
    ],
)
def test_partial_success_is_ok_and_counts_what_was_rejected(
    server: Server,
    signal: str,
    request_: Message,
    field: str,
    count: int,
    compression: grpc.Compression,
) -> None:
    payload = request_.SerializeToString()
    answer = call(server, METHODS[signal], payload, compression=compression)
    assert answer.code is Code.OK
    response: Any = RESPONSES[signal].FromString(answer.message)
    assert getattr(response.partial_success, field) == count
    assert response.partial_success.error_message


# --- failure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [b"\xff\xff\xff", b"\x0a\x05ab", gzip.compress(b"{}")[:-5]],
    ids=["no field", "cut off", "gzip, cut off"],
)
@pytest.mark.parametrize("signal", SIGNALS)
def test_what_cannot_be_decoded_is_an_invalid_argument_with_a_status(
    server: Server, signal: str, payload: bytes
) -> None:
    answer = call(server, METHODS[signal], payload)
    assert answer.code is Code.INVALID_ARGUMENT
    assert answer.status is not None
    assert (answer.status.code, answer.status.message) == (3, answer.details)
    assert retry_seconds(answer.status) is None, "a client must not send it again"


@pytest.mark.parametrize(
    "method",
    [
        TRACES.replace("Export", "Import"),
        TRACES.replace("v1", "v2"),
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/x/y",
    ],
)
@pytest.mark.parametrize("with_key", [True, False])
def test_other_methods_are_unimplemented(server: Server, method: str, with_key: bool) -> None:
    metadata = None if with_key else []
    assert call(server, method, b"", metadata=metadata).code is Code.UNIMPLEMENTED


@pytest.mark.parametrize("excess", [1, 3 << 20], ids=["just over", "far over"])
@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_a_message_over_the_bound_is_resource_exhausted_and_not_to_be_sent_again(
    server: Server, excess: int, compression: grpc.Compression
) -> None:
    answer = call(server, TRACES, bytes(BOUND + excess), compression=compression)
    assert answer.code is Code.RESOURCE_EXHAUSTED
    assert answer.status is None or retry_seconds(answer.status) is None


def test_a_message_above_grpcs_own_default_of_4_mib_is_taken(server: Server) -> None:
    payload = otlp.traces(otlp.span(30, name="long", attributes={"a": "x" * (8 << 20)}))
    assert call(server, TRACES, payload.SerializeToString()).code is Code.OK


# --- connections ------------------------------------------------------------------------------


def test_a_connection_serves_on_after_every_kind_of_answer(
    server: Server, channel: grpc.Channel
) -> None:
    good = otlp.traces(otlp.span(40)).SerializeToString()
    for payload, metadata in (
        (b"\xff", None),
        (b"", []),
        (bytes(BOUND + 1), None),
        (bytes(BOUND + (3 << 20)), None),
    ):
        assert call(server, TRACES, payload, metadata=metadata, channel=channel).code is not Code.OK
        assert call(server, TRACES, good, channel=channel).code is Code.OK


def test_calls_run_at_the_same_time_on_one_connection(
    server: Server, channel: grpc.Channel
) -> None:
    def send(number: int) -> grpc.StatusCode:
        payload = otlp.traces(otlp.span(50, number)).SerializeToString()
        return call(server, TRACES, payload, channel=channel).code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(1, 201))) == {Code.OK}
    server.settle()
    assert server.get(f"/v1/traces/{50:032x}").json()["span_count"] == 200
