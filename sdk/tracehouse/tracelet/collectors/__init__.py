"""What an experiment runs in and on."""

from tracehouse.tracelet.collectors.git import GitCollector
from tracehouse.tracelet.collectors.system import SystemMetricsCollector

__all__ = ["GitCollector", "SystemMetricsCollector"]
