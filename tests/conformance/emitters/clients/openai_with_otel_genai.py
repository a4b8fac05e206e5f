"""`openai`, instrumented by OpenTelemetry's own package; what is said is on the spans."""

import openai_conversation as conversation
import telemetry
from openai import OpenAI
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

provider = telemetry.start()
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather")

client = OpenAI()
named = {"gen_ai.conversation.id": "otel-genai-1", "user.id": "ada"}
with tracer.start_as_current_span("ask", attributes=named):
    conversation.with_a_tool(client)
    conversation.in_pieces(client)
    conversation.as_a_response(client)
    conversation.embed(client)
    conversation.refused(client)
