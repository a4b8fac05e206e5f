"""Metrics of every kind for tests, and what the API says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tests.integration.conftest import Stored
from tests.support.otlp import START_NS, key_values

DELTA, CUMULATIVE = 1, 2
SECOND = 1_000_000_000


def request(*metrics: Metric) -> ExportMetricsServiceRequest:
    made = ExportMetricsServiceRequest()
    group = made.resource_metrics.add()
    group.resource.attributes.extend(key_values({"service.name": "metrics"}))
    group.scope_metrics.add().metrics.extend(metrics)
    return made


def at(second: float) -> int:
    """A time, counted in seconds from the tests' beginning of time."""
    return START_NS + round(second * SECOND)


def metric(
    kind: str, name: str, points: list[dict[str, Any]], *, temporality: int = 0, **more: Any
) -> Metric:
    """Points are keyword arguments of the kind's data point; `second`, `start` and `attributes`
    are in a test's terms."""
    made = Metric(name=name, unit="u", description=f"a {kind}")
    data = getattr(made, kind)
    data.SetInParent()
    for field, value in (more | {"aggregation_temporality": temporality}).items():
        if value:
            setattr(data, field, value)
    for point in points:
        fields = dict(point)
        fields["time_unix_nano"] = at(fields.pop("second"))
        if "start" in fields:
            fields["start_time_unix_nano"] = at(fields.pop("start"))
        if "attributes" in fields:
            fields["attributes"] = key_values(fields["attributes"])
        data.data_points.add(**fields)
    return made


def values(stored: Stored, name: str, **parameters: Any) -> list[float | None]:
    """The values of a metric that has one line, a bucket each 10 s."""
    (line,) = lines(stored, name, **parameters).values()
    return line


def lines(
    stored: Stored, name: str, group: Callable[[dict[str, str]], str] = str, **parameters: Any
) -> dict[str, list[float | None]]:
    """The values of each line, by what `group` makes of its group."""
    found = stored.get("/v1/metrics/series", name=name, **{"step": 10, **parameters})
    return {
        group(line["group"]): [value for _, value in line["points"]] for line in found["series"]
    }
