"""Messages of every known shape as OpenTelemetry's: `{role, parts[]}`.

Told apart by their shape and not by who sent them, since emitters mix them: OpenTelemetry's own
schema (https://opentelemetry.io/docs/specs/semconv/gen-ai/), OpenAI's chat and Responses items,
Anthropic's and Bedrock's blocks, Gemini's contents, the AI SDK's parts, LangChain's messages. A
part of no known shape is kept as it is. Nothing here raises.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

Json = dict[str, Any]

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "function": "tool",
    "developer": "system",
}


def coerced(value: Any) -> Any:
    """A value that may be JSON, or Python's repr of a literal, inside a string: once decoded when
    it is an object, array or quoted string, else as it is."""
    if not isinstance(value, str):
        return value
    stripped = value.strip()
    if not stripped or stripped[0] not in "[{\"'(":
        return value
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        pass
    if stripped[0] in "[{" and "'" in stripped:
        try:
            return ast.literal_eval(stripped)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
    return value


def is_malformed(value: Any) -> bool:
    """Whether text looks like JSON and is not."""
    return (
        isinstance(value, str)
        and value.strip()[:1] in ("[", "{")
        and isinstance(coerced(value), str)
    )


def messages(value: Any, role: str) -> list[Json]:
    """A value as messages; `role` is that of what names none."""
    value = coerced(value)
    if value is None or value in ("", "null"):
        return []
    if isinstance(value, list):
        items = [coerced(item) for item in cast("list[Any]", value)]
        if items and all(_is_part(item) for item in items):
            return [{"role": role, "parts": _parts(items)}]
        return [found for item in items for found in messages(item, role)]
    if not isinstance(value, Mapping):
        return [{"role": role, "parts": _parts(value)}]
    return _from_object(cast("Mapping[str, Any]", value), role)


def _from_object(value: Mapping[str, Any], role: str) -> list[Json]:
    if "lc" in value and isinstance(value.get("kwargs"), Mapping):  # LangChain's serialisation
        inner = cast("Mapping[str, Any]", value["kwargs"])
        named = value.get("id")
        kind = str(cast("list[Any]", named)[-1]) if isinstance(named, list) and named else ""
        return _from_object({**inner, "role": _langchain_role(kind, role)}, role)
    if isinstance(value.get("data"), Mapping) and isinstance(value.get("type"), str):
        inner = cast("Mapping[str, Any]", value["data"])
        return _from_object({**inner, "role": value["type"]}, role)
    if isinstance(value.get("update"), Mapping) and "role" not in value:  # LangGraph's command
        return messages(value["update"], role)
    for key in ("messages", "generations", "choices", "candidates", "contents"):
        if isinstance(value.get(key), list) and not isinstance(value.get("role"), str):
            return _system(value) + messages(value[key], role)
    if isinstance(value.get("message"), (Mapping, str)) and "role" not in value:  # a choice
        found = messages(value["message"], "assistant")
        _finish(found, value)
        return found
    if isinstance(value.get("content"), Mapping) and "parts" in value["content"]:  # a candidate
        found = messages(value["content"], "assistant")
        _finish(found, value)
        return found
    if (
        value.get("type") in ("function_call", "function_call_output", "reasoning")
        and "role" not in value
    ):
        part = _part(value)
        return [
            {
                "role": "tool" if part["type"] == "tool_call_response" else "assistant",
                "parts": [part],
            }
        ]
    if "role" in value or "parts" in value or "content" in value:
        return [_message(value, role)]
    if isinstance(value.get("output"), list):  # a response of OpenAI's Responses API
        return messages(value["output"], role)
    return [{"role": role, "parts": [_part(value)]}]


def _message(value: Mapping[str, Any], role: str) -> Json:
    said = str(value.get("role") or value.get("type") or role)
    said = _ROLES.get(said, said if said not in ("message", "constructor") else role)
    parts = _parts(value.get("parts")) + _parts(value.get("content"))
    for key, kind in (
        ("reasoning_content", "reasoning"),
        ("reasoning", "reasoning"),
        ("refusal", "text"),
    ):
        if isinstance(value.get(key), str) and value[key]:
            parts.insert(0, {"type": kind, "content": value[key]})
    calls = value.get("tool_calls")
    if not calls and isinstance(value.get("additional_kwargs"), Mapping):
        calls = cast("Mapping[str, Any]", value["additional_kwargs"]).get("tool_calls")
    for call in _listed(calls):
        part = _part(call)
        if not any(_same(part, known) for known in parts):
            parts.append(part)
    answered = value.get("tool_call_id") or (value.get("id") if said == "tool" else None)
    if answered and said == "tool":
        content = [part.get("content") for part in parts if part["type"] == "text"]
        if content:
            whole = content[0] if len(content) == 1 else content
            parts = [{"type": "tool_call_response", "id": answered, "response": coerced(whole)}]
    if said == "system" and any(part["type"] == "tool_call" for part in parts):
        said = "assistant"  # Gemini CLI calls what the model said the system's
    message: Json = {"role": said, "parts": parts}
    if isinstance(value.get("name"), str) and value["name"]:
        message["name"] = value["name"]
    _finish([message], value)
    return message


def _finish(found: list[Json], value: Mapping[str, Any]) -> None:
    reason = value.get("finish_reason") or value.get("finishReason") or value.get("stop_reason")
    if found and isinstance(reason, str) and reason:
        found[-1]["finish_reason"] = reason


def _system(value: Mapping[str, Any]) -> list[Json]:
    said = value.get("system") or value.get("system_instruction") or value.get("instructions")
    return messages(said, "system") if said else []


def _langchain_role(kind: str, role: str) -> str:
    for name in ("System", "Human", "AI", "Tool", "Function"):
        if kind.startswith(name):
            return _ROLES.get(name.lower(), name.lower())
    return role


def _listed(value: Any) -> list[Any]:
    value = coerced(value)
    return cast("list[Any]", value) if isinstance(value, list) else []


# Not a set: what is looked up may be anything, a list too.
_PART_TYPES = (
    "text", "tool_call", "tool_use", "tool_result", "tool_call_response", "reasoning",
    "thinking", "image_url", "input_text", "output_text", "tool-call", "tool-result",
)  # fmt: skip
_PART_KEYS = frozenset(("toolUse", "toolResult", "functionCall", "functionResponse"))


def _is_part(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    part = cast("Mapping[str, Any]", value)
    known = part.get("type") in _PART_TYPES or bool(_PART_KEYS & set(part)) or set(part) == {"text"}
    return known and "role" not in part


def _parts(value: Any) -> list[Json]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        inner = coerced(value) if value.strip()[:1] == "[" else value
        if (
            isinstance(inner, list)
            and inner
            and all(_is_part(item) for item in cast("list[Any]", inner))
        ):
            return _parts(inner)
        return [{"type": "text", "content": value}]
    if isinstance(value, list):
        return [part for item in cast("list[Any]", value) for part in _parts(item)]
    if isinstance(value, Mapping):
        return [_part(cast("Mapping[str, Any]", value))]
    return [{"type": "text", "content": json.dumps(value, default=str)}]


def _part(value: Any) -> Json:
    """One part. What has no known shape keeps its own."""
    if not isinstance(value, Mapping):
        return {
            "type": "text",
            "content": value if isinstance(value, str) else json.dumps(value, default=str),
        }
    part = cast("Mapping[str, Any]", value)
    kind = part.get("type")
    match kind:
        case "text" | "input_text" | "output_text":
            return {"type": "text", "content": part.get("content", part.get("text", ""))}
        case "reasoning" | "thinking":
            return {
                "type": "reasoning",
                "content": _first(part, "content", "thinking", "text", "summary"),
            }
        case "tool_call_response" | "tool_result" | "tool-result" | "function_call_output":
            answer = _first(part, "response", "result", "content", "output")
            return _answer(
                _first(part, "id", "tool_use_id", "toolCallId", "call_id", "tool_call_id"), answer
            )
        case "tool_call" | "tool_use" | "tool-call" | "function" | "function_call":
            return _call(part)
        case "image_url":
            url = part.get("image_url")
            inner = cast("Mapping[str, Any]", url).get("url") if isinstance(url, Mapping) else url
            return {"type": "uri", "modality": "image", "uri": inner}
        case "image" if isinstance(part.get("source"), Mapping):
            source = cast("Mapping[str, Any]", part["source"])
            if "url" in source:
                return {"type": "uri", "modality": "image", "uri": source["url"]}
            return {
                "type": "blob", "modality": "image",
                "mime_type": source.get("media_type"), "content": source.get("data"),
            }  # fmt: skip
        case _:
            pass
    for key in ("toolUse", "functionCall"):
        if isinstance(part.get(key), Mapping):
            return _call(cast("Mapping[str, Any]", part[key]))
    for key in ("toolResult", "functionResponse"):
        if isinstance(part.get(key), Mapping):
            inner = cast("Mapping[str, Any]", part[key])
            return _answer(
                _first(inner, "toolUseId", "id", "name"), _first(inner, "content", "response")
            )
    if isinstance(part.get("text"), str):
        thought = part.get("thought") is True
        return {"type": "reasoning" if thought else "text", "content": part["text"]}
    if kind is None and isinstance(part.get("function"), Mapping):
        return _call(part)
    if kind is None and "name" in part and ("args" in part or "arguments" in part):
        return _call(part)
    return dict(part) if isinstance(kind, str) else {"type": "other", "content": dict(part)}


def _call(part: Mapping[str, Any]) -> Json:
    function = part.get("function")
    inner = cast("Mapping[str, Any]", function) if isinstance(function, Mapping) else part
    return {
        "type": "tool_call",
        "id": _first(part, "id", "call_id", "toolCallId", "toolUseId"),
        "name": _first(inner, "name", "toolName"),
        "arguments": coerced(_first(inner, "arguments", "args", "input")),
    }


def _answer(call: Any, answer: Any) -> Json:
    answer = coerced(answer)
    if isinstance(answer, list) and len(cast("list[Any]", answer)) == 1:
        (only,) = cast("list[Any]", answer)
        if isinstance(only, Mapping) and isinstance(only.get("text"), str):  # pyright: ignore
            answer = only["text"]  # pyright: ignore
    return {"type": "tool_call_response", "id": call, "response": answer}


def _first(value: Mapping[str, Any], *keys: str) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)


def _same(one: Json, other: Json) -> bool:
    if one["type"] != other["type"]:
        return False
    if one["type"] == "tool_call":
        same_name = (one["name"], one["arguments"]) == (other.get("name"), other.get("arguments"))
        return one["id"] == other.get("id") if one["id"] else same_name
    return one == other


def without_repeats(parts: Iterable[Json]) -> list[Json]:
    """Parts in order, each once: some emitters write a call or a text in two places."""
    kept: list[Json] = []
    for part in parts:
        if not any(_same(part, known) for known in kept):
            kept.append(part)
    return kept
