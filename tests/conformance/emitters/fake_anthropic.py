"""Anthropic's messages, whole and streamed: 20 new tokens, 10 read from the cache, 5 written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.conformance.emitters.fake_answers import ANSWER, ARGUMENTS, TOOL, wants_tool

Json = dict[str, Any]

_USAGE = {
    "input_tokens": 20,
    "cache_read_input_tokens": 10,
    "cache_creation_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 12,
    "service_tier": "standard",
}


def _block(body: Json, number: int) -> Json:
    answered = any(
        part.get("type") == "tool_result"
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
    )
    if wants_tool(body.get("tools") or [], answered):
        return {"type": "tool_use", "id": f"toolu_{number}", "name": TOOL, "input": ARGUMENTS}
    return {"type": "text", "text": ANSWER}


def message(body: Json, number: int) -> Json:
    """The answer to POST /v1/messages."""
    block = _block(body, number)
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [block],
        "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": _USAGE,
    }


def message_events(body: Json, number: int) -> Iterator[tuple[str, Json | str]]:
    """The same in pieces: what went in is known at the start, what came out at the end."""
    whole = message(body, number)
    block = whole["content"][0]
    if block["type"] == "tool_use":
        empty: Json = {"input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        empty = {"text": ""}
        delta = {"type": "text_delta", "text": block["text"]}
    begun = {"content": [], "stop_reason": None, "usage": _USAGE | {"output_tokens": 1}}
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events: list[Json] = [
        {"type": "message_start", "message": whole | begun},
        {"type": "content_block_start", "index": 0, "content_block": block | empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 12}},
        {"type": "message_stop"},
    ]
    for event in events:
        yield event["type"], event
