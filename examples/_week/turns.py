"""A turn of an agent, before any library has spelled it: what was asked, called and answered."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
_CHARACTERS_A_TOKEN = 3.6


@dataclass(frozen=True)
class Model:
    """A model as its provider names it. `overhead` is the tokens of tools and instructions that
    each call repeats, the most of which are read from the provider's cache."""

    name: str
    provider: str
    tokens_a_second: float = 80.0
    first_token_seconds: float = 0.5
    overhead: int = 2_400


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool. `error` is what it raised instead of giving a result."""

    name: str
    arguments: Mapping[str, Any]
    result: Any = None
    seconds: float = 0.3
    error: str = ""
    exception: str = ""


@dataclass(frozen=True)
class Turn:
    """A question and how the agent came to its answer. `answer` is empty where it never did."""

    question: str
    calls: tuple[ToolCall, ...]
    answer: str
    system: str
    model: Model
    agent: str
    session: str
    user: str
    start: int
    earlier: tuple[Message, ...] = ()
    thought: str = ""
    cohort: Mapping[str, str] = field(default_factory=dict[str, str])
    prompt: tuple[str, int] | None = None


@dataclass(frozen=True)
class Generation:
    """One call of the model in a turn: what it was given, what it said, what it used."""

    turn: Turn
    given: list[Message]
    said: Message
    response_id: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    first_token_seconds: float
    seconds: float

    @property
    def finish_reason(self) -> str:
        return "tool_calls" if any(p["type"] == "tool_call" for p in self.said["parts"]) else "stop"


def text(role: str, content: str) -> Message:
    """A message of OpenTelemetry's shape."""
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def tool_call(call_id: str, call: ToolCall, thought: str = "") -> Message:
    """The assistant asks for a tool, perhaps after a thought."""
    parts: list[dict[str, Any]] = []
    if thought:
        parts.append({"type": "reasoning", "content": thought})
    asked = {"type": "tool_call", "id": call_id, "name": call.name}
    parts.append({**asked, "arguments": dict(call.arguments)})
    return {"role": "assistant", "parts": parts, "finish_reason": "tool_call"}


def tool_result(call_id: str, call: ToolCall) -> Message:
    """What the tool gave, or that it failed."""
    given = {"error": call.error} if call.error else call.result
    part = {"type": "tool_call_response", "id": call_id, "response": given}
    return {"role": "tool", "parts": [part]}


def generation(
    turn: Turn, given: list[Message], said: Message, response_id: str, chance: random.Random
) -> Generation:
    """The call of the model, with tokens by the length of the texts and seconds by the model."""
    model = turn.model
    asked = _tokens(turn.system) + sum(_tokens(json.dumps(message)) for message in given)
    answered = max(12, _tokens(json.dumps(said["parts"])) - 14)
    first = model.first_token_seconds * chance.uniform(0.8, 1.7)
    return Generation(
        turn,
        given,
        said,
        response_id,
        input_tokens=model.overhead + asked,
        cached_tokens=int(model.overhead * 0.8) if given[1:] else 0,
        output_tokens=answered,
        first_token_seconds=first,
        seconds=first + answered / model.tokens_a_second * chance.uniform(0.85, 1.3),
    )


def _tokens(written: str) -> int:
    return round(len(written) / _CHARACTERS_A_TOKEN)
