"""Anthropic's client: messages, whole and streamed, also those of its beta."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tracehouse.agenttrace.integrations import clients
from tracehouse.agenttrace.integrations.endpoints import (
    Answer,
    Asked,
    Endpoint,
    Json,
    copied,
    field,
    fields,
    plain,
    without,
)

Client = TypeVar("Client")

_PROVIDER = "anthropic"
# What a piece of a block adds to which of its fields.
_GROWING = {
    "text_delta": ("text", "text"),
    "input_json_delta": ("partial_json", "input"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
}


def wrap_anthropic(client: Client) -> Client:
    """Record the calls of this client, `anthropic.Anthropic()`, its async twin, Bedrock's or
    Vertex's, and return it.

    Every call of `messages.create` and `messages.stream` is a generation in what is observed around
    it, else in a trace of its own: with what was asked, the answer, tools, usage, errors, and the
    time of the first token. A stream stays a stream. Wrapping twice does nothing; copies made by
    `with_options` are wrapped too. Raises TypeError for what is no client.
    """
    return clients.wrap(client, _PROVIDER, _ENDPOINTS)


def unwrap_anthropic(client: Client) -> Client:
    """Stop recording the calls of this client, and return it."""
    return clients.unwrap(client)


def _asked(body: Json) -> Asked:
    said = copied(body.get("messages"))
    beside = fields(body, ("system", "tools"))
    given = {**beside, "messages": said} if beside else said
    return given, without(body, "messages", "system", "tools", "model", "stream")


def _answered(whole: Any) -> Answer:
    reason = field(whole, "stop_reason")
    return Answer(
        {"role": "assistant", "content": plain(field(whole, "content")) or []},
        field(whole, "usage"), field(whole, "model"), field(whole, "id"),
        () if reason is None else (str(reason),),
    )  # fmt: skip


def _joined(events: Sequence[Any]) -> Json:
    whole: Json = {"content": []}
    usage: Json = {}
    blocks: dict[int, Json] = {}
    grown: dict[int, dict[str, list[str]]] = {}
    for event in events:
        place = field(event, "index") or 0
        match field(event, "type"):
            case "message_start":
                message = field(event, "message")
                whole |= fields(message, ("id", "model"))
                usage |= plain(field(message, "usage")) or {}
            case "content_block_start":
                blocks[place] = plain(field(event, "content_block")) or {}
            case "content_block_delta":
                delta = field(event, "delta")
                source, target = _GROWING.get(field(delta, "type"), (None, ""))
                if source is not None:
                    pieces = grown.setdefault(place, {}).setdefault(target, [])
                    pieces.append(str(field(delta, source) or ""))
            case "message_delta":
                whole |= fields(field(event, "delta"), ("stop_reason",))
                usage |= plain(field(event, "usage")) or {}
            case _:
                continue
    for place, targets in grown.items():
        for target, pieces in targets.items():
            text = "".join(pieces)
            blocks.setdefault(place, {})[target] = _arguments(text) if target == "input" else text
    whole["content"] = [block for _, block in sorted(blocks.items())]
    return {**whole, "usage": usage or None}


def _arguments(text: str) -> Any:
    """A tool's arguments; as text where the stream was left before their end."""
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text


def _has_token(event: Any) -> bool:
    return field(event, "type") == "content_block_delta"


_MESSAGES = Endpoint("anthropic.messages.create", _asked, _answered, _joined, _has_token)
_ENDPOINTS: Mapping[str, Endpoint] = {"/v1/messages": _MESSAGES}
