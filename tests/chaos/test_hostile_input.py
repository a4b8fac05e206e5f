"""Input made to hurt: whatever comes, the server serves on, a good neighbour in the same request
is stored, nothing acknowledged is lost, and memory comes back.

How HTTP itself can be abused is in `conformance/test_http_connections.py`; noise in
`test_noise.py`, odd values in `test_extreme_values.py` and `test_deep_values.py` there.
"""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx
import pytest
from backports import zstd

from tests.conformance import raw_http, wire
from tests.conformance.samples import one_of_each
from tests.conformance.transports import METHODS, PROTOBUF, call
from tests.support import otlp
from tests.support.server import Server

pytestmark = pytest.mark.timeout(180)

MIB = 1 << 20
TOO_LARGE = grpc.StatusCode.RESOURCE_EXHAUSTED
_numbers = itertools.count(1 << 20)


@contextmanager
def memory_within(server: Server, mib: int, what: str) -> Iterator[None]:
    """What happens inside makes resident memory grow by no more than so much at its peak."""
    process = Path("/proc") / str(server.pid)
    (process / "clear_refs").write_text("5")  # forget the peak so far
    before = server.resident_bytes()
    yield
    peak = int((process / "status").read_text().split("VmHWM:")[1].split()[0]) * 1024
    grown = (peak - before) / MIB
    print(f"\n[memory] {what}: {grown:+.0f} MiB at the peak")
    assert grown < mib, f"resident memory grew by {grown:.0f} MiB"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def at_first(server: Server) -> int:
    """Resident memory once everything has been used."""
    for _ in range(5):
        for signal, request in one_of_each().items():
            server.post(signal, request)
        server.settle()
        server.get("/v1/spans")
    return server.resident_bytes()


@pytest.fixture(autouse=True)
def _serves_on(server: Server, at_first: int) -> Iterator[None]:
    """After each test a good span is taken and found, and nothing was given up as a dead letter."""
    yield
    number = next(_numbers)
    assert server.post("traces", otlp.traces(otlp.span(number)).SerializeToString()).content == b""
    server.settle(timeout=20)
    assert server.get(f"/v1/traces/{number:032x}").status_code == 200
    assert list((server.data_dir / "dead-letter").iterdir()) == []


# --- bombs ------------------------------------------------------------------------------------

BOMBS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.compressobj(1, wbits=31),
    "deflate": lambda: zlib.compressobj(1),
    "zstd": zstd.ZstdCompressor,
}


def bomb(encoding: str) -> bytes:
    """A gibibyte of zeros, compressed."""
    compressor, piece = BOMBS[encoding](), bytes(16 * MIB)
    return b"".join(compressor.compress(piece) for _ in range(64)) + compressor.flush()


@pytest.mark.parametrize("encoding", BOMBS)
def test_a_bomb_over_http_is_413_and_costs_at_most_the_bound(server: Server, encoding: str) -> None:
    body = bomb(encoding)
    with memory_within(server, 100, f"1 GiB {encoding} bomb over HTTP"):
        assert server.post("traces", body, content_encoding=encoding).status_code == 413


@pytest.mark.parametrize("compressed_by", ["hand", "gRPC"])
def test_a_bomb_over_grpc_is_resource_exhausted_and_costs_at_most_the_bound(
    server: Server, compressed_by: str
) -> None:
    by_hand = compressed_by == "hand"
    body = bomb("gzip") if by_hand else bytes(1024 * MIB - 1)
    compression = grpc.Compression.NoCompression if by_hand else grpc.Compression.Gzip
    with memory_within(server, 100, f"1 GiB gzip bomb over gRPC, compressed by {compressed_by}"):
        answer = call(server, METHODS["traces"], body, compression=compression)
    assert answer.code is TOO_LARGE


def test_a_bomb_in_a_bomb_is_opened_once(server: Server) -> None:
    twice = gzip.compress(bomb("gzip"))
    assert server.post("traces", twice, content_encoding="gzip").status_code == 400
    assert server.post("traces", twice, content_encoding="gzip, gzip").status_code == 415


SMALL_PARTS = {
    "spans": ("traces", wire.field(1, wire.field(2, wire.field(2, b"") * MIB))),
    "scopes": ("traces", wire.field(1, wire.field(2, b"") * MIB)),
    "attributes": ("traces", wire.traces(wire.span(3, 1, wire.field(9, b"") * MIB))),
    "log records": ("logs", wire.field(1, wire.field(2, wire.field(2, b"") * MIB))),
    "data points": (
        "metrics",
        wire.field(1, wire.field(2, wire.field(2, wire.field(5, wire.field(1, b"") * MIB)))),
    ),
}


@pytest.mark.parametrize("part", SMALL_PARTS)
def test_a_million_empty_parts_in_two_kilobytes_cost_no_gigabytes(
    fresh_server: Server, part: str
) -> None:
    """2 MiB of two-byte messages, gzipped: refused for their number, or loaded in pieces."""
    signal, body = SMALL_PARTS[part]
    with fresh_server as own, memory_within(own, 700, f"a million empty {part}"):
        answer = own.post(signal, gzip.compress(body), content_encoding="gzip")
        assert answer.status_code in (200, 400, 413)
        own.settle(timeout=40)


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_who_has_no_key_cannot_make_the_server_hold_large_bodies(
    fresh_server: Server, transport: str
) -> None:
    body = bytes(48 * MIB)

    def send() -> None:
        if transport == "grpc":
            assert call(fresh_server, METHODS["traces"], body, metadata=[]).code in (
                grpc.StatusCode.UNAUTHENTICATED,
                grpc.StatusCode.UNAVAILABLE,  # turned away while still sending
            )
            return
        with suppress(httpx.TransportError):  # turned away while still sending
            httpx.post(
                f"{fresh_server.http}/v1/traces", content=body, headers={"content-type": PROTOBUF}
            )

    threads = [threading.Thread(target=send) for _ in range(6)]
    with fresh_server, memory_within(fresh_server, 100, f"6 x 48 MiB over {transport}, no key"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


# --- too much of something --------------------------------------------------------------------


@pytest.mark.parametrize("place", ["value", "key", "name", "event", "resource"])
def test_thirty_megabytes_in_one_place_are_stored_with_their_neighbour(
    server: Server, place: str
) -> None:
    trace = 100 + len(place) + ord(place[0])
    long = "x" * (30 * MIB - 1) + "!"
    fields: dict[str, dict[str, Any]] = {
        "value": {"attributes": {"long": long}},
        "key": {"attributes": {long: 1}},
        "name": {"name": long},
        "event": {"events": [{"name": long}]},
    }
    spans = otlp.span(trace, 1, **fields.get(place, {})), otlp.span(trace, 2, name="neighbour")
    request = otlp.traces(*spans, resource={"long": long} if place == "resource" else None)
    assert server.post("traces", request.SerializeToString()).content == b""
    server.settle()
    stored = server.get(f"/v1/traces/{trace:032x}").json()["spans"]
    first = stored[0]
    assert len(stored) == 2
    found = {
        "value": lambda: first["attributes"]["long"],
        "key": lambda: next(iter(first["attributes"])),
        "name": lambda: first["name"],
        "event": lambda: first["events"][0]["name"],
        "resource": lambda: first["resource"]["long"],
    }[place]()
    assert found == long


@pytest.mark.parametrize("what", ["attributes", "events", "links"])
def test_a_hundred_thousand_of_something_in_one_span_are_all_stored(
    server: Server, what: str
) -> None:
    trace, count = 200 + len(what), 100_000
    many: Any = {
        "attributes": {f"key {number}": number for number in range(count)},
        "events": [{"name": f"event {number}"} for number in range(count)],
        "links": [{"trace_id": number.to_bytes(16, "big")} for number in range(count)],
    }[what]
    request = otlp.traces(otlp.span(trace, 1, **{what: many}), otlp.span(trace, 2))
    assert server.post("traces", request.SerializeToString()).content == b""
    server.settle()
    first, _ = server.get(f"/v1/traces/{trace:032x}").json()["spans"]
    assert len(first[what]) == count
    if what == "attributes":
        assert first[what] == many


def test_five_thousand_tiny_requests_are_all_taken_and_queries_answered_meanwhile(
    server: Server,
) -> None:
    trace, count, connections = 300, 5000, 20
    address = urlsplit(server.http)

    def send(numbers: range) -> int:
        taken = 0
        with socket.create_connection((address.hostname, address.port), timeout=30) as peer:
            for number in numbers:
                body = otlp.traces(otlp.span(trace, number)).SerializeToString()
                peer.sendall(raw_http.request(server, body))
                taken += peer.recv(4096).startswith(b"HTTP/1.1 200")
        return taken

    slowest = 0.0
    with ThreadPoolExecutor(connections) as pool:
        sent = [pool.submit(send, range(1 + i, count + 1, connections)) for i in range(connections)]
        while not all(one.done() for one in sent):
            started = time.monotonic()
            assert server.get("/health").status_code == 200
            slowest = max(slowest, time.monotonic() - started)
    assert sum(one.result() for one in sent) == count
    assert slowest < 2
    server.settle()
    assert server.get(f"/v1/traces/{trace:032x}").json()["span_count"] == count


def test_in_the_end_memory_is_near_where_it_was(server: Server, at_first: int) -> None:
    deadline = time.monotonic() + 15
    while server.resident_bytes() > at_first + 300 * MIB and time.monotonic() < deadline:
        time.sleep(0.5)
    grown = (server.resident_bytes() - at_first) / MIB
    print(f"\n[memory] at first {at_first / MIB:.0f} MiB, in the end {grown:+.0f} MiB")
    assert grown < 300
