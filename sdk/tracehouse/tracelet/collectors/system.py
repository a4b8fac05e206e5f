"""How the machine does while an experiment lives."""

from __future__ import annotations

import math
import os
import platform
from typing import TYPE_CHECKING, Any

import psutil

from tracehouse.pulse import Pulse
from tracehouse.system_metrics import SystemMetrics
from tracehouse.tracelet.core.metrics import MetricData, MetricType
from tracehouse.tracelet.core.plugins import CollectorPlugin, PluginMetadata, PluginType

if TYPE_CHECKING:
    from tracehouse.tracelet.core.orchestrator import Orchestrator


class SystemMetricsCollector(CollectorPlugin):
    """Reads the machine every `interval` seconds, by the names of training runs (`system/…`). The
    readings have a time and no iteration."""

    def __init__(self, interval: float = 10.0) -> None:
        self.interval = interval
        self._pulse: Pulse | None = None

    @classmethod
    def get_metadata(cls) -> PluginMetadata:
        return PluginMetadata("system", "1", PluginType.COLLECTOR, "the machine")

    def collect(self) -> dict[str, Any]:
        """What the machine is, and one reading of it."""
        return {
            "platform": platform.platform(),
            "python_version": platform.python_version(),
            "hostname": platform.node(),
            "cpu_count": os.cpu_count(),
            "cpu_count_physical": psutil.cpu_count(logical=False),
            "memory_total": psutil.virtual_memory().total,
            **SystemMetrics().read(),
        }

    def start(self, orchestrator: Orchestrator) -> None:
        """Begin to read, from a thread."""
        machine = SystemMetrics()

        def read() -> None:
            orchestrator.route_metrics(
                [
                    MetricData(name, value, MetricType.SYSTEM, None, source="system")
                    for name, value in machine.read().items()
                ]
            )

        self._pulse = Pulse(lambda: None, math.inf, read, self.interval)

    def stop(self) -> None:
        """Stop reading."""
        if self._pulse is not None:
            self._pulse.stop()
