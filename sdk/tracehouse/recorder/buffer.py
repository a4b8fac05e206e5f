"""The buffer on disk: what was logged, until a server has acknowledged it.

A buffer is a folder that one process at a time holds, by a lock on the file `lock`::

    destination.json   which server it is for, and which key (by its hash), and the mode
    00000000.otlp …    segments: records in the collector's format (`tracehouse_semconv.record`)
    cursor             which of them were acknowledged
    blobs/<sha256>     files that records refer to, until they are uploaded

Invariants
----------
1. A record is written by one `write`, behind the last: what a killed process leaves is a sequence
   of whole records and at most one torn one, at the end, which was never promised to anyone.
2. The cursor is `<segment> <acknowledged> <sending>`. `sending` is written before bytes leave:
   after a crash exactly the same bytes are sent again, as the same requests, and the server, which
   knows a log record by its request, stores them once. (Spans and scalars have their own keys.)
3. A segment is deleted when all of it was acknowledged and it is not written to any more. Its
   number is not used again: what the cursor says of it would be taken for another one's.
4. Nothing is deleted for another reason but the bound on the buffer's size, and that is counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracehouse.recorder.locking import try_lock
from tracehouse.settings import Destination, Mode, state_dir
from tracehouse_semconv.record import Damage, Envelope, Signal, decode, encode, scan

SEGMENT_BYTES = 4 << 20
BATCH_BYTES = 1 << 20
_CURSOR = struct.Struct("<IQQI")


@dataclass(frozen=True, slots=True)
class Batch:
    """Records to be sent together: `requests` are the OTLP requests that they add up to."""

    segment: int
    start: int
    end: int
    requests: tuple[tuple[Signal, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Cursor:
    segment: int = 0
    acknowledged: int = 0
    sending: int = 0


def buffers_dir() -> Path:
    """Where the buffers of this user's processes are."""
    return state_dir() / "buffers"


def key_hash(destination: Destination) -> str:
    """Tells keys apart without giving one away; empty when there is none."""
    return hashlib.sha256((destination.api_key or "").encode()).hexdigest()[:16] * bool(
        destination.api_key
    )


class Buffer:
    """A buffer that this process holds. Thread-safe. Raises OSError as the file system does."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock_descriptor = lock
        self._lock = threading.Lock()
        self._file = -1
        self._size = 0
        self._cursor = self._read_cursor()
        numbers = self._segment_numbers()
        # A number is used once: the cursor may speak of a segment that is gone.
        self._writing = max([*numbers, self._cursor.segment]) + 1
        self._first = numbers[0] if numbers else self._writing
        self.damaged_bytes = 0

    @classmethod
    def create(cls, destination: Destination, mode: Mode, root: Path | None = None) -> Buffer:
        """A new buffer for this process."""
        root = root or buffers_dir()
        name = (
            f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}-{os.urandom(3).hex()}"
        )
        path = root / name
        path.mkdir(parents=True, mode=0o700)
        lock = try_lock(path / "lock")
        if lock is None:
            raise OSError(f"the new folder {path} is locked already")
        meta = {"api_base": destination.api_base, "key": key_hash(destination), "mode": str(mode)}
        (path / "destination.json").write_text(json.dumps(meta))
        return cls(path, lock)

    @classmethod
    def adopt(cls, path: Path) -> Buffer | None:
        """The buffer that another process left; None while it is in use, or gone."""
        try:
            lock = try_lock(path / "lock")
        except OSError:
            return None
        if lock is None:
            return None
        if not (path / "destination.json").exists():  # being made, or being removed
            os.close(lock)
            return None
        return cls(path, lock)

    # --- writing ---------------------------------------------------------------------------------

    def append(self, signal: Signal, payload: bytes) -> bool:
        """Write one OTLP request; whether a new segment was begun for it."""
        head, body = encode(signal, payload, workspace="", received_ns=time.time_ns(), request_id=0)
        record = head + body
        with self._lock:
            begun = self._file < 0 or self._size >= SEGMENT_BYTES
            if begun:
                self._next_segment()
            written = os.write(self._file, record)
            if written != len(record):  # the disk is full: leave no half record behind
                os.ftruncate(self._file, self._size)
                raise OSError("the disk took a part of a record only")
            self._size += written
            return begun

    def _next_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._writing += 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.open(self._segment(self._writing), flags, 0o600)
        self._size = 0

    def thin(self, change: Callable[[int, bytes], bytes]) -> None:
        """Rewrite the oldest segment that `change(number, content)` makes shorter.

        Segments that are being written or sent are left alone.
        """
        with self._lock:
            for number in self._segment_numbers():
                if self._first < number < self._writing:
                    path = self._segment(number)
                    content = path.read_bytes()
                    changed = change(number, content)
                    if len(changed) < len(content):
                        temporary = path.with_suffix(".new")
                        temporary.write_bytes(changed)
                        temporary.replace(path)
                        return

    def add_blob(self, sha256: str, content: bytes) -> None:
        """Keep a file until it is uploaded; the same content is kept once."""
        folder = self.path / "blobs"
        folder.mkdir(exist_ok=True, mode=0o700)
        if not (folder / sha256).exists():
            temporary = folder / f".{sha256}.{threading.get_ident()}"
            temporary.write_bytes(content)
            temporary.replace(folder / sha256)

    # --- sending ---------------------------------------------------------------------------------

    def next_batch(self) -> Batch | None:
        """The oldest records that were not acknowledged; None when there are none.

        The same batch again until `acknowledge`, in this process or in the next.
        """
        with self._lock:
            while self._first <= self._writing:
                cursor = self._cursor
                start = cursor.acknowledged if cursor.segment == self._first else 0
                repeat = cursor.sending if cursor.segment == self._first else 0
                batch = self._read_batch(self._first, start, repeat)
                if batch is not None:
                    if batch.end != repeat:
                        self._write_cursor(_Cursor(self._first, start, batch.end))
                    return batch
                if self._first == self._writing and self._file >= 0:
                    return None
                self._segment(self._first).unlink(missing_ok=True)
                self._first += 1
            self._first = self._writing
            return None

    def _read_batch(self, number: int, start: int, repeat: int) -> Batch | None:
        try:
            with self._segment(number).open("rb") as file:
                file.seek(start)
                content = file.read()
        except FileNotFoundError:
            return None
        stop = repeat if repeat > start else start + BATCH_BYTES
        requests: dict[Signal, list[bytes]] = {}
        end = 0
        for found in scan(content):
            if end and start + found.end > stop:
                break
            end = found.end
            if isinstance(found, Damage):
                self.damaged_bytes += found.end - found.start
                continue
            envelope = _envelope(content[found.start : found.end])
            if envelope is not None:
                requests.setdefault(envelope.signal, []).append(envelope.payload)
        if not end:
            return None
        # OTLP requests are one repeated field: joined, they are one request.
        joined = tuple((signal, b"".join(parts)) for signal, parts in requests.items())
        return Batch(number, start, start + end, joined)

    def acknowledge(self, batch: Batch) -> None:
        """All of the batch is safe elsewhere."""
        with self._lock:
            self._write_cursor(_Cursor(batch.segment, batch.end, batch.end))

    def next_blob(self) -> Path | None:
        """A file that is to be uploaded."""
        try:
            entries = sorted(os.scandir(self.path / "blobs"), key=lambda entry: entry.name)
        except FileNotFoundError:
            return None
        return next((Path(e.path) for e in entries if not e.name.startswith(".")), None)

    @property
    def is_empty(self) -> bool:
        """Whether everything was acknowledged."""
        return self.pending_bytes == 0 and self.next_blob() is None

    @property
    def pending_bytes(self) -> int:
        """Bytes of records that were not acknowledged."""
        with self._lock:
            total = 0
            for number in self._segment_numbers():
                if number >= self._first:
                    total += self._segment(number).stat().st_size
            if self._cursor.segment == self._first:
                total -= self._cursor.acknowledged
            return max(0, total)

    # --- the folder ------------------------------------------------------------------------------

    def close(self, *, forget: bool = False) -> None:
        """Let go of the folder, and remove it when nothing is left in it.

        `forget` only closes the files: a forked child must not touch its parent's folder.
        """
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        try:
            if not forget and self.is_empty:
                self._remove()
        except OSError:  # somebody else looked into it: the next process removes it
            return
        finally:
            if self._lock_descriptor >= 0:
                os.close(self._lock_descriptor)
                self._lock_descriptor = -1

    def _remove(self) -> None:
        for path in (*self.path.glob("*.otlp"), self.path / "cursor"):
            path.unlink(missing_ok=True)
        blobs = self.path / "blobs"
        if blobs.exists():
            blobs.rmdir()
        (self.path / "destination.json").unlink(missing_ok=True)
        (self.path / "lock").unlink(missing_ok=True)
        self.path.rmdir()

    def _segment(self, number: int) -> Path:
        return self.path / f"{number:08d}.otlp"

    def _segment_numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self.path.glob("*.otlp"))

    def _read_cursor(self) -> _Cursor:
        try:
            raw = (self.path / "cursor").read_bytes()
            *fields, checksum = _CURSOR.unpack(raw)
        except (OSError, struct.error):
            return _Cursor()
        return _Cursor(*fields) if zlib.crc32(raw[:-4]) == checksum else _Cursor()

    def _write_cursor(self, cursor: _Cursor) -> None:
        fields = struct.pack("<IQQ", cursor.segment, cursor.acknowledged, cursor.sending)
        descriptor = os.open(self.path / "cursor", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, fields + struct.pack("<I", zlib.crc32(fields)))
        finally:
            os.close(descriptor)
        self._cursor = cursor


def _envelope(record: bytes) -> Envelope | None:
    try:
        return decode(record)
    except ValueError:
        return None
