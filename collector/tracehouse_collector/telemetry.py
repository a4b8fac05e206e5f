"""What the collector says of itself, as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tracehouse_semconv.record import Signal


class Telemetry:
    """All counters of one server. Names follow Prometheus' conventions."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tracehouse_requests_accepted",
            "OTLP requests that are durable",
            ["signal"],
            registry=self.registry,
        )
        self._bytes = Counter(
            "tracehouse_accepted_bytes",
            "Bytes of accepted requests, uncompressed",
            ["signal"],
            registry=self.registry,
        )
        self._rejected = Counter(
            "tracehouse_rejected_rows",
            "Rows of accepted requests that went to the table `rejects`",
            ["signal"],
            registry=self.registry,
        )
        self._refused = Counter(
            "tracehouse_requests_refused",
            "OTLP requests that were not accepted, by HTTP status",
            ["signal", "status"],
            registry=self.registry,
        )
        self._loaded = Counter(
            "tracehouse_loaded_requests",
            "Requests that a destination has taken",
            ["signal", "destination"],
            registry=self.registry,
        )
        self._load_errors = Counter(
            "tracehouse_load_errors",
            "Inserts that failed, by what was done about it",
            ["signal", "destination", "verdict"],
            registry=self.registry,
        )
        self._load_seconds = Histogram(
            "tracehouse_load_seconds",
            "Duration of one insert",
            ["signal", "destination"],
            registry=self.registry,
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
        )
        self._load_lag = Gauge(
            "tracehouse_load_lag_seconds",
            "Age of the newest request when it could last be queried",
            ["signal", "destination"],
            registry=self.registry,
        )
        self._quarantined = Counter(
            "tracehouse_quarantined_records",
            "Records in the dead-letter folder, by reason",
            ["signal", "reason"],
            registry=self.registry,
        )
        self._backlog = Gauge(
            "tracehouse_backlog_bytes",
            "Bytes that were acknowledged and that a destination has not taken yet",
            ["signal", "destination"],
            registry=self.registry,
        )
        self._missed = Counter(
            "tracehouse_missed_segments",
            "Segments that were dropped before every destination had them",
            ["signal"],
            registry=self.registry,
        )

    def accepted(self, signal: Signal, size: int, rejected: int) -> None:
        self._requests.labels(signal.name).inc()
        self._bytes.labels(signal.name).inc(size)
        if rejected:
            self._rejected.labels(signal.name).inc(rejected)

    def missed(self, signal: Signal, segments: int) -> None:
        self._missed.labels(signal.name).inc(segments)

    def refused(self, signal: Signal, status: int) -> None:
        self._refused.labels(signal.name, str(status)).inc()

    def loaded(
        self, signal: Signal, destination: str, requests: int, seconds: float, lag: float
    ) -> None:
        self._loaded.labels(signal.name, destination).inc(requests)
        self._load_seconds.labels(signal.name, destination).observe(seconds)
        self._load_lag.labels(signal.name, destination).set(lag)

    def load_failed(self, signal: Signal, destination: str, verdict: str) -> None:
        self._load_errors.labels(signal.name, destination, verdict).inc()

    def quarantined(self, signal: Signal, reason: str) -> None:
        self._quarantined.labels(signal.name, reason).inc()

    def watch_backlog(self, signal: Signal, name: str, size: Callable[[], int]) -> None:
        """Report how far a destination is behind at each scrape."""
        self._backlog.labels(signal.name, name).set_function(size)

    def watch_spool(
        self, signal: Signal, size: Callable[[], float], age: Callable[[], float]
    ) -> None:
        """Report a spool's depth (bytes) and the age of its oldest record (seconds)."""
        _spool_gauge(self.registry, signal, "bytes", "Backlog on disk", size)
        _spool_gauge(self.registry, signal, "age_seconds", "Age of the oldest record", age)


def _spool_gauge(
    registry: CollectorRegistry, signal: Signal, unit: str, what: str, read: Callable[[], float]
) -> None:
    Gauge(
        f"tracehouse_spool_{signal.name}_{unit}", f"{what}: {signal.name}", registry=registry
    ).set_function(read)
