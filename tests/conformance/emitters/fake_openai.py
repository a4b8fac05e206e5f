"""OpenAI's chat completions, responses and embeddings, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.conformance.emitters.fake_answers import ANSWER, ARGUMENTS, CREATED, TOOL, wants_tool

Json = dict[str, Any]

_CHAT_USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 12,
    "total_tokens": 42,
    "prompt_tokens_details": {"cached_tokens": 10, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
}
_RESPONSE_USAGE = {
    "input_tokens": 30,
    "input_tokens_details": {"cached_tokens": 10},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 42,
}


def served(model: str) -> str:
    """The dated model that an alias stands for, which is what answers name."""
    return f"{model}-2024-07-18" if model == "gpt-4o-mini" else model


def _calls_tool(body: Json) -> bool:
    said = body.get("messages", []) or body.get("input", [])
    answered = any(
        message.get("role") == "tool" or message.get("type") == "function_call_output"
        for message in said
        if isinstance(message, dict)
    )
    return wants_tool(body.get("tools") or [], answered)


# --- chat completions -------------------------------------------------------------------------


def _tool_call(number: int) -> Json:
    function = {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
    return {"id": f"call_{number}", "type": "function", "function": function}


def _completion(body: Json, number: int, **more: Any) -> Json:
    return {
        "id": f"chatcmpl-{number}",
        "created": CREATED,
        "model": served(body["model"]),
        "service_tier": "default",
        **more,
    }


def completion(body: Json, number: int) -> Json:
    """The answer to POST /v1/chat/completions."""
    message: Json = {"role": "assistant", "content": ANSWER, "refusal": None}
    reason = "stop"
    if _calls_tool(body):
        message |= {"content": None, "tool_calls": [_tool_call(number)]}
        reason = "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return _completion(body, number, object="chat.completion", choices=[choice], usage=_CHAT_USAGE)


def completion_chunks(body: Json, number: int) -> Iterator[tuple[str, Json | str]]:
    """The same in pieces: usage comes last, and only if it is asked for."""
    if _calls_tool(body):
        reason = "tool_calls"
        said: list[Json] = [{"tool_calls": [{"index": 0} | _tool_call(number)]}]
    else:
        reason = "stop"
        said = [{"content": ANSWER[:6]}, {"content": ANSWER[6:]}]
    deltas = [{"role": "assistant", "content": ""}, *said]
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield "", _completion(body, number, object="chat.completion.chunk", choices=[choice])
    last = {"index": 0, "delta": {}, "finish_reason": reason}
    yield "", _completion(body, number, object="chat.completion.chunk", choices=[last])
    if (body.get("stream_options") or {}).get("include_usage"):
        end = {"choices": [], "usage": _CHAT_USAGE}
        yield "", _completion(body, number, object="chat.completion.chunk", **end)
    yield "", "[DONE]"


# --- embeddings -------------------------------------------------------------------------------


def embeddings(body: Json, _number: int) -> Json:
    """The answer to POST /v1/embeddings: 8 tokens a text, however long it is."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vectors = [
        {"object": "embedding", "index": index, "embedding": [0.5, -0.25]}
        for index in range(len(texts))
    ]
    usage = {"prompt_tokens": 8 * len(texts), "total_tokens": 8 * len(texts)}
    return {"object": "list", "data": vectors, "model": body["model"], "usage": usage}


# --- responses --------------------------------------------------------------------------------


def _item(body: Json, number: int) -> Json:
    if _calls_tool(body):
        return {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "name": TOOL,
            "arguments": json.dumps(ARGUMENTS),
            "status": "completed",
        }
    text = {"type": "output_text", "text": ANSWER, "annotations": [], "logprobs": []}
    return {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }


def response(body: Json, number: int) -> Json:
    """The answer to POST /v1/responses."""
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": served(body["model"]),
        "output": [_item(body, number)],
        "usage": _RESPONSE_USAGE,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "service_tier": "default",
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
    }


def response_events(body: Json, number: int) -> Iterator[tuple[str, Json | str]]:
    """The same in pieces."""
    whole = response(body, number)
    item = whole["output"][0]
    at = {"item_id": item["id"], "output_index": 0}
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    events: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    if item["type"] == "function_call":
        arguments = item["arguments"]
        begun_item = item | {"status": "in_progress", "arguments": ""}
        pieces: list[Json] = [
            {"type": "response.function_call_arguments.delta", "delta": arguments},
            {"type": "response.function_call_arguments.done", "arguments": arguments},
        ]
    else:
        part = item["content"][0]
        begun_item = item | {"status": "in_progress", "content": []}
        at["content_index"] = 0
        pieces = [
            {"type": "response.content_part.added", "part": part | {"text": ""}},
            {"type": "response.output_text.delta", "delta": ANSWER, "logprobs": []},
            {"type": "response.output_text.done", "text": ANSWER, "logprobs": []},
            {"type": "response.content_part.done", "part": part},
        ]
    events += [
        {"type": "response.output_item.added", "output_index": 0, "item": begun_item},
        *(piece | at for piece in pieces),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    for sequence, event in enumerate(events):
        yield event["type"], event | {"sequence_number": sequence}
