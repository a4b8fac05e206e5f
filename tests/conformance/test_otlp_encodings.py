"""How a body may come over HTTP: compressed, in chunks, to a path with too many slashes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import httpx
import pytest
from backports import zstd
from google.rpc.status_pb2 import Status

from tests.conformance.transports import ENCODE, JSON, PROTOBUF, bare_deflate
from tests.support import otlp
from tests.support.otlp_json import to_otlp_json
from tests.support.server import Server

ENCODINGS = pytest.mark.parametrize("encoding", ENCODE)


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def stored_name(server: Server, trace: int) -> str:
    server.settle()
    (span,) = server.get(f"/v1/traces/{trace:032x}").json()["spans"]
    return span["name"]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@ENCODINGS
def test_every_encoding_is_understood(server: Server, encoding: str, content_type: str) -> None:
    trace = 10 + 2 * list(ENCODE).index(encoding) + (content_type == JSON)
    request = otlp.traces(otlp.span(trace, name=f"by {encoding} ü"))
    body = to_otlp_json(request) if content_type == JSON else request.SerializeToString()
    answer = server.post(
        "traces", ENCODE[encoding](body), content_type, content_encoding=encoding.upper()
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert stored_name(server, trace) == f"by {encoding} ü"


@ENCODINGS
def test_a_chunked_body_is_the_body(server: Server, encoding: str) -> None:
    trace = 20 + list(ENCODE).index(encoding)
    body = ENCODE[encoding](otlp.traces(otlp.span(trace, name="in chunks")).SerializeToString())
    answer = httpx.post(
        f"{server.http}/v1/traces",
        content=in_pieces(body, 7),
        headers=server.headers | {"content-type": PROTOBUF, "content-encoding": encoding},
    )
    assert answer.status_code == 200
    assert stored_name(server, trace) == "in chunks"


def test_deflate_without_zlibs_header_is_understood(server: Server) -> None:
    body = bare_deflate(otlp.traces(otlp.span(30, name="bare")).SerializeToString())
    assert server.post("traces", body, content_encoding="deflate").status_code == 200
    assert stored_name(server, 30) == "bare"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_several_members_are_one_body(server: Server, encoding: str) -> None:
    trace = 31 + (encoding == "zstd")
    body = otlp.traces(otlp.span(trace, name="in members")).SerializeToString()
    members = b"".join(map(ENCODE[encoding], in_pieces(body, 20)))
    assert server.post("traces", members, content_encoding=encoding).status_code == 200
    assert stored_name(server, trace) == "in members"


@ENCODINGS
def test_an_empty_body_succeeds_whatever_its_encoding(server: Server, encoding: str) -> None:
    assert server.post("traces", b"", content_encoding=encoding).status_code == 200
    assert (
        server.post("traces", ENCODE[encoding](b""), content_encoding=encoding).status_code == 200
    )


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip", "x-unknown"])
def test_an_unknown_encoding_is_415_and_says_which_are_known(server: Server, encoding: str) -> None:
    answer = server.post("traces", b"", content_encoding=encoding)
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROTOBUF)
    message = Status.FromString(answer.content).message
    assert all(known in message for known in ("gzip", "zstd", "deflate"))


def test_x_gzip_is_gzip(server: Server) -> None:
    """RFC 9110, 8.4.1.3: a recipient should take "x-gzip" for "gzip"."""
    assert server.post("traces", gzip.compress(b""), content_encoding="x-gzip").status_code == 200


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"not gzip at all"),
        ("zstd", b"not zstd at all"),
        ("deflate", b"\xff\xffnot deflate"),
        ("gzip", gzip.compress(b"x" * 5000, mtime=0)[:-4]),
        ("zstd", zstd.compress(b"x" * 5000)[:-4]),
        ("deflate", zlib.compress(b"x" * 5000)[:-4]),
        ("gzip", gzip.compress(b"", mtime=0)[:-8] + b"\1\2\3\4\0\0\0\0"),
        ("gzip", gzip.compress(b"", mtime=0) + b"and more"),
        ("zstd", zstd.compress(b"") + b"and more"),
    ],
    ids=[*["not it"] * 3, *["cut off"] * 3, "wrong checksum", *["with a tail"] * 2],
)
def test_a_body_that_cannot_be_decompressed_is_400(
    server: Server, encoding: str, body: bytes
) -> None:
    answer = server.post("traces", body, content_encoding=encoding)
    assert answer.status_code == 400
    assert encoding in Status.FromString(answer.content).message


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_the_bound_holds_after_decompression(server: Server, encoding: str) -> None:
    body = ENCODE[encoding](bytes((64 << 20) + 1))
    assert len(body) < 1 << 20
    answer = server.post("traces", body, content_encoding=encoding)
    assert answer.status_code == 413
    assert "after decompression" in Status.FromString(answer.content).message


def test_the_bound_holds_for_chunks(server: Server) -> None:
    answer = httpx.post(
        f"{server.http}/v1/traces",
        content=in_pieces(bytes((64 << 20) + 1), 1 << 20),
        headers=server.headers | {"content-type": PROTOBUF},
        timeout=60,
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/v1/traces/", "//v1/traces", "/v1//traces//", "///v1///traces"])
def test_slashes_too_many_are_forgiven(server: Server, path: str) -> None:
    trace = 40 + len(path)
    answer = httpx.post(
        f"{server.http}{path}",
        content=otlp.traces(otlp.span(trace, name=path)).SerializeToString(),
        headers=server.headers | {"content-type": PROTOBUF},
    )
    assert answer.status_code == 200, "and not a redirect, which would lose the body"
    assert stored_name(server, trace) == path


@pytest.mark.parametrize(
    "path",
    ["/v1/trace", "/v2/traces", "/v1/traces/export", "/v1development/profiles", "/V1/TRACES"],
)
def test_other_paths_are_not_otlp(server: Server, path: str) -> None:
    answer = httpx.post(
        f"{server.http}{path}", content=b"", headers=server.headers | {"content-type": PROTOBUF}
    )
    assert answer.status_code in (404, 405)
