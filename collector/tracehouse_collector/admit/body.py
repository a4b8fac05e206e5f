"""Bodies as they were before compression, never larger than the bound.

The bound is held while decompressing: output is taken in steps and the first step over the bound
ends it, so that a bomb costs the bound and no more.
"""

from __future__ import annotations

import sys
import zlib
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from tracehouse_collector.admit.refusal import TOO_LARGE, UNREADABLE, UNSUPPORTED, Refusal

_STEP = 1 << 20
# A zstd frame names its own window; 8 MiB is what RFC 8878 asks every decoder to support.
_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
GZIP_MAGIC = b"\x1f\x8b"


class _Decompressor(Protocol):
    """The part that zlib's and zstd's decompressors have in common once they are wrapped."""

    @property
    def ended(self) -> bool: ...
    def feed(self, data: bytes) -> bytes: ...
    def more(self) -> bytes: ...
    def rest(self) -> bytes: ...


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._object = zlib.decompressobj(wbits)

    @property
    def ended(self) -> bool:
        return self._object.eof

    def feed(self, data: bytes) -> bytes:
        return self._object.decompress(data, _STEP)

    def more(self) -> bytes:
        tail = self._object.unconsumed_tail
        return self._object.decompress(tail, _STEP) if tail else b""

    def rest(self) -> bytes:
        return self._object.unused_data


class _Zstd:
    def __init__(self) -> None:
        self._object = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)

    @property
    def ended(self) -> bool:
        return self._object.eof

    def feed(self, data: bytes) -> bytes:
        return self._object.decompress(data, _STEP)

    def more(self) -> bytes:
        if self._object.eof or self._object.needs_input:
            return b""
        return self._object.decompress(b"", _STEP)

    def rest(self) -> bytes:
        return self._object.unused_data


def _decompressor(encoding: str, first: bytes) -> _Decompressor:
    if encoding == "gzip":
        return _Zlib(31)
    if encoding == "zstd":
        return _Zstd()
    # HTTP's deflate is zlib's format (RFC 9110, 8.4.1.2), but some clients send the bare stream.
    is_zlib = len(first) > 1 and first[0] & 0x0F == 8 and (first[0] << 8 | first[1]) % 31 == 0
    return _Zlib(15 if is_zlib else -15)


class Body:
    """A request body, fed as it arrives: decompressed and bounded.

    Raises Refusal: unsupported encoding (at once), too large or undecodable (while feeding),
    cut off (at `finish`).
    """

    def __init__(self, encoding: str, limit: int) -> None:
        encoding = encoding.strip().lower()
        encoding = "gzip" if encoding == "x-gzip" else encoding  # RFC 9110, 8.4.1.3
        if encoding not in ("", "identity", "gzip", "zstd", "deflate"):
            raise Refusal(
                UNSUPPORTED,
                f"Content-Encoding {encoding!r} is not supported: send gzip, zstd, deflate or none",
            )
        self._encoding = "" if encoding == "identity" else encoding
        self._limit = limit
        self._decompressor: _Decompressor | None = None
        self._held = b""
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came over the wire."""
        if not data:
            return
        if not self._encoding:
            self._take(data)
            return
        try:
            data = self._held + data
            self._held = b""
            if self._encoding == "deflate" and self._decompressor is None and len(data) < 2:
                self._held = data  # two bytes tell zlib's format from the bare stream
                return
            while data:
                # A gzip or zstd body may be several members or frames, one after the other.
                if self._decompressor is None or self._decompressor.ended:
                    self._decompressor = _decompressor(self._encoding, data)
                self._take(self._decompressor.feed(data))
                while piece := self._decompressor.more():
                    self._take(piece)
                data = self._decompressor.rest() if self._decompressor.ended else b""
        except (zlib.error, zstd.ZstdError) as error:
            raise Refusal(UNREADABLE, f"the body is not valid {self._encoding}: {error}") from error

    def finish(self) -> bytes:
        """The whole body."""
        if self._held or (self._decompressor is not None and not self._decompressor.ended):
            raise Refusal(UNREADABLE, f"the {self._encoding} body ends too early")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            self._parts.clear()
            raise Refusal(
                TOO_LARGE,
                f"the body is larger than {self._limit} bytes after decompression: "
                "send smaller batches, or raise max_request_bytes",
            )
        if data:
            self._parts.append(data)


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """A body that arrived in one piece, decompressed and bounded. Raises Refusal like `Body`."""
    body = Body(encoding, limit)
    body.feed(data)
    return body.finish()
