"""Data of any age: a request may touch any number of months."""

from __future__ import annotations

from tests.integration.conftest import Stored
from tests.support import otlp

MONTH = 31 * 86_400 * 1_000_000_000
MONTHS = 150


def test_one_request_over_150_months_loses_no_row(stored_server: Stored) -> None:
    starts = [1 + number * MONTH for number in range(MONTHS)]
    spans = [otlp.span(number + 1, 1, start=start) for number, start in enumerate(starts)]
    lines = otlp.logs(*range(MONTHS), resource={"service.name": "late"})
    for record, start in zip(lines.resource_logs[0].scope_logs[0].log_records, starts, strict=True):
        record.time_unix_nano = start
    gauge = otlp.gauge("late", 0, time_ns=1)
    points = gauge.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points
    for start in starts[1:]:
        points.add(as_int=1, time_unix_nano=start)

    stored_server.send("traces", otlp.traces(*spans, resource={"service.name": "late"}))
    stored_server.send("logs", lines)
    stored_server.send("metrics", gauge)

    for path, rows in (("/v1/spans", "spans"), ("/v1/traces", "traces"), ("/v1/logs", "logs")):
        found = stored_server.get(path, service="late", limit=1000)[rows]
        assert len(found) == MONTHS, path
    answer = stored_server.get("/v1/metrics/series", name="late", agg="count", step=1e7)
    assert sum(value for _, value in answer["series"][0]["points"]) == MONTHS
    assert stored_server.get("/v1/rejects")["rejects"] == []
