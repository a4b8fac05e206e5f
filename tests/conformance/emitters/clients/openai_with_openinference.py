"""`openai`, instrumented by OpenInference; the tool is traced by its decorator."""

import atexit

import openai_conversation as conversation
from openai import OpenAI
from openinference.instrumentation import TracerProvider, using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
atexit.register(provider.shutdown)
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather")


@tracer.tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return conversation.get_weather(city)


@tracer.agent
def weather_agent(question: str) -> str | None:
    """Answers about the weather."""
    assert question == conversation.ASKED[-1]["content"]
    return conversation.with_a_tool(client, get_weather)


client = OpenAI()
with using_attributes(session_id="openinference-1", user_id="ada", metadata={"team": "weather"}):
    weather_agent("Weather in Paris?")
    conversation.in_pieces(client)
    conversation.as_a_response(client)
    conversation.embed(client)
    conversation.refused(client)
