"""The recorder as a process: one for each user, from its lock to its last word."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from tracehouse import anonymous
from tracehouse.recorder.locking import try_lock
from tracehouse.settings import Destination, resolve_destination
from tracehouse_agent.recorder.alarm import Alarm
from tracehouse_agent.recorder.config import Config, recorder_dir
from tracehouse_agent.recorder.daemon import Daemon
from tracehouse_agent.recorder.outbox import Outbox
from tracehouse_agent.recorder.positions import Positions

logger = logging.getLogger(__name__)

STATUS, POSITIONS = "status.json", "positions.sqlite"
_STATUS_SECONDS = 15.0
_GOODBYE_SECONDS = 4.0
_ONCE_SECONDS = 60.0
_TROUBLE_SECONDS = 5.0


class AlreadyRunning(Exception):
    """Another process of this user records."""


def record(
    config: Config,
    *,
    once: bool = False,
    since: float = 0.0,
    progress: Callable[[Daemon], None] = lambda _: None,
) -> bool:
    """Record until SIGTERM or SIGINT; `once`: what is there now, waiting up to a minute until the
    server has it. Whether everything was sent.

    Raises AlreadyRunning, ValueError (a setting) and OSError (the folder cannot be written).
    """
    resolve = with_account()
    folder = recorder_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        lock = try_lock(folder / "lock")
        if lock is None:
            raise AlreadyRunning
        stack.callback(os.close, lock)
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        positions = Positions(folder / POSITIONS)
        stack.callback(positions.close)
        previous = positions.fact("buffer")
        outbox = Outbox(resolve, Path(previous) if previous else None)
        positions.remember("buffer", str(outbox.path))
        daemon = Daemon(
            config.all_roots,
            positions,
            config.redactor(),
            outbox,
            since=since or config.since,
        )
        if once:
            return _once(daemon, outbox, progress)
        alarm = Alarm(folder)
        stack.callback(alarm.close)
        _forever(daemon, outbox, positions, alarm, progress)
        return outbox.close(_GOODBYE_SECONDS)


def _once(daemon: Daemon, outbox: Outbox, progress: Callable[[Daemon], None]) -> bool:
    more = daemon.round(look=True)
    while more or outbox.is_full():
        progress(daemon)
        if outbox.is_full():
            time.sleep(0.1)
        more = daemon.round()
    daemon.finish(everything=True)
    progress(daemon)
    return outbox.close(_ONCE_SECONDS)


def _forever(
    daemon: Daemon,
    outbox: Outbox,
    positions: Positions,
    alarm: Alarm,
    progress: Callable[[Daemon], None],
) -> None:
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        nonlocal stopping
        stopping = True
        alarm.ring()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    started, told = time.time(), 0.0
    woken = True
    logger.info("recording (pid %d)", os.getpid())
    try:
        while not stopping:
            try:
                more = daemon.round(look=woken)
            except OSError as error:  # a full disk: what was not written is read again
                logger.warning("cannot write: %s; trying again", error.strerror or error)
                more = False
                daemon.start_over()
                alarm.sleep(_TROUBLE_SECONDS)
            progress(daemon)
            if time.time() - told > _STATUS_SECONDS:
                told = time.time()
                if outbox.shipper.last_success:
                    positions.remember("sent_at", outbox.shipper.last_success)
                write_status(_status(daemon, outbox, positions, started))
            woken = False if more else alarm.sleep(daemon.pause)
        daemon.finish(everything=False)
        write_status(_status(daemon, outbox, positions, started))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        logger.info("stopped")


def _status(daemon: Daemon, outbox: Outbox, positions: Positions, started: float) -> dict[str, Any]:
    unknown, removed, broken = positions.counts()
    return {
        "pid": os.getpid(),
        "version": version("tracehouse"),
        "started": started,
        "time": time.time(),
        "files": daemon.files,
        "bytes_behind": daemon.bytes_behind,
        "spans": daemon.spans,
        "sent_at": outbox.shipper.last_success or positions.fact("sent_at"),
        "queue_bytes": outbox.buffer.pending_bytes,
        "waiting_because": outbox.shipper.last_detail if outbox.shipper.failed_attempts else "",
        "unknown": unknown,
        "removed": removed,
        "broken": broken,
    }


def with_account(
    resolve: Callable[[], Destination] = resolve_destination,
) -> Callable[[], Destination]:
    """Where to send, always with the key of an account: what is recorded is never given to an
    anonymous session, not even when the user logs out meanwhile. Raises ValueError at once where
    there is no key."""
    known = resolve()
    if not _has_account(known):
        raise ValueError("there is no API key: run  tracehouse login")

    def again() -> Destination:
        nonlocal known
        found = resolve()
        if _has_account(found):
            known = found
        return known

    return again


def _has_account(destination: Destination) -> bool:
    if destination.api_key is None:  # OpenTelemetry's variables may bring headers of their own
        return bool(destination.headers)
    return not destination.api_key.startswith(anonymous.PREFIX)


def is_running() -> bool:
    """Whether a process of this user records."""
    lock = recorder_dir() / "lock"
    if not lock.exists():
        return False
    try:
        held = try_lock(lock)
    except OSError:
        return False
    if held is None:
        return True
    os.close(held)
    return False


def read_pid() -> int:
    """The process that records, or the last one that did; 0 where that is not known."""
    try:
        return int((recorder_dir() / "lock").read_text())
    except (OSError, ValueError):
        return 0


def read_status() -> dict[str, Any]:
    """What the recorder last said of itself; empty where it said nothing."""
    try:
        return dict(json.loads((recorder_dir() / STATUS).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def write_status(status: dict[str, Any]) -> None:
    """Replaced in one step. What cannot be written is not."""
    path = recorder_dir() / STATUS
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(status))
        temporary.replace(path)
    except OSError as error:
        logger.debug("no status: %s", error.strerror)
