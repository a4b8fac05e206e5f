"""Readings of the machine while a run is alive: CPU, memory, disk, network, GPUs.

They have a time and no step: an axis of their own.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable
from typing import Any

import psutil

_MIB = 1 << 20


class SystemMetrics:
    """Takes readings. The first CPU figures count from the making of this object."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        psutil.cpu_percent()
        self._process.cpu_percent()
        self._gpus = _nvml_readings()

    def read(self) -> dict[str, float]:
        """Values by key: percent, bytes (`net` and `disk.read` since boot), degrees, watts."""
        found: dict[str, float] = {}
        for part in (self._machine, self._own, self._gpus):
            with contextlib.suppress(Exception):  # a counter that this system does not have
                part(found)
        return found

    def _machine(self, found: dict[str, float]) -> None:
        memory = psutil.virtual_memory()
        found["system/cpu.util_pct"] = psutil.cpu_percent()
        found["system/ram.used_pct"] = memory.percent
        found["system/ram.used_bytes"] = float(memory.total - memory.available)
        disk = psutil.disk_usage(os.sep)
        found["system/disk.used_pct"] = disk.percent
        found["system/disk.used_bytes"] = float(disk.used)
        net = psutil.net_io_counters()
        found["system/net.bytes_sent"] = float(net.bytes_sent)
        found["system/net.bytes_recv"] = float(net.bytes_recv)

    def _own(self, found: dict[str, float]) -> None:
        with self._process.oneshot():
            found["system/proc.cpu.util_pct"] = self._process.cpu_percent()
            found["system/proc.memory.rss_bytes"] = float(self._process.memory_info().rss)
            found["system/proc.threads"] = float(self._process.num_threads())


def _nvml_readings() -> Callable[[dict[str, float]], None]:
    """Readings of NVIDIA GPUs, where `nvidia-ml-py` is installed and there are any."""
    try:
        nvml: Any = importlib.import_module("pynvml")
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    except Exception:
        return lambda _: None

    def read(found: dict[str, float]) -> None:
        for index, handle in enumerate(handles):
            prefix = f"system/gpu.{index}."
            use, memory = (
                nvml.nvmlDeviceGetUtilizationRates(handle),
                nvml.nvmlDeviceGetMemoryInfo(handle),
            )
            found[prefix + "util_pct"] = float(use.gpu)
            found[prefix + "mem_used_pct"] = 100.0 * memory.used / memory.total
            found[prefix + "mem_used_mib"] = memory.used / _MIB
            found[prefix + "temp_c"] = float(nvml.nvmlDeviceGetTemperature(handle, 0))
            found[prefix + "power_w"] = nvml.nvmlDeviceGetPowerUsage(handle) / 1000.0

    return read
