"""HTTP/1.1 connections: kept open, pipelined, cut off, lied to, held up."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.conformance.raw_http import converse, head, request
from tests.conformance.transports import PROTOBUF
from tests.support import otlp
from tests.support.server import Server

BODY_TIMEOUT = 2.0
BODY = otlp.traces(otlp.span(1)).SerializeToString()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for a body no longer than two seconds."""
    home = tmp_path_factory.mktemp("server")
    timeouts = ("--body-timeout-seconds", "--head-timeout-seconds")
    arguments = [part for flag in timeouts for part in (flag, f"{BODY_TIMEOUT:g}")]
    with Server(home, *arguments) as running:
        yield running


@pytest.fixture(autouse=True)
def _serves_on(server: Server) -> Iterator[None]:
    """Whatever a client does, the next one is served."""
    yield
    assert converse(server, request(server, BODY, "Connection: close")).statuses == [200]


# --- kept open --------------------------------------------------------------------------------


def test_a_connection_serves_many_requests(server: Server) -> None:
    conversation = converse(server, then=[request(server, BODY)] * 5, pause=0.05, patience=0.5)
    assert conversation.statuses == [200] * 5
    assert not conversation.closed


def test_an_error_after_the_whole_body_leaves_the_connection_open(server: Server) -> None:
    unreadable, good = request(server, b"\xff\xff\xff"), request(server, BODY)
    conversation = converse(server, unreadable, then=[good], pause=0.2, patience=0.5)
    assert conversation.statuses == [400, 200]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "nobody's"}, 401),
        ({"content-type": "text/plain"}, 415),
        ({"content-encoding": "br"}, 415),
        ({"content-encoding": "gzip"}, 400),
    ],
)
def test_a_client_goes_on_after_a_request_that_was_refused_early(
    server: Server, headers: dict[str, str], status: int
) -> None:
    usual = server.headers | {"content-type": PROTOBUF}
    with httpx.Client(base_url=server.http) as client:
        for _ in range(3):
            refused = client.post("/v1/traces", content=BODY, headers=usual | headers)
            assert refused.status_code == status
            assert client.post("/v1/traces", content=BODY, headers=usual).status_code == 200


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    good, bad = request(server, BODY), request(server, b"\xff\xff\xff")
    conversation = converse(server, good, bad, good, bad, good, patience=1)
    assert conversation.statuses == [200, 400, 200, 400, 200]


def test_what_follows_a_refused_request_is_never_taken_for_another(server: Server) -> None:
    """A body that nobody reads may hold a whole request: it must not be answered."""
    inner = request(server, BODY)
    conversation = converse(server, request(server, inner, key="nobody's"), patience=1)
    assert conversation.statuses == [401]
    assert conversation.closed


def test_100_continue_is_said_only_to_those_who_may_send(server: Server) -> None:
    waiting = head(server, f"Content-Length: {len(BODY)}", "Expect: 100-continue")
    assert converse(server, waiting, then=[BODY], pause=0.2, patience=0.5).statuses == [200]
    refused = head(server, "Content-Length: 9", "Expect: 100-continue", key="nobody's")
    assert converse(server, refused, patience=0.5).statuses == [401]


# --- lied to ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", ["-1", "+5", "abc", "1e3", "0x10", "5, 6", "99999999999999999999999999999999"]
)
def test_a_content_length_that_is_none_is_400(server: Server, length: str) -> None:
    conversation = converse(server, head(server, f"Content-Length: {length}") + BODY)
    assert conversation.statuses == [400]
    assert conversation.closed


def test_an_absurd_content_length_is_413_before_a_byte_of_the_body(server: Server) -> None:
    conversation = converse(server, head(server, f"Content-Length: {10**15}"))
    assert conversation.statuses == [413]
    assert conversation.closed
    assert conversation.seconds < BODY_TIMEOUT


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", f"Content-Length: {len(BODY)}"),
        ("Transfer-Encoding: chunked", f"Content-Length: {len(BODY)}"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
    ],
)
def test_two_different_lengths_are_400(server: Server, lines: tuple[str, ...]) -> None:
    """Two readings of one message are how a request is smuggled past a proxy."""
    conversation = converse(server, head(server, *lines) + b"0\r\n\r\n")
    assert conversation.statuses == [400]
    assert conversation.closed


@pytest.mark.parametrize("chunks", [b"ZZ\r\nabc", b"FFFFFFFFFFFFFFFFF\r\nabc", b"-1\r\n\r\n"])
def test_a_malformed_chunk_is_400(server: Server, chunks: bytes) -> None:
    conversation = converse(server, head(server, "Transfer-Encoding: chunked") + chunks)
    assert conversation.statuses == [400]
    assert conversation.closed


def test_a_body_longer_than_its_content_length_is_not_a_second_request(server: Server) -> None:
    conversation = converse(server, request(server, BODY) + b"\xff\xfe and more\r\n\r\n")
    assert conversation.statuses[-1] == 400
    assert len(conversation.answers) <= 2
    assert conversation.closed


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)
def test_other_protocols_are_turned_away(server: Server, garbage: bytes) -> None:
    assert converse(server, garbage).closed


# --- held up ----------------------------------------------------------------------------------


def test_a_body_that_stops_short_is_408(server: Server) -> None:
    conversation = converse(
        server, head(server, f"Content-Length: {len(BODY) + 1}") + BODY, patience=5
    )
    assert conversation.statuses == [408]
    assert conversation.closed
    assert conversation.seconds < BODY_TIMEOUT + 1


def test_chunks_that_stop_short_are_408(server: Server) -> None:
    unfinished = head(server, "Transfer-Encoding: chunked") + b"5\r\nab"
    conversation = converse(server, unfinished, patience=5)
    assert conversation.statuses == [408]
    assert conversation.closed


def test_a_body_that_drips_is_cut_off_however_steadily_it_drips(server: Server) -> None:
    drops = [BODY[at : at + 1] for at in range(20)]
    started = time.monotonic()
    conversation = converse(
        server, head(server, f"Content-Length: {len(BODY)}"), then=drops, pause=0.3
    )
    assert conversation.closed
    assert 200 not in conversation.statuses
    assert time.monotonic() - started < BODY_TIMEOUT + 3


@pytest.mark.parametrize("sent", [b"", b"POST /v1/tra", b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"])
def test_headers_that_never_end_are_cut_off(server: Server, sent: bytes) -> None:
    conversation = converse(server, sent, patience=BODY_TIMEOUT + 3)
    assert conversation.closed, "such connections could be held by the thousand"


# --- flooded ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "piece"),
    [(b"", b"X-A: b\r\n" * 8192), (b"X-A: ", b"a" * 65536)],
    ids=["many", "one, long"],
)
def test_headers_without_end_are_refused_and_cost_little_memory(
    server: Server, first: bytes, piece: bytes
) -> None:
    before = server.resident_bytes()
    opened = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n" + first
    conversation = converse(server, opened, then=(piece for _ in range(320)), patience=2)
    grown = server.resident_bytes() - before
    assert conversation.closed, "nobody needs 20 MB of headers"
    assert set(conversation.statuses) <= {400, 413, 431}
    assert grown < 50 << 20, f"resident memory grew by {grown >> 20} MiB"


def test_an_address_without_end_is_refused(server: Server) -> None:
    line = f"POST /v1/traces?{'a' * 1_000_000} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode()
    conversation = converse(server, line)
    assert set(conversation.statuses) <= {400, 414, 431}
    assert conversation.closed
