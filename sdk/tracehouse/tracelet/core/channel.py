"""The way to one backend: a queue and a thread of its own.

    route_metric ──► deque, at most `limit` ──► thread ──► receive_metrics([…])

What the backend waits for is waited for by this thread alone. When the queue is full, what comes is
dropped and counted. A backend that cannot start is tried again, later and later, and gets
everything that is in its queue when it can. One that never waits is called directly.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from tracehouse import complain
from tracehouse.tracelet.core.metrics import MetricData
from tracehouse.tracelet.core.plugins import BackendPlugin
from tracehouse.tracelet.exceptions import BackendError

_BATCH = 1000
_STARTING = 30.0
"""Seconds that the first start of a backend may take at the end of a short program."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 30.0

_Job = Callable[[], None]


class Channel:
    """See above. `settings` is what the backend is initialized with."""

    def __init__(self, backend: BackendPlugin, settings: dict[str, Any], limit: int) -> None:
        self.backend = backend
        self.processed = self.dropped = self.errors = 0
        self._settings = settings
        self._limit = limit
        self._items: deque[MetricData | _Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._open = False
        self._failing: str | None = None
        self._progress = time.monotonic()
        self._thread = threading.Thread(
            target=self._run, name=f"tracelet-{backend.name}", daemon=True
        )

    @property
    def waiting(self) -> int:
        """How much is in the queue."""
        return len(self._items)

    @property
    def state(self) -> str:
        """starting, active, failing or stopped."""
        if self._closing:
            return "stopped"
        return "active" if self._open else "failing" if self._failing else "starting"

    def open(self) -> None:
        """Begin. One that never waits raises here what its start raises."""
        if self.backend.waits:
            self._thread.start()
        else:
            self.backend.initialize(self._settings)
            self.backend.start()
            self._open = True

    def put(self, metrics: Sequence[MetricData]) -> None:
        """Pass metrics on."""
        if not self.backend.waits:
            if self._open and not self._closing:
                self._give(metrics)
            return
        with self._changed:
            free = self._limit - len(self._items)
            if self._closing or free < len(metrics):
                self.dropped += len(metrics) - max(0, free)
                metrics = () if self._closing else metrics[: max(0, free)]
                complain.once(
                    "%s does not keep up: values for it are dropped",
                    self.backend.name,
                    key=f"tracelet full {self.backend.name}",
                )
            self._items.extend(metrics)
            self._changed.notify()

    def call(self, ask: Callable[[BackendPlugin], Any]) -> Future[Any]:
        """Have something done after all that is in the queue; its answer."""
        answer: Future[Any] = Future()

        def job() -> None:
            try:
                answer.set_result(ask(self.backend))
            except Exception as error:
                answer.set_exception(error)

        if not self.backend.waits:
            job()
            return answer
        with self._changed:
            if self._closing:
                answer.set_exception(BackendError(f"{self.backend.name}: it was stopped"))
            else:
                self._items.append(job)
                self._changed.notify()
        return answer

    # --- its thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        if not self._start():
            return
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._closing)
                if not self._items:
                    break
            self._next()
            self._progress = time.monotonic()
        complain.never_raises(complain.nothing)(self.backend.stop)()
        self._open = False

    def _start(self) -> bool:
        wait = _FIRST_RETRY
        while True:
            try:
                self.backend.initialize(self._settings)
                self.backend.start()
            except Exception as error:
                self._failing = f"{type(error).__name__}: {error}"
                complain.once(
                    "%s does not start (%s); it is tried again", self.backend.name, self._failing
                )
            else:
                self._open, self._progress = True, time.monotonic()
                return True
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, wait):
                    return False
            wait = min(_LAST_RETRY, wait * 2)

    def _next(self) -> None:
        """All metrics up to the next job, or that job."""
        batch: list[MetricData] = []
        with self._changed:
            while self._items and len(batch) < _BATCH:
                item = self._items[0]
                if not isinstance(item, MetricData):
                    break
                batch.append(item)
                self._items.popleft()
            job = self._items.popleft() if not batch and self._items else None
        if batch:
            self._give(batch)
        elif callable(job):
            job()

    def _give(self, metrics: Sequence[MetricData]) -> None:
        backend = self.backend
        wanted = [metric for metric in metrics if backend.can_handle_type(metric.type)]
        if not wanted:
            return
        try:
            backend.receive_metrics(wanted)
            self.processed += len(wanted)
        except Exception as error:
            if len(wanted) > 1:  # one that cannot be taken must not cost the others
                for metric in wanted:
                    self._give((metric,))
                    self._progress = time.monotonic()
                return
            self.errors += 1
            told = f"{backend.name} did not take {wanted[0].name!r}: {error}"
            complain.once("%s", told, key=told)

    @property
    def _patience(self) -> float:
        starts = not self._open and self._failing is None
        return max(_STARTING, self.backend.patience) if starts else self.backend.patience

    # --- the end ---------------------------------------------------------------------------------

    def close(self, timeout: float | None) -> None:
        """Deliver what is in the queue, and stop. It takes as long as the backend takes things,
        at most `timeout` seconds; without one, until its patience is over."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._progress = time.monotonic()
            self._changed.notify_all()
        if not self.backend.waits:
            if self._open:
                complain.never_raises(complain.nothing)(self.backend.stop)()
            return
        ends = None if timeout is None else time.monotonic() + timeout
        while self._thread.is_alive():
            now = time.monotonic()
            if now >= (ends if ends is not None else self._progress + self._patience):
                break
            self._thread.join(0.1)
        if left := len(self._items):
            self._items.clear()
            self.dropped += left
            complain.logger.warning(
                "%s: %d values were not delivered%s",
                *(self.backend.name, left, f" ({self._failing})" if self._failing else ""),
            )
