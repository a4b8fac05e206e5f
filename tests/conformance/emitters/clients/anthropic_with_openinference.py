"""`anthropic` with OpenInference on top of its own spans: each call is reported twice."""

import anthropic_conversation as conversation
import telemetry
from anthropic import Anthropic
from openinference.instrumentation import using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor

AnthropicInstrumentor().instrument(tracer_provider=telemetry.start())
with using_attributes(session_id="anthropic-2", user_id="ada"):
    conversation.talk(Anthropic())
