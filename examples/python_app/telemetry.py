"""OpenTelemetry's SDK set up as its documentation has it.

No address, key or protocol stands here: the exporters read `OTEL_EXPORTER_OTLP_*`, the resource
reads `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider

# The SDK calls this handler deprecated in favour of opentelemetry-instrumentation-logging, which
# has the same one; it is used here because it asks for no further package.
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter


@contextmanager
def exporting() -> Generator[None]:
    """Traces, logs and metrics are exported inside; leaving sends what is still waiting."""
    span_exporter, log_exporter, metric_exporter = _exporters()

    tracing = TracerProvider()
    tracing.add_span_processor(BatchSpanProcessor(span_exporter))
    trace.set_tracer_provider(tracing)

    metering = MeterProvider([PeriodicExportingMetricReader(metric_exporter)])
    metrics.set_meter_provider(metering)

    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(log_exporter))
    set_logger_provider(logs)
    # To the console as well, so that an exporter that fails is heard. basicConfig would give this
    # handler a formatter, and the body of each record would then start with its level.
    logging.basicConfig(level=logging.INFO)
    logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))

    try:
        yield
    finally:
        for provider in (tracing, metering, logs):
            provider.shutdown()


def _exporters() -> tuple[SpanExporter, LogRecordExporter, MetricExporter]:
    """The OTLP exporters of the protocol that the environment names. In Python each protocol has
    classes of its own; most programs import one of the two."""
    if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    else:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    return OTLPSpanExporter(), OTLPLogExporter(), OTLPMetricExporter()
