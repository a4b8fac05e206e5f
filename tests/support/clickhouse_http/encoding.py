"""The encodings a body may come or go in.

`Content-Encoding` and `Accept-Encoding` are those ClickHouse knows. The codecs are imported when
first asked for: a test that never compresses does not need the libraries.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from tests.support.clickhouse_http.errors import ClickHouseError, Code

Buffer = bytes | memoryview

_PREFERENCE = ("zstd", "br", "lz4", "gzip", "deflate")  # the server's order, not the client's
_LEVEL = 3  # the default of http_zlib_compression_level, which ClickHouse uses for all of them
_BLOCK = struct.Struct("<BII")
_CHECKSUM_SIZE = 16
_NONE, _LZ4, _ZSTD = 0x02, 0x82, 0x90


def choose(accepted: str) -> str | None:
    """The encoding to answer in, given an Accept-Encoding header."""
    return next((name for name in _PREFERENCE if name in accepted and _available(name)), None)


def _available(name: str) -> bool:
    return name != "br" or find_spec("brotli") is not None  # the others come with the client


def decode(encoding: str, body: bytes) -> bytes:
    """Undo a Content-Encoding. A body may be several frames, one after the other."""
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        raise ClickHouseError(Code.NOT_IMPLEMENTED, f"Unknown compression method '{encoding}'")
    try:
        return decoder(body)
    except ImportError as error:
        raise ClickHouseError(
            Code.NOT_IMPLEMENTED, f"Cannot decode '{encoding}': {error}"
        ) from error
    except Exception as error:  # each library has its own: to the client they are one error
        raise ClickHouseError(Code.CANNOT_DECOMPRESS, f"{encoding}: {error}") from error


def encode(encoding: str, body: Buffer) -> bytes:
    """Apply the encoding that `choose` has chosen."""
    try:
        return _ENCODERS[encoding](body)
    except ImportError as error:
        raise ClickHouseError(
            Code.NOT_IMPLEMENTED, f"Cannot encode '{encoding}': {error}"
        ) from error


def decode_native(body: bytes) -> list[bytes]:
    """Undo ClickHouse's own framing (`decompress=1`): checksum, method, sizes, data, repeated.

    The checksums (CityHash128) are not verified: the data came over the loopback interface, and
    in Python the hash would cost more than the insert. The blocks stay apart, to spare a copy.
    """
    view = memoryview(body)
    blocks: list[bytes] = []
    at = 0
    try:
        while at < len(view):
            start = at + _CHECKSUM_SIZE
            method, packed_size, size = _BLOCK.unpack_from(view, start)
            data, at = view[start + _BLOCK.size : start + packed_size], start + packed_size
            if packed_size < _BLOCK.size or at > len(view):
                raise ValueError("a block is cut short")
            blocks.append(_block(method, data, size))
    except ClickHouseError:
        raise
    except Exception as error:
        raise ClickHouseError(Code.CANNOT_DECOMPRESS, f"native block at {at}: {error}") from error
    return blocks


def _block(method: int, data: memoryview, size: int) -> bytes:
    if method == _LZ4:
        return cast("bytes", _module("lz4.block").decompress(data, uncompressed_size=size))
    if method == _ZSTD:
        return cast("bytes", _zstd().decompress(data))
    if method == _NONE:
        return bytes(data)
    raise ClickHouseError(Code.CANNOT_DECOMPRESS, f"Unknown codec family code: {method}")


class _Decompressor(Protocol):
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _frames(body: bytes, new: Callable[[], _Decompressor]) -> bytes:
    parts: list[bytes] = []
    rest: bytes | None = body
    while rest:
        decompressor = new()
        parts.append(decompressor.decompress(rest))
        if not getattr(decompressor, "eof", True):
            raise ValueError("the data is cut short")
        rest = decompressor.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _module(name: str) -> Any:
    return import_module(name)


def _zstd() -> Any:
    try:
        return _module("compression.zstd")
    except ImportError:
        return _module("backports.zstd")


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: _frames(body, lambda: zlib.decompressobj(wbits=31)),
    "deflate": lambda body: _frames(body, zlib.decompressobj),
    "lz4": lambda body: _frames(body, _module("lz4.frame").LZ4FrameDecompressor),
    "zstd": lambda body: _frames(body, _zstd().ZstdDecompressor),
    "br": lambda body: _module("brotli").decompress(body),
}

_ENCODERS: dict[str, Callable[[Buffer], bytes]] = {
    "gzip": lambda body: zlib.compress(body, _LEVEL, wbits=31),
    "deflate": lambda body: zlib.compress(body, _LEVEL),
    "lz4": lambda body: _module("lz4.frame").compress(body),
    "zstd": lambda body: _zstd().compress(body, _LEVEL),
    "br": lambda body: _module("brotli").compress(bytes(body), quality=_LEVEL),
}
