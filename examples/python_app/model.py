"""A language model that needs no network: it knows two tools and how to say sorry."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

NAME = "tiny-support-1"
Message = dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """What the model wants done before it answers."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """Text for the customer, or a tool to call first."""

    text: str
    tool_call: ToolCall | None
    input_tokens: int
    output_tokens: int

    @property
    def finish_reason(self) -> str:
        return "tool_calls" if self.tool_call else "stop"


def complete(messages: list[Message]) -> Reply:
    """The model's next turn. A word is a token, and thinking takes a moment."""
    time.sleep(0.02)
    text, tool_call = _turn(messages[-1])
    said = text or json.dumps(tool_call.arguments if tool_call else {})
    return Reply(text, tool_call, _tokens(messages), len(said.split()))


def _turn(last: Message) -> tuple[str, ToolCall | None]:
    content = last["content"]
    if last["role"] == "user":
        tool = "refund_order" if "refund" in content else "look_up_order"
        return "", ToolCall(f"call-{tool}", tool, {"order_id": 1042})
    if "error" in content:
        return "I am sorry, I could not do that. A colleague will write to you today.", None
    return f"Your order has been {content['state']} and arrives on {content['arrives']}.", None


def _tokens(messages: list[Message]) -> int:
    return sum(len(str(message["content"]).split()) for message in messages)
