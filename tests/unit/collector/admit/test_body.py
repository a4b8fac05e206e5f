"""Request bodies: every encoding, in any chunks, never over the bound."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from tracehouse_collector.admit.body import Body, decompress
from tracehouse_collector.admit.refusal import TOO_LARGE, UNREADABLE, UNSUPPORTED, Refusal

TEXT = b"the quick brown fox " * 50
LIMIT = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def identity(data: bytes) -> bytes:
    return data


FORMS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", identity),
    ("identity", identity),
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    (" GZIP ", gzip.compress),
    ("zstd", zstd.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
]
COMPRESSED = [form for form in FORMS if form[1] is not identity]


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
def test_every_encoding_is_read(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    assert decompress(compress(TEXT), encoding, LIMIT) == TEXT
    assert decompress(compress(b""), encoding, LIMIT) == b""


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_it_does_not_matter_how_a_body_is_cut_into_chunks(
    encoding: str, compress: Callable[[bytes], bytes], data: bytes, cuts: list[int]
) -> None:
    wire = compress(data)
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    body = Body(encoding, LIMIT)

    for start, end in pairwise(edges):
        body.feed(wire[start:end])

    assert body.finish() == data


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
def test_a_body_may_come_byte_by_byte(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    body = Body(encoding, LIMIT)
    for byte in compress(TEXT):
        body.feed(bytes((byte,)))

    assert body.finish() == TEXT


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstd.compress)]
)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_members_and_frames_follow_each_other(
    encoding: str, compress: Callable[[bytes], bytes], step: int
) -> None:
    wire = compress(b"one ") + compress(b"") + compress(b"two")
    body = Body(encoding, LIMIT)
    for start in range(0, len(wire), step):
        body.feed(wire[start : start + step])

    assert body.finish() == b"one two"


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSED)
def test_a_body_cut_off_anywhere_is_unreadable(
    encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    wire = compress(TEXT)
    for length in range(1, len(wire)):
        with pytest.raises(Refusal) as refused:
            decompress(wire[:length], encoding, LIMIT)
        assert refused.value.kind is UNREADABLE, f"cut at {length}"


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate"])
@pytest.mark.parametrize("garbage", [b"\xff" * 40, b'{"resourceSpans": []}'])
def test_garbage_is_unreadable(encoding: str, garbage: bytes) -> None:
    with pytest.raises(Refusal, match=encoding) as refused:
        decompress(garbage, encoding, LIMIT)

    assert refused.value.kind is UNREADABLE


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_garbage_after_a_whole_body_is_unreadable(encoding: str) -> None:
    compress = gzip.compress if encoding == "gzip" else zstd.compress
    with pytest.raises(Refusal) as refused:
        decompress(compress(TEXT) + b"garbage!", encoding, LIMIT)

    assert refused.value.kind is UNREADABLE


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
@pytest.mark.parametrize("size", [1, 1000, (1 << 20) + 1])
def test_the_bound_is_held_to_the_byte(
    encoding: str, compress: Callable[[bytes], bytes], size: int
) -> None:
    wire = compress(bytes(size))

    assert len(decompress(wire, encoding, size)) == size
    with pytest.raises(Refusal, match=f"larger than {size - 1} bytes") as refused:
        decompress(wire, encoding, size - 1)
    assert refused.value.kind is TOO_LARGE


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSED)
def test_a_bomb_costs_the_bound_and_no_more(
    encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    bomb = compress(bytes(32 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(Refusal):
            decompress(bomb, encoding, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 12 << 20


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "lzma"])
def test_another_encoding_is_refused_at_once(encoding: str) -> None:
    with pytest.raises(Refusal, match="send gzip, zstd, deflate or none") as refused:
        Body(encoding, LIMIT)

    assert refused.value.kind is UNSUPPORTED
