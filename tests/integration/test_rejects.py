"""What cannot be stored: it is counted in the answer and kept in the rejects, whatever comes with
it is stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS
from tests.support.otlp_json import from_otlp_json

BEYOND = 1 << 63

SPANS = {
    "trace_id is not 16 bytes long": {"trace_id": b"short"},
    "trace_id is all zeros": {"trace_id": bytes(16)},
    "span_id is not 8 bytes long": {"span_id": b""},
    "span_id is all zeros": {"span_id": bytes(8)},
    "parent_span_id is not 8 bytes long": {"parent_span_id": b"123"},
    "start_time_unix_nano is missing": {"start_time_unix_nano": 0},
    "time is out of range": {"end_time_unix_nano": BEYOND},
    "end time is before start time": {"end_time_unix_nano": START_NS - 1},
}


def spans(service: str) -> tuple[Message, list[str]]:
    bad = [otlp.span(1, 9, name=reason, **fields) for reason, fields in SPANS.items()]
    request = otlp.traces(
        otlp.span(len(service), 1, name="first"), *bad,
        otlp.span(len(service), 2, name="last"), resource={"service.name": service},
    )  # fmt: skip
    return request, sorted(SPANS)


def lines(service: str) -> tuple[Message, list[str]]:
    request = otlp.logs("first", "bad", "worse", "last", resource={"service.name": service})
    records = request.resource_logs[0].scope_logs[0].log_records
    records[1].time_unix_nano = BEYOND
    records[2].observed_time_unix_nano = BEYOND
    return request, ["time is out of range"] * 2


def points(service: str) -> tuple[Message, list[str]]:
    request = otlp.gauge(service, 1.0, time_ns=START_NS)
    request.resource_metrics[0].resource.attributes[0].value.string_value = service
    data = request.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points
    data.add(as_double=2.0)
    data.add(as_double=3.0, time_unix_nano=BEYOND)
    data.add(as_double=4.0, time_unix_nano=START_NS, start_time_unix_nano=BEYOND)
    data.add(as_double=5.0, time_unix_nano=START_NS + 1)
    reasons = ["time is out of range", "time is out of range", "time_unix_nano is missing"]
    return request, reasons


SIGNALS = {
    "traces": (spans, ExportTraceServiceResponse, "rejected_spans"),
    "logs": (lines, ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (points, ExportMetricsServiceResponse, "rejected_data_points"),
}


def stored(server: Stored, signal: str, service: str) -> int:
    """How many rows of the service are there."""
    if signal == "metrics":
        answer = server.get("/v1/metrics/series", name=service, agg="count", step=1)
        return sum(value for line in answer["series"] for _, value in line["points"])
    rows = {"traces": "spans", "logs": "logs"}[signal]
    return len(server.get(f"/v1/{rows}", service=service)[rows])


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_each_is_counted_and_kept_with_its_reason_and_its_neighbours_are_stored(
    stored_server: Stored, signal: str, encoding: str
) -> None:
    make: Callable[[str], tuple[Message, list[str]]]
    make, response, field = SIGNALS[signal]
    service = f"{signal} as {encoding}"
    request, reasons = make(service)
    if encoding == "json":
        answer = stored_server.send_json(signal, request)
        told = from_otlp_json(answer.content, response)
    else:
        answer = stored_server.server.post(signal, request.SerializeToString())
        told = response.FromString(answer.content)
    assert answer.status_code == 200
    assert getattr(told.partial_success, field) == len(reasons)
    assert "/v1/rejects" in told.partial_success.error_message

    stored_server.server.settle()
    found = stored_server.get("/v1/rejects", signal=signal, limit=1000)["rejects"]
    mine = [reject for reject in found if reject["service"] == service]
    assert sorted(reject["reason"] for reject in mine) == reasons
    assert stored(stored_server, signal, service) == 2


def test_a_reject_keeps_what_was_sent(stored_server: Stored) -> None:
    event = Span.Event(name="an event", time_unix_nano=5)
    odd = otlp.span(1, 0, name='odd "name"', attributes={"k": "it's"}, events=[event])
    request = otlp.traces(odd, resource={"service.name": "kept"})
    stored_server.server.post("traces", request.SerializeToString())
    stored_server.server.settle()
    found = stored_server.get("/v1/rejects", signal="traces", limit=1000)["rejects"]
    (reject,) = [reject for reject in found if reject["service"] == "kept"]
    assert reject["record"]["name"] == 'odd "name"'
    assert reject["record"]["start_time_unix_nano"] == str(START_NS)
    assert "it's" in reject["record"]["attributes"]
    assert "an event" in reject["record"]["events"]
