"""Metrics over time: deltas from whatever temporality came in, then one value per bucket."""

from tracehouse_api.metrics.query import (
    AGGREGATIONS,
    KINDS,
    Line,
    Metric,
    MetricQuery,
    Unanswerable,
    find_metric,
)
from tracehouse_api.metrics.series import series

__all__ = [
    "AGGREGATIONS",
    "KINDS",
    "Line",
    "Metric",
    "MetricQuery",
    "Unanswerable",
    "find_metric",
    "series",
]
