"""Every metric as one number a service: what a person wants to see first."""

from __future__ import annotations

from dataclasses import dataclass

from .server import Server

_ONE_BUCKET = 1e9  # seconds: so wide that every point falls into it

# What one number says most of a kind, in the API's words and in a person's.
_AGGREGATION = {
    "gauge": ("last", "last"),
    "sum": ("sum", "total"),
    "histogram": ("avg", "average"),
}


@dataclass(frozen=True)
class Metric:
    """A metric, and its number by service."""

    name: str
    unit: str
    meaning: str
    values: dict[str, float]


def arrived_metrics(server: Server) -> list[Metric]:
    """All metrics, by name."""
    found: list[Metric] = []
    for metric in server.get("/v1/metrics/names")["metrics"]:
        agg, meaning = _AGGREGATION[metric["kind"]]
        lines = server.get(
            "/v1/metrics/series",
            name=metric["name"],
            agg=agg,
            group_by="service",
            step=_ONE_BUCKET,
        )["series"]
        values = {line["group"]["service"]: line["points"][-1][1] for line in lines}
        found.append(Metric(metric["name"], metric["unit"], meaning, values))
    return found
