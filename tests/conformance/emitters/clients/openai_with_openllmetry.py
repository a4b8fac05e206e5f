"""`openai`, instrumented by OpenLLMetry; the session is an attribute of the program's own span."""

import openai_conversation as conversation
import telemetry
from openai import OpenAI
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

provider = telemetry.start()
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("weather")

client = OpenAI()
with tracer.start_as_current_span("ask", attributes={"session.id": "openllmetry-1"}):
    conversation.with_a_tool(client, user="ada")
    conversation.in_pieces(client)
    conversation.as_a_response(client)
    conversation.embed(client)
    conversation.refused(client)
