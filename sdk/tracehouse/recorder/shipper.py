"""The thread that sends what is on disk."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tracehouse import anonymous, complain
from tracehouse.recorder.answers import Answer, Outcome, backoff
from tracehouse.recorder.buffer import Batch, Buffer, buffers_dir, key_hash
from tracehouse.settings import Destination, Mode

if TYPE_CHECKING:
    from tracehouse.anonymous import AnonymousSession
    from tracehouse.recorder.transport import Transport

logger = logging.getLogger("tracehouse")

_IDLE_SECONDS = 30.0
# A request costs the program about a millisecond of Python: after the first, two a second.
_PACE_SECONDS = 0.5
_REFUSED_RETRY_SECONDS = 5.0
# An anonymous session that may send no more is asked for rarely: somebody may claim it meanwhile.
_FULL_SECONDS = 3600.0
_LOG_IN_SECONDS = 10.0
# No valid key, or not a server of ours: waiting at the exit would not help. Nor where nobody ever
# answered. A server that did answer is being started again, which may take a busy machine long.
_HOPELESS = frozenset((401, 403, 404, 405))
_SILENT_SECONDS = 5.0


class Shipper:
    """Sends one buffer in order, again and again until the server has it.

    Between two looks at its own buffer it takes over those that ended processes left for the same
    server and the same key.
    """

    def __init__(
        self, buffer: Buffer, resolve: Callable[[], Destination], *, adopts: bool = True
    ) -> None:
        self._buffer = buffer
        self._resolve = resolve
        self._adopts = adopts
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._progress = threading.Condition()
        self._stopping = False
        self._transport: Transport | None = None
        self.failed_attempts = 0
        self.last_detail = ""
        self.last_success = 0.0
        """When the server last took something, in Unix seconds; 0: not yet."""
        self._status = 0
        self._failing_since = 0.0
        self._answered = False
        self._was_anonymous = False
        self._next_adoption = 0.0
        self._sent = False
        self._thread = threading.Thread(target=self._run, name="tracehouse-ship", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """There is something to send."""
        self._wake.set()

    def wait_until_empty(self, timeout: float) -> bool:
        """Whether all of the buffer was acknowledged within so many seconds.

        Ends early when the server refuses, or never answered: waiting would not help.
        """
        deadline = time.monotonic() + timeout
        self._hurry.set()
        self.notify()
        with self._progress:
            while not self._buffer.is_empty:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or self._is_hopeless or not self._thread.is_alive():
                    return False
                self._progress.wait(min(remaining, 1.0))
            self._hurry.clear()
            return True

    @property
    def _is_hopeless(self) -> bool:
        if not self.failed_attempts:
            return False
        if self._status:
            return self._status in _HOPELESS
        return not self._answered and time.monotonic() - self._failing_since > _SILENT_SECONDS

    def stop(self, timeout: float) -> None:
        """End the thread; what was not sent stays on disk."""
        self._stopping = True
        self._hurry.set()
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        from tracehouse.recorder.transport import Transport

        self._transport = Transport(self._resolve())
        if session := self._anonymous_session():
            session.announce()
        while not self._stopping:
            self._wake.clear()
            self._sent = False
            try:
                drained = self.drain(self._buffer)
                if drained and self._adopts and time.monotonic() >= self._next_adoption:
                    self._next_adoption = time.monotonic() + _IDLE_SECONDS
                    self._adopt_orphans()
            except OSError as error:
                drained = False
                complain.once("the buffer in %s cannot be read: %s", self._buffer.path, error)
                self._failed(str(error), 0)
                self._pause(None)
            if drained:
                if self._sent:
                    self._hurry.wait(_PACE_SECONDS)
                self._wake.wait(_IDLE_SECONDS)

    def drain(self, buffer: Buffer) -> bool:
        """Send all of a buffer; False when it was interrupted."""
        while not self._stopping:
            batch = buffer.next_batch()
            if batch is not None:
                if not self._send(buffer, batch):
                    return False
            elif not self._upload_one(buffer):
                return buffer.next_blob() is None and not self._stopping
        return False

    def _send(self, buffer: Buffer, batch: Batch) -> bool:
        waiting = list(batch.requests)
        while waiting:
            assert self._transport is not None
            signal, payload = waiting[0]
            answer = self._transport.export(signal, payload)
            if answer.outcome is Outcome.retry:
                if not self._try_later(answer):
                    return False
                continue
            if answer.outcome is Outcome.refused:
                self._keep_refused(signal.name, payload, answer.detail)
            waiting.pop(0)
        buffer.acknowledge(batch)
        self._succeeded()
        return True

    def _upload_one(self, buffer: Buffer) -> bool:
        """Upload one file; False when there is none, or the thread is to end. A file that cannot be
        uploaded now waits, and records that come meanwhile go before it."""
        path = buffer.next_blob()
        if path is None:
            return False
        assert self._transport is not None
        answer = self._transport.upload(path.name, path)
        if answer.outcome is Outcome.retry:
            return self._try_later(answer)
        if answer.outcome is Outcome.refused:
            self._keep_refused("blob", path.read_bytes(), answer.detail)
        path.unlink(missing_ok=True)
        self._succeeded()
        return True

    def _try_later(self, answer: Answer) -> bool:
        """Wait; False when the thread is to end."""
        if answer.status == 401 and self._began_anonymously():
            return not self._stopping
        if answer.status == 403 and (session := self._anonymous_session()):
            session.say_it_is_full(self._buffer.path)
            self._failed("it takes no more without an account", answer.status)
            return self._rest()
        base = self._transport.destination.api_base if self._transport else ""
        complain.once(
            "%s: %s. What is logged is kept in %s and sent when it can be%s",
            base,
            answer.detail,
            self._buffer.path,
            "; set TRACEHOUSE_API_KEY to a valid key" if answer.status in (401, 403) else "",
            key=f"{base} {answer.status}",
        )
        self._failed(answer.detail, answer.status)
        self._pause(answer)
        if not self._stopping:
            self._look_up_destination()
        return not self._stopping

    def _anonymous_session(self) -> AnonymousSession | None:
        """The session without an account that this sends with."""
        assert self._transport is not None
        destination = self._transport.destination
        if not (destination.api_key or "").startswith(anonymous.PREFIX):
            return None
        return anonymous.known(destination.api_base)

    def _rest(self) -> bool:
        """Wait until there is an account, or for an hour; False when the thread is to end."""
        before, deadline = self._transport, time.monotonic() + _FULL_SECONDS
        while not self._stopping and self._transport is before and time.monotonic() < deadline:
            self._sleep(_LOG_IN_SECONDS)
            self._look_up_destination()
        return not self._stopping

    def _began_anonymously(self) -> bool:
        """Whether the server, which wants a key, takes what is sent without an account."""
        assert self._transport is not None
        destination = self._transport.destination
        has_account = destination.api_key is not None and not destination.api_key.startswith(
            anonymous.PREFIX
        )
        if self._was_anonymous or has_account or not destination.may_change:
            return False
        if not anonymous.is_allowed():
            return False
        from tracehouse.recorder.transport import Transport

        session = anonymous.begin(Transport(replace(destination, api_key=None)))
        if session is None:
            return False
        self._was_anonymous = True  # once: a server that refuses its own token is not asked again
        session.announce()
        self._transport = Transport(replace(destination, api_key=session.token))
        return True

    def _pause(self, answer: Answer | None) -> None:
        seconds = backoff(self.failed_attempts)
        if answer is not None and answer.retry_after is not None:
            seconds = max(seconds, answer.retry_after)
        elif answer is not None and answer.status:
            seconds = min(30.0, seconds + _REFUSED_RETRY_SECONDS * (self.failed_attempts > 3))
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(0.05, left))

    def _look_up_destination(self) -> None:
        """A server may have started, or a user logged in, since the last try."""
        from tracehouse.recorder.transport import Transport

        assert self._transport is not None
        if self._transport.destination.may_change:
            found = self._resolve()
            if found != self._transport.destination:
                self._transport = Transport(found)

    def _keep_refused(self, what: str, content: bytes, detail: str) -> None:
        folder = buffers_dir().parent / "refused"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{time.time_ns()}.{what}"
        path.write_bytes(content)
        complain.once(
            "the server refuses %s for good (%s): kept in %s", what, detail, path, key=detail
        )

    def _failed(self, detail: str, status: int) -> None:
        with self._progress:
            if not self.failed_attempts:
                self._failing_since = time.monotonic()
            self.failed_attempts += 1
            self.last_detail, self._status = detail, status
            self._answered = self._answered or status > 0
            self._progress.notify_all()

    def _succeeded(self) -> None:
        self._sent = self._answered = True
        self.last_success = time.time()
        with self._progress:
            self.failed_attempts = 0
            self._progress.notify_all()

    # --- what others left ------------------------------------------------------------------------

    def _adopt_orphans(self) -> None:
        for path in sorted(buffers_dir().iterdir()):
            if path == self._buffer.path or self._stopping or not self._is_ours(path):
                continue
            buffer = Buffer.adopt(path)
            if buffer is None:
                continue
            logger.info("sending what an earlier process left in %s", path)
            try:
                self.drain(buffer)
            finally:
                buffer.close()

    def _is_ours(self, path: Path) -> bool:
        assert self._transport is not None
        destination = self._transport.destination
        meta = read_destination(path)
        return (
            meta.get("mode") == Mode.online
            and meta.get("api_base") == destination.api_base
            and meta.get("key") in ("", key_hash(destination))
        )


def read_destination(path: Path) -> dict[str, str]:
    """What a buffer says of its server; empty when it is not a buffer."""
    try:
        return dict(json.loads((path / "destination.json").read_text()))
    except (OSError, ValueError, TypeError):
        return {}
