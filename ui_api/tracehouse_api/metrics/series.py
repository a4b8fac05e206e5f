"""The lines of a metric, by kind.

ClickHouse reduces the points to one row per series and time bucket: their sum where they are
deltas, the last of them where they are cumulative. Cumulative rows are then subtracted from their
successors. They are grouped by start time, too, because a new start time is how a sender says that
it began anew (OpenTelemetry metrics data model, "Resets and gaps"), and by how often the series
fell so far, which is how a sender without start times shows it. The first row of a series has no
predecessor in the range, so the last point of the day before the range is read as well; where there
is none, the first row counts in full only if its own start time lies in the range, or if the range
was left open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracehouse_api.metrics.amounts import (
    Amount,
    add,
    exponential_amount,
    histogram_amount,
    number_amount,
    quantile,
    since,
)
from tracehouse_api.metrics.query import BUCKET, IN_RANGE, Line, MetricQuery, Unanswerable
from tracehouse_api.store import Store

_POINT_AGGREGATES = {
    "avg": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "last": "argMax(value, time)",
    "count": "toFloat64(count())",
}
_FROM = "fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')"
_BEFORE = (
    "metric_name = {metric_name:String}",
    f"time < {_FROM}",
    f"time >= {_FROM} - INTERVAL 1 DAY",
    "temporality = 'cumulative'",
)
_PAIR = "(PARTITION BY series ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
_SO_FAR = "(PARTITION BY series ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
_COUNT_FELL = f"count < lagInFrame(count) OVER {_PAIR}"
_LAYOUT = "scale, positive_offset, negative_offset"


def series(rows: Store, query: MetricQuery) -> list[Line]:
    """All lines of the query. Raises Unanswerable."""
    match query.metric.kind:
        case "gauge":
            return _gauge(rows, query)
        case "sum":
            return _sum(rows, query)
        case "histogram" | "exponential_histogram":
            return _histogram(rows, query)
        case _:
            return _summary(rows, query)


def _gauge(rows: Store, query: MetricQuery) -> list[Line]:
    if query.agg in ("increase", "rate"):
        raise Unanswerable(
            "a gauge has no increase or rate: use avg, min, max, sum, last, count, pNN"
        )
    level = query.quantile
    return _values(
        rows,
        query,
        _POINT_AGGREGATES[query.agg]
        if level is None
        else f"quantileExactInclusive({level})(value)",
    )


def _values(rows: Store, query: MetricQuery, aggregate: str) -> list[Line]:
    """An aggregate over the values as they were sent."""
    inner = rows.select(
        f"time, value, {query.groups_select()}",
        "points",
        [*IN_RANGE, "value_type != 'none'"],
        final=True,
    )
    return _read(rows, query, inner, aggregate)


def _read(
    rows: Store, query: MetricQuery, inner: str, aggregate: str, **parameters: object
) -> list[Line]:
    found = rows.rows(
        f"SELECT groups, {BUCKET}, {aggregate} AS result FROM ({inner}) GROUP BY groups, bucket",
        query.parameters() | parameters,
    )
    return _results(query, found)


def _results(query: MetricQuery, found: list[dict[str, Any]]) -> list[Line]:
    return [
        (group, {row["bucket"]: row["result"] for row in group_rows})
        for group, group_rows in query.lines(found)
    ]


def _sum(rows: Store, query: MetricQuery) -> list[Line]:
    """increase, rate and sum speak of what happened; the others of the values as sent."""
    if query.quantile is not None:
        raise Unanswerable("a sum has no quantiles: use rate, increase, last, avg, min, max, count")
    if query.agg == "last":
        return _last_of_each(rows, query)
    if query.agg not in ("increase", "rate", "sum"):
        return _values(rows, query, _POINT_AGGREGATES[query.agg])
    columns = {"value": "sum(value)"}
    found = _happened(
        rows,
        query,
        columns,
        "is_monotonic",
        lambda row: number_amount(row["value"]),
        fell=f"is_monotonic AND value < lagInFrame(value) OVER {_PAIR}",
    )
    divisor = query.step_ns / 1e9 if query.agg == "rate" else 1.0
    return [
        (group, {at: amount.get("value", 0.0) / divisor for at, amount in points.items()})
        for group, points in found
    ]


def _last_of_each(rows: Store, query: MetricQuery) -> list[Line]:
    """What the series of a group stood at, added up."""
    inner = rows.select(
        f"series, time, value, {query.groups_select()}",
        "points",
        [*IN_RANGE, "value_type != 'none'"],
        final=True,
    )
    last = (
        f"SELECT groups, {BUCKET}, argMax(value, points.time) AS value"
        f" FROM ({inner}) AS points GROUP BY groups, series, bucket"
    )
    found = rows.rows(
        f"SELECT groups, bucket, sum(value) AS result FROM ({last}) GROUP BY groups, bucket",
        query.parameters(),
    )
    return _results(query, found)


def _histogram(rows: Store, query: MetricQuery) -> list[Line]:
    exponential = query.metric.kind == "exponential_histogram"
    if query.agg in ("min", "max"):
        inner = rows.select(
            f"time, {query.agg} AS extreme, {query.groups_select()}",
            query.metric.table,
            list(IN_RANGE),
            final=True,
        )
        return _read(rows, query, inner, f"{query.agg}(extreme)")
    if exponential:
        columns = {
            "count": "sum(count)",
            "sum": "sum(sum)",
            "zero_count": "sum(zero_count)",
            "positive_bucket_counts": "sumForEach(positive_bucket_counts)",
            "negative_bucket_counts": "sumForEach(negative_bucket_counts)",
        }
        found = _happened(rows, query, columns, _LAYOUT, exponential_amount, fell=_COUNT_FELL)
    else:
        columns = {
            "count": "sum(count)",
            "sum": "sum(sum)",
            "bucket_counts": "sumForEach(bucket_counts)",
        }
        found = _happened(
            rows,
            query,
            columns,
            "explicit_bounds",
            lambda row: histogram_amount(
                row["count"], row["sum"], row["explicit_bounds"], row["bucket_counts"]
            ),
            fell=_COUNT_FELL,
        )
    return [
        (group, {at: _of_observations(query, amount) for at, amount in points.items()})
        for group, points in found
    ]


def _of_observations(query: MetricQuery, amount: Amount) -> float | None:
    level = query.quantile
    if level is not None:
        return quantile(level, amount)
    count, total = amount.get("count", 0.0), amount.get("sum", 0.0)
    match query.agg:
        case "avg":
            return total / count if count else None
        case "sum":
            return total
        case "count" | "increase":
            return count
        case "rate":
            return count / (query.step_ns / 1e9)
        case _:
            raise Unanswerable(
                f"a histogram has no {query.agg}: use avg, sum, count, rate, min, max or pNN"
            )


def _happened(
    rows: Store,
    query: MetricQuery,
    columns: dict[str, str],
    layout: str,
    amount_of: Callable[[dict[str, Any]], Amount],
    *,
    fell: str,
) -> list[tuple[dict[str, str], dict[int, Amount]]]:
    """For each group and bucket what happened in it. `layout` are columns that rows must share to
    be added up by ClickHouse; `fell` says of a point that its series was reset before it."""
    shared = ", ".join(
        ("series, time, start_time, temporality", *columns, layout, query.groups_select())
    )
    table = query.metric.table
    inside = rows.select(shared, table, list(IN_RANGE), final=True)
    before = rows.select(
        shared,
        table,
        list(_BEFORE),
        "ORDER BY series, start_time, time DESC LIMIT 1 BY series, start_time",
        final=True,
    )
    totals = ", ".join(f"{total} AS {name}_delta" for name, total in columns.items())
    lasts = ", ".join(f"argMax({name}, points.time) AS {name}_last" for name in columns)
    began = "if(temporality = 'cumulative', toUnixTimestamp64Nano(start_time), 0) AS began"
    found = rows.rows(
        f"SELECT groups, series, temporality, {began}, resets, {layout}, "
        f"if(time < {_FROM}, -1, {BUCKET.removesuffix(' AS bucket')}) AS bucket, "
        f"max(points.time) AS latest, {totals}, {lasts} "
        f"FROM (SELECT *, sum(fell) OVER {_SO_FAR} AS resets FROM (SELECT *, row_number() OVER "
        f"{_SO_FAR} > 1 AND {fell} AS fell FROM (SELECT * FROM ({inside}) UNION ALL "
        f"SELECT * FROM ({before})))) AS points "
        f"GROUP BY groups, series, temporality, began, resets, {layout}, bucket "
        "ORDER BY series, began, resets, bucket, latest",
        query.parameters(),
    )
    lines: list[tuple[dict[str, str], dict[int, Amount]]] = []
    for group, group_rows in query.lines(found):
        points: dict[int, Amount] = {}
        earlier: dict[tuple[int, int, int], Amount] = {}
        for row in group_rows:
            cumulative = row["temporality"] == "cumulative"
            suffix = "_last" if cumulative else "_delta"
            amount = amount_of(row | {name: row[name + suffix] for name in columns})
            if cumulative:
                key = (row["series"], row["began"], row["resets"])
                previous = earlier.get(key)
                earlier[key] = amount
                if previous is not None:
                    amount = since(amount, previous, monotonic=row.get("is_monotonic", True))
                elif not (row["resets"] or query.from_beginning or row["began"] >= query.first_ns):
                    amount = {}
            if row["bucket"] != -1:
                add(points.setdefault(row["bucket"], {}), amount)
        lines.append((group, points))
    return lines


def _summary(rows: Store, query: MetricQuery) -> list[Line]:
    """A summary's quantiles were made by its sender and cannot be merged: the highest is shown."""
    level = query.quantile
    inner = rows.select(
        f"time, count, sum, quantiles, quantile_values, {query.groups_select()}",
        "summaries",
        list(IN_RANGE),
        final=True,
    )
    if level is not None:
        at = "quantile_values[indexOf(quantiles, {level:Float64})]"
        aggregate = f"maxOrNullIf({at}, has(quantiles, {{level:Float64}}))"
        return _read(rows, query, inner, aggregate, level=level)
    aggregates = {
        "avg": "argMax(sum, time) / argMax(count, time)",
        "count": "toFloat64(max(count))",
        "sum": "max(sum)",
        "last": "argMax(sum, time)",
    }
    if query.agg not in aggregates:
        raise Unanswerable("a summary answers avg, count, sum, last, and the pNN that were sent")
    return _read(rows, query, inner, aggregates[query.agg])
