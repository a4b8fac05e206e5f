"""Sending what is on disk: of offline programs, and of those whose server was away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracehouse.recorder.buffer import Buffer, buffers_dir, key_hash
from tracehouse.recorder.shipper import Shipper, read_destination
from tracehouse.settings import Destination

_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Synced:
    """One buffer: whether all of it was sent, and if not, what is left and why."""

    path: Path
    sent: bool
    left_bytes: int = 0
    reason: str = ""


def find_buffers(directory: Path | None = None) -> list[Path]:
    """The buffers in a folder, or the buffer that it is; by default this user's own."""
    root = directory or buffers_dir()
    if (root / "destination.json").exists():
        return [root]
    return sorted(path.parent for path in root.glob("*/destination.json")) if root.exists() else []


def sync(
    paths: list[Path],
    resolve: Callable[[], Destination],
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Synced]:
    """Send the buffers to the server that `resolve` names, one after another.

    A buffer that was written for another key is left alone: it belongs to another workspace.
    `progress` is told how many bytes went.
    """
    for path in paths:
        meant_for = read_destination(path).get("key", "")
        if meant_for not in ("", key_hash(resolve())):
            yield Synced(path, sent=False, reason="it was written for another API key")
            continue
        buffer = Buffer.adopt(path)
        if buffer is None:
            yield Synced(path, sent=False, reason="a running program still writes to it")
            continue
        try:
            yield _send(buffer, resolve, progress)
        finally:
            buffer.close()


def _send(
    buffer: Buffer, resolve: Callable[[], Destination], progress: Callable[[int], None]
) -> Synced:
    shipper = Shipper(buffer, resolve, adopts=False)
    shipper.start()
    left = buffer.pending_bytes
    sent = False
    while not sent:
        sent = shipper.wait_until_empty(_PATIENCE_SECONDS)
        now = buffer.pending_bytes
        progress(left - now)
        if not sent and now >= left:
            break
        left = now
    shipper.stop(2.0)
    return Synced(buffer.path, sent, 0 if sent else buffer.pending_bytes, shipper.last_detail)
