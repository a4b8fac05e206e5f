"""`anthropic`, instrumented by nothing: its spans are its own."""

import anthropic_conversation as conversation
import telemetry
from anthropic import Anthropic

telemetry.start()
traced = {"conversation_id": "anthropic-1", "traces": {"content_mode": "content"}}
conversation.talk(Anthropic(open_telemetry=traced))
