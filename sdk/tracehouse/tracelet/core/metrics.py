"""What flows from an experiment and its sources to the backends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class MetricType(Enum):
    """What a metric's value is."""

    SCALAR = "scalar"
    TENSOR = "tensor"
    ARTIFACT = "artifact"
    PARAMETER = "parameter"
    SYSTEM = "system"
    CUSTOM = "custom"
    HISTOGRAM = "histogram"
    IMAGE = "image"
    TEXT = "text"
    FIGURE = "figure"
    EMBEDDING = "embedding"
    VIDEO = "video"
    AUDIO = "audio"
    MESH = "mesh"
    HPARAMS = "hparams"


@dataclass(slots=True)
class MetricData:
    """A value of a name at an iteration. `timestamp` is in Unix seconds; None as an iteration says
    that the value has a time and no step. Images, videos, audio, histograms and tables are those
    of `tracehouse.media`."""

    name: str
    value: Any
    type: MetricType = MetricType.SCALAR
    iteration: int | None = None
    timestamp: float = field(default_factory=time.time)
    source: str = "experiment"
    metadata: dict[str, Any] | None = None


@dataclass
class RoutingRule:
    """What one backend is given: metrics of sources that begin with `source_pattern` (to its `*`),
    of these types, for which `filter_func` is true."""

    source_pattern: str
    sink_id: str
    metric_types: set[MetricType] | None = None
    filter_func: Callable[[MetricData], bool] | None = None

    def matches(self, metric: MetricData) -> bool:
        """Whether the rule lets this metric through."""
        prefix, star, _ = self.source_pattern.partition("*")
        known = metric.source.startswith(prefix) if star else metric.source == self.source_pattern
        return (
            known
            and (not self.metric_types or metric.type in self.metric_types)
            and (self.filter_func is None or bool(self.filter_func(metric)))
        )
