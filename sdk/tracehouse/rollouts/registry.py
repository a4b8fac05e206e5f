"""Telling a run registry which runs, steps and datapoints there are.

Each is told once a process, in the order in which they came, by a thread: what the registry says or
does not say never reaches the rollout. It may be told again, which changes nothing there. What was
not told when the process ends is lost; the rollouts themselves are not.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from typing import Any

from tracehouse import complain
from tracehouse.recorder import lifetimes
from tracehouse.recorder.answers import Outcome, backoff
from tracehouse.recorder.transport import Transport
from tracehouse.settings import Destination

_MAX_WAITING = 100_000
_MAX_TOLD = 1_000_000


class Registry:
    """A registry at an address. Thread-safe; survives forks. Raises nothing."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self._transport = Transport(Destination(url.rstrip("/"), api_key))
        self._fresh()
        lifetimes.register(self)

    def _fresh(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._told: set[tuple[Any, ...]] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def tell(
        self,
        *,
        phase: str,
        project: str | None,
        run_id: str | None,
        step: int | None,
        datapoint_id: str,
        environment: str | None,
        model: str | None,
        grader: str | None,
    ) -> None:
        """A rollout begins: its run, the run's step and its datapoint; of production the last
        alone."""
        if phase != "prod" and run_id:
            facts = {"project": project, "phase": phase, "model": model, "grader": grader}
            self._put("runs", (run_id,), {"id": run_id, **facts})
            if step is not None:
                self._put("steps", (run_id, step), {"run_id": run_id, "step": step})
        self._put(
            "datapoints",
            (datapoint_id, project),
            {"id": datapoint_id, "project": project, "environment": environment},
        )

    def _put(self, kind: str, identity: tuple[Any, ...], facts: dict[str, Any]) -> None:
        key = (kind, *identity)
        if key in self._told:
            return
        with self._changed:
            if key in self._told:
                return
            if len(self._waiting) >= _MAX_WAITING:
                complain.once("the run registry does not answer: what it was to know is dropped")
                return
            if len(self._told) >= _MAX_TOLD:
                self._told.clear()
            self._told.add(key)
            told = {name: value for name, value in facts.items() if value is not None}
            self._waiting.append((kind, told))
            if self._thread is None:
                lifetimes.starting()
                self._stopping = False
                self._thread = threading.Thread(
                    target=self._run, name="tracehouse-registry", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        failed = 0
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                kind, facts = self._waiting[0]
            answer, _ = self._transport.request(
                "POST",
                f"{self._transport.destination.api_base}/v1/registry/{kind}",
                body=json.dumps(facts).encode(),
                headers={"Content-Type": "application/json"},
            )
            if answer.outcome is Outcome.retry:
                complain.once(
                    "the run registry: %s", answer.detail, key=f"registry {answer.status}"
                )
                failed += 1
                with self._changed:
                    self._changed.wait(max(backoff(failed), answer.retry_after or 0.0))
                continue
            if answer.outcome is Outcome.refused:
                complain.once("the run registry refuses %s: %s", kind, answer.detail)
            failed = 0
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def flush(self, timeout: float = 0.0) -> bool:
        """Whether everything was told within so many seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._waiting:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def close(self, timeout: float = 0.0) -> None:
        """Tell for at most so many seconds, and end the thread."""
        self.flush(timeout)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(1.0)

    def after_fork(self) -> None:
        """In a child: what waits is the parent's to tell."""
        self._fresh()
