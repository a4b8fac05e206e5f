"""Instrumented by OpenLLMetry. OTEL_EXPORTER_OTLP_* say where it sends."""

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()
client = OpenAI()

with trace.get_tracer("weather").start_as_current_span(
    "weather_agent", attributes={"session.id": "weather-3"}
):
    stream = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "It is sunny in Paris. What shall I wear?"}],
        stream=True,
        stream_options={"include_usage": True},
        user="ada",
    )
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")
print()
provider.shutdown()
