"""Which backend gets which metric."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from tracehouse.tracelet.core.channel import Channel
from tracehouse.tracelet.core.metrics import MetricData, RoutingRule
from tracehouse.tracelet.core.plugins import BackendPlugin

_QUEUE = 100_000


class Orchestrator:
    """Routes metrics to backends. A backend without a rule of its own gets all of them; one with
    rules, what any of them matches. Thread-safe; routing never waits for a backend."""

    def __init__(self, max_queue_size: int = _QUEUE) -> None:
        self.running = False
        self._stopped = False
        self._limit = max_queue_size
        self._channels: dict[str, Channel] = {}
        self._rules: dict[str, list[RoutingRule]] = {}
        self._early: list[MetricData] = []
        self._lock = threading.RLock()

    @property
    def backends(self) -> list[BackendPlugin]:
        """All backends, in the order in which they were added."""
        return [channel.backend for channel in self._channels.values()]

    def add_backend(self, backend: BackendPlugin, config: dict[str, Any] | None = None) -> None:
        """Route to this one, too; it begins now, or with `start`. Raises ValueError when there is
        one of its name."""
        with self._lock:
            sink = backend.get_sink_id()
            if sink in self._channels:
                raise ValueError(f"there is a backend {backend.name} already")
            channel = Channel(backend, config or {}, self._limit)
            if self.running:
                channel.open()
            self._channels = {**self._channels, sink: channel}

    def remove_backend(self, backend: BackendPlugin | str) -> None:
        """Deliver what it still is to get, and route to it no more. Raises KeyError."""
        with self._lock:
            channel = self._channel(backend)
            self._channels = {k: v for k, v in self._channels.items() if v is not channel}
        if self.running:
            channel.close(None)

    def add_routing_rule(self, rule: RoutingRule) -> None:
        """Let metrics through to one backend; those that no rule of it matches no longer come."""
        with self._lock:
            sink = rule.sink_id
            self._rules = {**self._rules, sink: [*self._rules.get(sink, ()), rule]}

    def start(self) -> None:
        """Begin with all backends, once. What was routed before comes first."""
        with self._lock:
            if self.running or self._stopped:
                return
            # Those that may raise here come first: then no thread is left behind.
            for channel in sorted(self._channels.values(), key=lambda each: each.backend.waits):
                channel.open()
            self.running = True
            early, self._early = self._early, []
        self.route_metrics(early)

    def stop(self, timeout: float | None = None) -> None:
        """Deliver everything and end. All backends at the same time; see `Channel.close`."""
        with self._lock:
            if not self.running:
                return
            self.running, self._stopped = False, True
        threads = [
            threading.Thread(target=channel.close, args=(timeout,), daemon=True)
            for channel in self._channels.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def route_metric(self, metric: MetricData) -> None:
        """Pass a metric on to all backends that are to have it."""
        self.route_metrics((metric,))

    def route_metrics(self, metrics: Sequence[MetricData]) -> None:
        """Pass several metrics on, as one. What comes before `start` is kept for it; what comes
        after `stop` is dropped."""
        if not self.running:
            with self._lock:
                if not self._stopped and len(self._early) < self._limit:
                    self._early.extend(metrics)
            return
        for sink, channel in self._channels.items():
            rules = self._rules.get(sink)
            wanted = (
                metrics
                if rules is None
                else [m for m in metrics if any(rule.matches(m) for rule in rules)]
            )
            if wanted:
                channel.put(wanted)

    @contextmanager
    def batch_emit(self, source_id: str) -> Generator[Callable[[MetricData], None]]:
        """Collect metrics of a source, and route them together at the end of the block."""
        batch: list[MetricData] = []

        def collect(metric: MetricData) -> None:
            metric.source = source_id
            batch.append(metric)

        yield collect
        self.route_metrics(batch)

    def call(
        self, ask: Callable[[BackendPlugin], Any], backend: str | None = None
    ) -> dict[str, Future[Any]]:
        """Have one or all backends asked, each after what it was given before; answers by name.
        Raises KeyError for an unknown name."""
        channels = [self._channel(backend)] if backend else list(self._channels.values())
        return {channel.backend.name: channel.call(ask) for channel in channels}

    def state(self, backend: str) -> str:
        """How a backend is: starting, active, failing or stopped. Raises KeyError."""
        return self._channel(backend).state

    def get_stats(self) -> dict[str, Any]:
        """metrics_processed, metrics_dropped, processing_errors, queue_size, running, and the same
        of each backend by name."""
        by_name = {
            channel.backend.name: {
                "state": channel.state,
                "metrics_processed": channel.processed,
                "metrics_dropped": channel.dropped,
                "processing_errors": channel.errors,
                "queue_size": channel.waiting,
            }
            for channel in self._channels.values()
        }
        sums = ("metrics_processed", "metrics_dropped", "processing_errors", "queue_size")
        return {
            **{name: sum(int(each[name]) for each in by_name.values()) for name in sums},
            "num_sinks": len(by_name),
            "num_routing_rules": sum(map(len, self._rules.values())),
            "running": self.running,
            "backends": by_name,
        }

    def _channel(self, backend: BackendPlugin | str) -> Channel:
        for sink, channel in self._channels.items():
            if backend in (channel.backend, channel.backend.name, sink):
                return channel
        known = ", ".join(b.name for b in self.backends) or "none"
        raise KeyError(f"the experiment has no backend {backend}: it has {known}")
