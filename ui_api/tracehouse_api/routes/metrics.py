"""`/v1/metrics`: which metrics there are, and their lines over time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from tracehouse_api.access import Rows
from tracehouse_api.metrics import (
    AGGREGATIONS,
    KINDS,
    MetricQuery,
    Unanswerable,
    find_metric,
    series,
)
from tracehouse_api.models.telemetry import MetricNames, MetricSeries
from tracehouse_api.parameters import From, To
from tracehouse_api.values import iso_time, json_response, number, text

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])

_MAX_BUCKETS = 10_000


@router.get("/names", response_model=MetricNames)
def list_names(
    rows: Rows,
    start: From = None,
    end: To = None,
    prefix: str = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """Metrics that points were received for, by name."""
    where = ["startsWith(metric_name, {prefix:String})"]
    parameters: dict[str, Any] = {"prefix": prefix, "limit": limit}
    if start is not None:
        where.append("time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')")
        parameters["from_ns"] = start
    if end is not None:
        where.append("time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')")
        parameters["to_ns"] = end
    what = "metric_name, {kind} AS kind, any(unit) AS unit, any(description) AS description"
    union = " UNION ALL ".join(
        rows.select(what.format(kind=kind), table, where, "GROUP BY metric_name, kind")
        for table, kind in KINDS.items()
    )
    found = rows.rows(
        f"SELECT * FROM ({union}) ORDER BY metric_name, kind LIMIT {{limit:UInt32}}", parameters
    )
    return json_response(
        {
            "metrics": [
                {
                    "name": text(row["metric_name"]),
                    "kind": text(row["kind"]),
                    "unit": text(row["unit"]),
                    "description": text(row["description"]),
                }
                for row in found
            ]
        }
    )


@router.get("/series", response_model=MetricSeries)
def get_series(
    rows: Rows,
    name: str,
    start: From = None,
    end: To = None,
    step: Annotated[
        float | None,
        Query(gt=0, le=1e9, description="seconds per bucket; by default 1/200 of the range"),
    ] = None,
    group_by: Annotated[
        list[str] | None,
        Query(
            description="attribute keys, `resource.<key>`, `service` or `project`; comma-separated"
        ),
    ] = None,
    agg: Annotated[
        str | None,
        Query(
            description=f"{', '.join(AGGREGATIONS)}, or p0 to p100. By default avg of "
            "a gauge, rate of a sum, p95 of a histogram, avg of a summary",
            pattern=rf"^({'|'.join(AGGREGATIONS)}|p\d{{1,3}}(\.\d+)?)$",
        ),
    ] = None,
) -> Response:
    """A metric over time, bucketed by ClickHouse. Cumulative points are turned into increases
    first, with resets told from their start times and from falling values."""
    metric = find_metric(rows, name, start, end)
    if metric is None:
        raise HTTPException(404, f"there are no points of a metric {name!r} in this range")
    first = start if start is not None else metric.first_ns
    last = end if end is not None else metric.last_ns + 1
    if last <= first:
        raise HTTPException(422, "to: it must lie after from")
    step_ns = max(1, int(step * 1e9)) if step else max(1_000_000_000, (last - first) // 200)
    if start is None:
        first -= first % step_ns
    if (last - first) / step_ns > _MAX_BUCKETS:
        raise HTTPException(422, f"step: at most {_MAX_BUCKETS} buckets; choose a larger step")
    query = MetricQuery(
        metric,
        first,
        last,
        step_ns,
        tuple(key for keys in group_by or () for key in keys.split(",") if key),
        agg or metric.default_agg,
        from_beginning=start is None,
    )
    try:
        lines = series(rows, query)
    except Unanswerable as error:
        raise HTTPException(422, f"agg: {error}") from error
    return json_response(
        {
            "name": name,
            "kind": metric.kind,
            "unit": metric.unit,
            "agg": query.agg,
            "step_ms": query.step_ns / 1e6,
            "series": [
                {
                    "group": group,
                    "points": [
                        [iso_time(at), None if value is None else number(value)]
                        for at, value in sorted(points.items())
                    ],
                }
                for group, points in lines
            ],
        }
    )
