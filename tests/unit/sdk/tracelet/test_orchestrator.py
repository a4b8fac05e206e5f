"""Routing, and queues that keep backends from each other."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tracehouse.tracelet import (
    BackendPlugin,
    MetricData,
    MetricType,
    Orchestrator,
    PluginMetadata,
    PluginType,
    RoutingRule,
)


class Memory(BackendPlugin):
    """Keeps what it is given. `fails` is how often it does not start."""

    title = "memory"
    fails = 0
    refused: str | None = None

    def __init__(self) -> None:
        self.got: list[tuple[str, Any, int | None]] = []
        self.calls: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata(cls.title, "1", PluginType.BACKEND)

    def initialize(self, config: dict[str, Any]) -> None:
        self.calls.append(f"initialize {config}")

    def start(self) -> None:
        self.calls.append("start")
        if self.fails:
            self.fails -= 1
            raise ConnectionError("nobody is there")

    def stop(self) -> None:
        self.calls.append("stop")

    def log_metric(self, name: str, value: Any, iteration: int | None) -> None:
        self.gate.wait()
        if name == self.refused:
            raise ValueError("not this one")
        self.got.append((name, value, iteration))

    def log_params(self, params: dict[str, Any]) -> None:
        self.got += [(name, value, None) for name, value in params.items()]

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        self.got.append((artifact_path or "", local_path, None))


class Other(Memory):
    title = "other"


def routed(*backends: Memory) -> Orchestrator:
    orchestrator = Orchestrator()
    for backend in backends:
        orchestrator.add_backend(backend)
    orchestrator.start()
    return orchestrator


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def test_all_backends_get_the_same_in_order_and_stop_loses_nothing() -> None:
    one, two = Memory(), Other()
    orchestrator = routed(one, two)
    for step in range(10_000):
        orchestrator.route_metric(MetricData("loss", 0.5, iteration=step))
    orchestrator.stop()
    assert one.got == two.got == [("loss", 0.5, step) for step in range(10_000)]
    assert one.calls == ["initialize {}", "start", "stop"]
    stats = orchestrator.get_stats()
    assert (stats["metrics_processed"], stats["metrics_dropped"]) == (20_000, 0)


def test_what_comes_before_the_start_is_kept_and_after_the_stop_dropped() -> None:
    backend, orchestrator = Memory(), Orchestrator()
    orchestrator.add_backend(backend, {"a": 1})
    orchestrator.route_metric(MetricData("early", 1.0))
    orchestrator.start()
    orchestrator.stop()
    orchestrator.route_metric(MetricData("late", 1.0))
    orchestrator.stop()
    assert [name for name, _, _ in backend.got] == ["early"]
    assert backend.calls == ["initialize {'a': 1}", "start", "stop"]


def test_one_that_hangs_delays_nobody_and_is_given_up() -> None:
    slow, quick = Memory(), Other()
    slow.gate.clear()
    orchestrator = routed(slow, quick)
    began = time.monotonic()
    for step in range(1000):
        orchestrator.route_metric(MetricData("loss", 0.5, iteration=step))
    wait_for(lambda: len(quick.got) == 1000)
    assert time.monotonic() - began < 5
    orchestrator.stop(timeout=0.2)
    assert time.monotonic() - began < 8
    assert quick.calls[-1] == "stop"
    slow.gate.set()


def test_one_that_cannot_start_gets_everything_when_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracehouse.tracelet.core.channel._FIRST_RETRY", 0.01)
    backend = Memory()
    backend.fails = 3
    orchestrator = routed(backend)
    orchestrator.route_metric(MetricData("a", 1.0, iteration=0))
    wait_for(lambda: backend.got)
    orchestrator.stop()
    assert backend.calls.count("start") == 4


def test_a_full_queue_drops_and_counts() -> None:
    backend, orchestrator = Memory(), Orchestrator(max_queue_size=10)
    backend.gate.clear()
    orchestrator.add_backend(backend)
    orchestrator.start()
    orchestrator.route_metric(MetricData("first", 1.0))
    wait_for(lambda: orchestrator.get_stats()["queue_size"] == 0)
    for step in range(25):
        orchestrator.route_metric(MetricData("loss", 1.0, iteration=step))
    assert orchestrator.get_stats()["metrics_dropped"] == 15
    backend.gate.set()
    orchestrator.stop()
    assert len(backend.got) == 11


def test_a_value_that_is_refused_costs_no_other() -> None:
    backend = Memory()
    backend.refused = "bad"
    backend.gate.clear()
    orchestrator = routed(backend)
    for name in ("good", "bad", "fine"):
        orchestrator.route_metric(MetricData(name, 1.0))
    backend.gate.set()
    orchestrator.stop()
    assert {name for name, _, _ in backend.got} == {"good", "fine"}
    assert orchestrator.get_stats()["processing_errors"] == 1


def test_rules_choose_for_the_backend_that_has_them() -> None:
    ruled, free = Memory(), Other()
    orchestrator = routed(ruled, free)
    orchestrator.add_routing_rule(
        RoutingRule("tensor*", "backend_memory", {MetricType.SCALAR}, lambda m: m.value > 0)
    )
    given = [
        ("yes", 1.0, MetricType.SCALAR, "tensorboard"),
        ("negative", -1.0, MetricType.SCALAR, "tensorboard"),
        ("text", "x", MetricType.TEXT, "tensorboard"),
        ("source", 1.0, MetricType.SCALAR, "experiment"),
    ]  # fmt: skip
    with orchestrator.batch_emit("mine") as emit:
        emit(MetricData("batched", 1.0))
    for name, value, kind, source in given:
        orchestrator.route_metric(MetricData(name, value, kind, source=source))
    orchestrator.stop()
    assert [name for name, _, _ in ruled.got] == ["yes"]
    assert [name for name, _, _ in free.got] == ["batched", "yes", "negative", "text", "source"]


def test_backends_come_and_go() -> None:
    first, second = Memory(), Other()
    orchestrator = routed(first)
    with pytest.raises(ValueError, match="already"):
        orchestrator.add_backend(Memory())
    orchestrator.add_backend(second)
    orchestrator.route_metric(MetricData("both", 1.0))
    orchestrator.remove_backend(first)
    assert first.calls[-1] == "stop"
    orchestrator.route_metric(MetricData("one", 1.0))
    orchestrator.stop()
    assert [name for name, _, _ in first.got] == ["both"]
    assert [name for name, _, _ in second.got] == ["both", "one"]
    with pytest.raises(KeyError, match="no backend nothing"):
        orchestrator.call(lambda backend: backend.name, "nothing")


def test_types_go_to_their_methods() -> None:
    backend = Memory()
    orchestrator = routed(backend)
    orchestrator.route_metric(MetricData("lr", 0.1, MetricType.PARAMETER, None))
    orchestrator.route_metric(MetricData("a.txt", "/tmp/a.txt", MetricType.ARTIFACT, None))
    assert orchestrator.call(lambda each: len(each.got))["memory"].result(5) == 2  # pyright: ignore
    orchestrator.stop()
    assert backend.got == [("lr", 0.1, None), ("a.txt", "/tmp/a.txt", None)]
