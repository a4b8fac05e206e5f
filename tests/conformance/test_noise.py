"""Noise: random bytes, and requests that were cut or altered. Each is refused or taken, and what
was taken is never given up later."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conformance.samples import one_of_each
from tests.conformance.transports import JSON, PROTOBUF, REQUESTS, SIGNALS
from tests.support.otlp_json import to_otlp_json
from tests.support.server import Server


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("signal", SIGNALS)
def test_random_bytes_are_refused(server: Server, signal: str, content_type: str) -> None:
    random_ = random.Random(f"{signal}{content_type}")
    with httpx.Client(base_url=server.http, headers=server.headers) as client:
        for _ in range(200):
            body = b"\xff" + random_.randbytes(random_.choice((1, 2, 3, 10, 100, 10_000)))
            answer = client.post(
                f"/v1/{signal}", content=body, headers={"content-type": content_type}
            )
            assert answer.status_code == 400, body.hex()
            assert answer.content


@pytest.mark.parametrize("signal", SIGNALS)
def test_json_cut_or_altered_anywhere_is_refused_or_taken(server: Server, signal: str) -> None:
    random_ = random.Random(signal)
    whole = to_otlp_json(REQUESTS[signal].FromString(one_of_each()[signal]))
    strange = [b"null", b"-1", b"1e999", b"[]", b"{}", b'""', b"true", b'"\\ud800"', b"\0"]
    with httpx.Client(base_url=server.http, headers=server.headers) as client:
        for step in range(400):
            at = random_.randrange(1, len(whole))
            put = b"" if step % 2 else random_.choice(strange) + whole[at + 1 :]
            answer = client.post(
                f"/v1/{signal}", content=whole[:at] + put, headers={"content-type": JSON}
            )
            assert answer.status_code in (200, 400), whole[:at] + put


def cuts(whole: bytes, _: random.Random) -> Iterator[bytes]:
    return (whole[:end] for end in range(len(whole)))


def flips(whole: bytes, random_: random.Random) -> Iterator[bytes]:
    for _ in range(1000):
        body = bytearray(whole)
        for _ in range(random_.choice((1, 1, 2, 5))):
            body[random_.randrange(len(body))] ^= 1 << random_.randrange(8)
        yield bytes(body)


@pytest.mark.parametrize("harm", [cuts, flips])
@pytest.mark.parametrize("signal", SIGNALS)
def test_harmed_protobuf_is_refused_or_stored_and_never_given_up_later(
    tmp_path: Path, signal: str, harm: Callable[[bytes, random.Random], Iterator[bytes]]
) -> None:
    with Server(tmp_path) as server:
        with httpx.Client(base_url=server.http, headers=server.headers) as client:
            for body in harm(one_of_each()[signal], random.Random(signal)):
                answer = client.post(
                    f"/v1/{signal}", content=body, headers={"content-type": PROTOBUF}
                )
                assert answer.status_code in (200, 400), body.hex()
        server.settle(timeout=15)
        assert list((server.data_dir / "dead-letter").iterdir()) == []
