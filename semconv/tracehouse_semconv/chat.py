"""A step of a chat as attributes: in our names, and in those of OpenTelemetry's GenAI conventions.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ has the JSON schema of messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import SpanKind

AttributeValue = str | bool | int | float

_MESSAGES = {
    SpanKind.user_msg: ("user", "text", names.GEN_AI_INPUT_MESSAGES),
    SpanKind.assistant_msg: ("assistant", "text", names.GEN_AI_OUTPUT_MESSAGES),
    SpanKind.thinking: ("assistant", "reasoning", names.GEN_AI_OUTPUT_MESSAGES),
}
_OPERATIONS = {SpanKind.tool_use: "execute_tool", SpanKind.assistant_msg: "chat"}
_LARGEST_INT = 1 << 63


def step_attributes(
    kind: SpanKind, name: str, session_id: str, given: Mapping[str, Any], model: str | None = None
) -> dict[str, AttributeValue]:
    """The attributes of a step. Of what is `given` (JSON values), `text`, `result_text` and
    `tool_input` have names of their own; the rest keeps its names, nested values as JSON."""
    found: dict[str, AttributeValue] = {
        names.TRACEHOUSE_SPAN_KIND: str(kind),
        names.GEN_AI_CONVERSATION_ID: session_id,
    }
    if kind in _OPERATIONS:
        found[names.GEN_AI_OPERATION_NAME] = _OPERATIONS[kind]
    if kind is SpanKind.tool_use:
        found[names.GEN_AI_TOOL_NAME] = name
    if kind is SpanKind.assistant_msg and model:
        found[names.GEN_AI_REQUEST_MODEL] = model
    for key, value in given.items():
        match key:
            case "text":
                found[names.TRACEHOUSE_TEXT] = as_text(value)
                found |= _messages(kind, as_text(value))
            case "result_text":
                found[names.TRACEHOUSE_TOOL_RESULT] = as_text(value)
                found[names.GEN_AI_TOOL_CALL_RESULT] = as_text(value)
            case "tool_input":
                found[names.TRACEHOUSE_TOOL_INPUT] = _json(value)
                found[names.GEN_AI_TOOL_CALL_ARGUMENTS] = _json(value)
            case _:
                if value is not None:
                    found[key] = _attribute(value)
    return found


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else _json(value)


def _messages(kind: SpanKind, text: str) -> dict[str, AttributeValue]:
    if kind not in _MESSAGES:
        return {}
    role, part, attribute = _MESSAGES[kind]
    return {attribute: _json([{"role": role, "parts": [{"type": part, "content": text}]}])}


def _attribute(value: Any) -> AttributeValue:
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and -_LARGEST_INT <= value < _LARGEST_INT:
        return value
    return as_text(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
