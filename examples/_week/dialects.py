"""How five libraries spell the same turn: the names of their spans and attributes.

Each is as the library sends it today (tests/fixtures/captures has whole requests of them).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from .turns import Generation, Message, ToolCall, Turn

Attributes = dict[str, Any]
Named = tuple[str, Attributes]


class Dialect(Protocol):
    """The name and the attributes of an agent's, a model's and a tool's span."""

    def agent(self, turn: Turn) -> Named: ...
    def model(self, call: Generation) -> Named: ...
    def tool(self, turn: Turn, call: ToolCall, call_id: str) -> Named: ...


class GenAI:
    """OpenTelemetry's GenAI conventions, as its own instrumentations send them."""

    def agent(self, turn: Turn) -> Named:
        told = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": turn.agent,
            **self.common(turn),
        }
        return f"invoke_agent {turn.agent}", told

    def model(self, call: Generation) -> Named:
        turn = call.turn
        told: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": turn.model.provider,
            "gen_ai.request.model": turn.model.name,
            "gen_ai.response.model": turn.model.name,
            "gen_ai.response.id": call.response_id,
            "gen_ai.response.finish_reasons": [call.finish_reason],
            "gen_ai.response.time_to_first_chunk": round(call.first_token_seconds, 3),
            "gen_ai.usage.input_tokens": call.input_tokens,
            "gen_ai.usage.output_tokens": call.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": call.cached_tokens,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": turn.system}]),
            "gen_ai.input.messages": json.dumps(call.given),
            "gen_ai.output.messages": json.dumps([call.said]),
            **self.common(turn),
        }
        if turn.prompt is not None:
            told["gen_ai.prompt.name"], version = turn.prompt
            told["gen_ai.prompt.version"] = str(version)
        return f"chat {turn.model.name}", told

    def tool(self, turn: Turn, call: ToolCall, call_id: str) -> Named:
        told = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": json.dumps(call.arguments),
            **self.common(turn),
        }
        if not call.error:
            told["gen_ai.tool.call.result"] = json.dumps(call.result)
        return f"execute_tool {call.name}", told

    def common(self, turn: Turn) -> Attributes:
        return {"gen_ai.conversation.id": turn.session, "user.id": turn.user, **turn.cohort}


class PydanticAI(GenAI):
    """pydantic-ai: the conventions, and what Logfire shows of them; it says what a call cost."""

    def __init__(self, input_price: float, output_price: float) -> None:
        """Prices in USD for a million tokens."""
        self._input_price, self._output_price = input_price, output_price

    def agent(self, turn: Turn) -> Named:
        name, told = super().agent(turn)
        told |= {"agent_name": turn.agent, "model_name": turn.model.name}
        return name, told | {"final_result": turn.answer, "logfire.msg": f"{turn.agent} run"}

    def model(self, call: Generation) -> Named:
        name, told = super().model(call)
        spent = call.input_tokens * self._input_price + call.output_tokens * self._output_price
        system = call.turn.model.provider
        return name, told | {"gen_ai.system": system, "operation.cost": spent / 1e6}

    def tool(self, turn: Turn, call: ToolCall, call_id: str) -> Named:
        name, told = super().tool(turn, call, call_id)
        return name, told | {"logfire.msg": f"running tool: {call.name}"}


class OpenLLMetry(GenAI):
    """OpenLLMetry: the conventions in the model's span, and its own names for what is around it."""

    def agent(self, turn: Turn) -> Named:
        told = {
            "traceloop.span.kind": "agent",
            "traceloop.entity.name": turn.agent,
            "traceloop.entity.input": json.dumps({"question": turn.question}),
            "traceloop.entity.output": json.dumps(turn.answer),
            **self.common(turn),
        }
        return f"{turn.agent}.agent", told

    def model(self, call: Generation) -> Named:
        _, told = super().model(call)
        del told["gen_ai.system_instructions"]
        system = {"role": "system", "parts": [{"type": "text", "content": call.turn.system}]}
        told["gen_ai.input.messages"] = json.dumps([system, *call.given])
        told |= {"llm.request.type": "chat", "gen_ai.is_streaming": False}
        return f"{call.turn.model.provider}.chat", told

    def tool(self, turn: Turn, call: ToolCall, call_id: str) -> Named:
        told = {
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": call.name,
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.call.id": call_id,
            "traceloop.entity.input": json.dumps(call.arguments),
            **self.common(turn),
        }
        if not call.error:
            told["traceloop.entity.output"] = json.dumps(call.result)
        return f"{call.name}.tool", told

    def common(self, turn: Turn) -> Attributes:
        about = "traceloop.association.properties"
        return {f"{about}.session_id": turn.session, f"{about}.user_id": turn.user, **turn.cohort}


class VercelAI(GenAI):
    """The Vercel AI SDK from version 7; what the call was for is in its own attributes."""

    def common(self, turn: Turn) -> Attributes:
        about = "ai.settings.context"
        return {f"{about}.sessionId": turn.session, f"{about}.userId": turn.user, **turn.cohort}


class OpenInference:
    """OpenInference: messages in flat, numbered attributes, inputs and outputs as values."""

    def agent(self, turn: Turn) -> Named:
        return turn.agent, {
            "openinference.span.kind": "AGENT",
            "agent.name": turn.agent,
            **_value("input", turn.question),
            **_value("output", turn.answer),
            **self._common(turn),
        }

    def model(self, call: Generation) -> Named:
        turn = call.turn
        system: Message = {"role": "system", "parts": [{"type": "text", "content": turn.system}]}
        told: Attributes = {
            "openinference.span.kind": "LLM",
            "llm.system": turn.model.provider,
            "llm.model_name": turn.model.name,
            "llm.invocation_parameters": json.dumps({"model": turn.model.name, "temperature": 0}),
            "llm.token_count.prompt": call.input_tokens,
            "llm.token_count.completion": call.output_tokens,
            "llm.token_count.total": call.input_tokens + call.output_tokens,
            "llm.token_count.prompt_details.cache_read": call.cached_tokens,
            "llm.finish_reason": call.finish_reason,
            **_messages("llm.input_messages", [system, *call.given]),
            **_messages("llm.output_messages", [call.said]),
            **self._common(turn),
        }
        return "ChatCompletion", told

    def tool(self, turn: Turn, call: ToolCall, call_id: str) -> Named:
        told: Attributes = {
            "openinference.span.kind": "TOOL",
            "tool.name": call.name,
            "tool.id": call_id,
            **_value("input", call.arguments),
            **self._common(turn),
        }
        return call.name, told | ({} if call.error else _value("output", call.result))

    def _common(self, turn: Turn) -> Attributes:
        return {"session.id": turn.session, "user.id": turn.user, **turn.cohort}


def _value(side: str, value: Any) -> Attributes:
    if isinstance(value, str):
        return {f"{side}.value": value, f"{side}.mime_type": "text/plain"}
    return {f"{side}.value": json.dumps(value), f"{side}.mime_type": "application/json"}


def _messages(prefix: str, messages: list[Message]) -> Attributes:
    told: Attributes = {}
    for place, message in enumerate(messages):
        at = f"{prefix}.{place}.message"
        told[f"{at}.role"] = message["role"]
        calls = 0
        for part in message["parts"]:
            calls += _part(told, at, part, calls)
    return told


def _part(told: Attributes, at: str, part: Mapping[str, Any], calls: int) -> int:
    """Write a part of a message; whether it was a call of a tool."""
    if part["type"] == "tool_call":
        call = f"{at}.tool_calls.{calls}.tool_call"
        told[f"{call}.id"] = part["id"]
        told[f"{call}.function.name"] = part["name"]
        told[f"{call}.function.arguments"] = json.dumps(part["arguments"])
        return 1
    if part["type"] == "tool_call_response":
        told[f"{at}.tool_call_id"] = part["id"]
        told[f"{at}.content"] = json.dumps(part["response"])
    elif part["type"] == "text":
        told[f"{at}.content"] = part["content"]
    return 0
