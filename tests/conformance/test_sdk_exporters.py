"""The unmodified OpenTelemetry SDK and its exporters: what the program recorded is what comes
back, types, ids and times to the nanosecond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace import set_span_in_context as inside

from tests.conformance import shown, tables
from tests.support.otlp import START_NS
from tests.support.server import Server

WAYS = ["grpc none", "grpc gzip", "http none", "http gzip", "http deflate"]
EVERY_WAY = pytest.mark.parametrize("way", WAYS)
ATTRIBUTES: dict[str, Any] = {
    "text": "ünï\u2028\0", "empty": "", "yes": True, "no": False, "zero": 0,
    "large": (1 << 63) - 1, "small": -(1 << 63), "third": 1 / 3, "whole": 2.0,
    "texts": ("a", ""), "ints": (1, -1), "floats": (0.1, 2.0), "bools": (True, False),
}  # fmt: skip
SHOWN = ATTRIBUTES | {
    "large": str((1 << 63) - 1), "small": str(-(1 << 63)),
    "texts": ["a", ""], "ints": [1, -1], "floats": [0.1, 2.0], "bools": [True, False],
}  # fmt: skip
OTHER = SpanContext(0xABCDEF, 0xFEDCBA, is_remote=True, trace_flags=TraceFlags(1))


def resource(way: str) -> Resource:
    return Resource({"service.name": way, "port": 8080, "tags": ("x", "y")})


def exporter(server: Server, way: str, over_grpc: type, over_http: type, signal: str) -> Any:
    """The exporter of a signal, set up as its documentation says."""
    protocol, compression = way.split()
    if protocol == "grpc":
        kind = grpc.Compression.Gzip if compression == "gzip" else grpc.Compression.NoCompression
        return over_grpc(
            endpoint=server.grpc, insecure=True, headers=server.headers, compression=kind
        )
    return over_http(
        endpoint=f"{server.http}/v1/{signal}",
        headers=server.headers,
        compression=Compression(compression),
    )


class Remember(SpanExporter):
    """Keeps what was recorded, to compare with."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Any) -> Any:
        self.spans += spans


@EVERY_WAY
def test_spans_come_back_as_they_were_recorded(server: Server, way: str) -> None:
    remembered = Remember()
    provider = TracerProvider(resource=resource(way), shutdown_on_exit=False)
    for one in (remembered, exporter(server, way, GrpcSpans, HttpSpans, "traces")):
        provider.add_span_processor(SimpleSpanProcessor(one))
    tracer = provider.get_tracer("scope", "1.2", "https://schema", {"level": 3})
    root = tracer.start_span("root", kind=SpanKind.SERVER, start_time=START_NS + 1)
    child = tracer.start_span(
        "child", inside(root), SpanKind.CLIENT, ATTRIBUTES, [Link(OTHER, {"why": 1})], START_NS + 2
    )
    child.add_event("event", ATTRIBUTES, START_NS + 123_456_789)
    child.set_status(StatusCode.ERROR, "broken")
    child.end(START_NS + 987_654_321)
    root.end(START_NS + 999_999_999)
    provider.shutdown()
    server.settle()

    recorded = {span.name: span for span in remembered.spans}
    trace_id = f"{recorded['root'].context.trace_id:032x}"
    trace = server.get(f"/v1/traces/{trace_id}").json()
    stored = {span["name"]: span for span in trace["spans"]}
    assert stored.keys() == recorded.keys()
    for name, span in recorded.items():
        assert stored[name]["trace_id"] == trace_id
        assert stored[name]["span_id"] == f"{span.context.span_id:016x}"
        assert stored[name]["start_time"] == shown.time(span.start_time or 0)
        assert stored[name]["end_time"] == shown.time(span.end_time or 0)
    assert stored["root"]["parent_span_id"] is None
    assert stored["root"]["kind"] == "server"
    one = stored["child"]
    assert one["parent_span_id"] == stored["root"]["span_id"]
    assert (one["kind"], one["status"], one["status_message"]) == ("client", "error", "broken")
    assert same(one["attributes"], SHOWN)
    (event,) = one["events"]
    assert (event["name"], event["time"]) == ("event", shown.time(START_NS + 123_456_789))
    assert same(event["attributes"], SHOWN)
    (link,) = one["links"]
    assert (link["trace_id"], link["span_id"]) == (f"{0xABCDEF:032x}", f"{0xFEDCBA:016x}")
    assert link["attributes"] == {"why": 1}
    assert one["resource"] == {"service.name": way, "port": 8080, "tags": ["x", "y"]}
    assert one["scope"] == {
        "name": "scope",
        "version": "1.2",
        "attributes": {"level": 3},
        "schema_url": "https://schema",
    }


@EVERY_WAY
def test_log_records_come_back_as_they_were_emitted(server: Server, way: str) -> None:
    provider = LoggerProvider(resource=resource(way), shutdown_on_exit=False)
    provider.add_log_record_processor(
        SimpleLogRecordProcessor(exporter(server, way, GrpcLogs, HttpLogs, "logs"))
    )
    body = {"text": "line", "nested": {"list": [1, 2.5, True, None, b"\0\xff"]}, "none": None}
    provider.get_logger("scope", "1.2").emit(
        timestamp=START_NS + 7,
        observed_timestamp=START_NS + 8,
        severity_number=SeverityNumber.WARN2,
        severity_text="WARN2",
        body=body,
        attributes={**ATTRIBUTES, "map": {"deep": [{"er": 1}]}},
        event_name="thing.happened",
    )
    provider.shutdown()
    server.settle()
    (record,) = server.get("/v1/logs", service=way).json()["logs"]
    assert record["time"] == shown.time(START_NS + 7)
    assert record["observed_time"] == shown.time(START_NS + 8)
    assert (record["severity_number"], record["severity_text"]) == (14, "WARN2")
    assert record["event_name"] == "thing.happened"
    nested = {"list": [1, 2.5, True, None, "AP8="]}
    assert same(record["body"], {"text": "line", "nested": nested, "none": None})
    assert same(record["attributes"], {**SHOWN, "map": {"deep": [{"er": 1}]}})
    assert record["resource"]["port"] == 8080


def same(one: Any, other: Any) -> bool:
    """Equal, with 1, 1.0 and True told apart."""
    return repr(one) == repr(other) or (
        isinstance(one, dict)
        and one.keys() == other.keys()
        and all(same(one[key], other[key]) for key in one)
    )


# --- metrics: the API shows lines over time, so exactness is looked up in the tables -----------


def record_metrics(meter: Any) -> None:
    meter.create_counter("requests", "1", "how many").add(3, {"route": "/a", "code": 200})
    meter.create_up_down_counter("queue").add(-2)
    meter.create_gauge("load", "%").set(0.1)
    meter.create_gauge("large").set((1 << 62) + 1)
    durations = meter.create_histogram(
        "duration", "ms", explicit_bucket_boundaries_advisory=[1, 10]
    )
    for value in (0.5, 5, 50):
        durations.record(value)


@dataclass(frozen=True)
class Metrics:
    """Rows by table, the points by way and name as the SDK had them, and what the API listed."""

    rows: dict[str, tables.Rows]
    sent: dict[str, dict[str, Any]]
    listed: list[dict[str, str]]

    def row(self, table: str, way: str, name: str) -> dict[str, Any]:
        identity = (way.encode(), name.encode())
        (row,) = (
            row for row in self.rows[table] if (row["service"], row["metric_name"]) == identity
        )
        return row


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    sent: dict[str, dict[str, Any]] = {}
    with Server(tmp_path_factory.mktemp("metrics")) as server:
        for way in WAYS:
            reader = InMemoryMetricReader()
            provider = MeterProvider([reader], resource(way), shutdown_on_exit=False)
            record_metrics(provider.get_meter("scope", "1.2"))
            data = reader.get_metrics_data()
            assert data is not None
            result = exporter(server, way, GrpcMetrics, HttpMetrics, "metrics").export(data)
            assert result.name == "SUCCESS"
            (group,) = data.resource_metrics
            sent[way] = {
                metric.name: next(iter(metric.data.data_points))
                for scope in group.scope_metrics
                for metric in scope.metrics
            }
        server.settle()
        listed = server.get("/v1/metrics/names").json()["metrics"]
        server.stop()
        rows = tables.read(
            server, points="SELECT * FROM points", histograms="SELECT * FROM histograms"
        )
    return Metrics(rows, sent, listed)


@EVERY_WAY
@pytest.mark.parametrize("name", ["requests", "queue", "load", "large"])
def test_numbers_come_back_exactly(metrics: Metrics, way: str, name: str) -> None:
    row, point = metrics.row("points", way, name), metrics.sent[way][name]
    assert row["time"] == point.time_unix_nano
    assert row["start_time"] == (point.start_time_unix_nano or 0)
    assert row["value_type"] == ("int" if isinstance(point.value, int) else "double")
    stored = row["value_int"] if isinstance(point.value, int) else row["value"]
    assert stored == point.value
    kept = {
        "requests": ("sum", "cumulative", True),
        "queue": ("sum", "cumulative", False),
    }.get(name, ("gauge", "unspecified", False))
    assert (row["metric_type"], row["temporality"], row["is_monotonic"]) == kept
    if name == "requests":
        assert row["attributes"] == {b"route": b"/a", b"code": b"200"}
        assert row["attribute_types"] == ["string", "int"]


@EVERY_WAY
def test_histograms_come_back_exactly(metrics: Metrics, way: str) -> None:
    row, point = metrics.row("histograms", way, "duration"), metrics.sent[way]["duration"]
    assert (row["count"], row["sum"], row["min"], row["max"]) == (3, 55.5, 0.5, 50)
    assert row["bucket_counts"] == [1, 1, 1]
    assert row["explicit_bounds"] == [1, 10]
    assert (row["time"], row["start_time"]) == (point.time_unix_nano, point.start_time_unix_nano)


def test_the_api_lists_each_metric_with_its_kind_and_unit(metrics: Metrics) -> None:
    assert {(metric["name"], metric["kind"], metric["unit"]) for metric in metrics.listed} == {
        ("duration", "histogram", "ms"),
        ("large", "gauge", ""),
        ("load", "gauge", "%"),
        ("queue", "sum", ""),
        ("requests", "sum", "1"),
    }
