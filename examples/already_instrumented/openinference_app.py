"""Instrumented by OpenInference. OTEL_EXPORTER_OTLP_* say where it sends."""

from openai import OpenAI
from openinference.instrumentation import TracerProvider, using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather")
client = OpenAI()


@tracer.tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@tracer.agent
def weather_agent(city: str) -> str | None:
    """Asks the tool, and lets the model say it."""
    question = f"It is {get_weather(city)}. What shall I wear?"
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return answer.choices[0].message.content


with using_attributes(session_id="weather-2", user_id="ada"):
    print(weather_agent("Paris"))
provider.shutdown()
