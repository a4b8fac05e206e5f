"""One signal's queue on disk: records in numbered segment files.

On disk
-------
`NNNNNNNNNNNNNNNNNNNN.seg` (20 digits, counting up) is a sequence of records and nothing else; the
record's format is in `tracehouse_semconv.record`. A segment is the body of one insert, byte for
byte. `NAME.cursor` says how far the destination of that name has come (see `cursor.py`).

Invariants
----------
1. `append` returns only after `fdatasync` of what it appended: an acknowledged record is on disk.
2. Only one segment is open, the one with the highest number. All others are sealed: they never
   change again, so a reader needs no lock.
3. A failed append leaves nothing behind: the segment is truncated to its last acknowledged
   record. Where even that fails the segment is sealed at once, and not read before it succeeds:
   what is inserted of a segment is what a later process would insert of it again.
4. After a failed `fdatasync` the open segment is never written again: the kernel may have dropped
   its dirty pages and reported so only once.
5. At start, a torn tail of the last segment (a record whose writing was cut off, hence never
   acknowledged) is cut away; the bytes go to the caller, who keeps them as a dead letter, since a
   flipped bit in the last record looks the same.
6. A segment is removed only when every destination's cursor is past it.

Not thread-safe: `group_commit.py` is the only writer and holds the lock.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracehouse_collector.spool.cursor import highest_segment
from tracehouse_collector.spool.files import AppendFile, Files
from tracehouse_semconv.record import Damage, scan

logger = logging.getLogger(__name__)

_SUFFIX = ".seg"
_DISK_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


class SpoolFull(Exception):
    """The backlog has reached its bound, or the disk is full. Nothing was appended."""


@dataclass(slots=True)
class Segment:
    """A segment file: its number, and how many bytes of it count."""

    number: int
    path: Path
    end: int


@dataclass(slots=True)
class _Open:
    segment: Segment
    file: AppendFile


class Segments:
    """The segments of one directory. Creating it recovers what an earlier process left."""

    def __init__(
        self,
        directory: Path,
        files: Files,
        *,
        segment_bytes: int,
        max_bytes: int,
        keep_torn: Callable[[str, bytes], None],
    ) -> None:
        self._directory = directory
        self._files = files
        self._segment_bytes = segment_bytes
        self._max_bytes = max_bytes
        self._open: _Open | None = None
        files.make_directory(directory)
        names = [name for name in files.list(directory) if name.endswith(_SUFFIX)]
        self._sealed = sorted(
            (
                Segment(
                    int(name.removesuffix(_SUFFIX)), directory / name, files.size(directory / name)
                )
                for name in names
            ),
            key=lambda segment: segment.number,
        )
        self._recover_tail(keep_torn)
        last = self._sealed[-1].number if self._sealed else 0
        # A number that a cursor has passed would never be read: do not start over below it.
        self._next_number = max(last + 1, highest_segment(directory, files))
        self._bytes = sum(segment.end for segment in self._sealed)

    def _recover_tail(self, keep_torn: Callable[[str, bytes], None]) -> None:
        if not self._sealed:
            return
        last = self._sealed[-1]
        content = self._files.read(last.path)
        items = list(scan(content))
        if items and isinstance(items[-1], Damage) and items[-1].end == len(content):
            torn = items[-1].start
            keep_torn(f"{last.path.parent.name}-{last.number}-{torn}", content[torn:])
            logger.warning(
                "cut %d bytes of an unfinished record from %s", len(content) - torn, last.path
            )
            self._files.truncate(last.path, torn)
            last.end = torn

    @property
    def bytes(self) -> int:
        """Size of everything not yet removed."""
        return self._bytes

    @property
    def sealed(self) -> Sequence[Segment]:
        """All segments that no longer change, oldest first."""
        return self._sealed

    @property
    def has_open_records(self) -> bool:
        """Whether there are records that no reader can see before `seal`."""
        return self._open is not None

    @property
    def next_number(self) -> int:
        """The number that the next new segment will have."""
        return self._next_number

    def append(self, records: Sequence[tuple[bytes, bytes]]) -> None:
        """Append records and make them durable, all or none.

        Raises SpoolFull over the bound, OSError when the disk fails.
        """
        size = sum(len(head) + len(payload) for head, payload in records)
        if self._bytes + size > self._max_bytes:
            raise SpoolFull(
                f"the spool holds {self._bytes} bytes that the database has not taken yet "
                f"(bound: {self._max_bytes}): retry later"
            )
        if self._open is not None and self._open.segment.end + size > self._segment_bytes:
            self.seal()
        target = self._open or self._create()
        try:
            target.file.write([part for record in records for part in record])
            target.file.sync()
        except OSError as error:
            self._undo(target)
            if error.errno in _DISK_FULL:
                raise SpoolFull(f"the spool's disk is full ({error.strerror})") from error
            raise
        target.segment.end += size
        self._bytes += size

    def seal(self) -> None:
        """Close the open segment, if there is one: readers see it from now on."""
        if self._open is None:
            return
        sealed, self._open = self._open, None
        try:
            sealed.file.close()
        except OSError:  # all that counts of it was synced
            logger.warning("closing %s failed", sealed.segment.path, exc_info=True)
        if sealed.segment.end:
            self._sealed.append(sealed.segment)
            return
        try:
            self._files.remove(sealed.segment.path)
        except OSError:
            logger.warning("cannot remove the empty %s", sealed.segment.path, exc_info=True)

    def remove(self, segment: Segment) -> None:
        """Forget the oldest sealed segment and delete its file."""
        self._files.remove(segment.path)
        self._sealed.remove(segment)
        self._bytes -= segment.end

    def read(self, segment: Segment) -> bytes:
        """The content of a sealed segment, which is also all that its file holds.

        Raises OSError when the rest of a failed append cannot be cut away.
        """
        if self._files.size(segment.path) > segment.end:
            self._files.truncate(segment.path, segment.end)
        return self._files.read(segment.path)

    def _create(self) -> _Open:
        segment = Segment(
            self._next_number, self._directory / f"{self._next_number:020d}{_SUFFIX}", 0
        )
        try:
            file = self._files.append(segment.path)
            self._files.sync_directory(self._directory)
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise SpoolFull(f"the spool's disk is full ({error.strerror})") from error
            raise
        self._next_number += 1
        self._open = _Open(segment, file)
        return self._open

    def _undo(self, target: _Open) -> None:
        try:
            target.file.truncate(target.segment.end)
        except OSError:
            logger.warning("cannot undo a failed write to %s", target.segment.path, exc_info=True)
        self.seal()
