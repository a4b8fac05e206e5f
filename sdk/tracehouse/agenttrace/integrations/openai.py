"""OpenAI's client: chat completions, completions, responses and embeddings."""

from __future__ import annotations

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

_PROVIDER = "openai"
_WHOLE = ("id", "model", "usage")
# What a message says. Some servers with OpenAI's API send the reasoning beside it.
_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
_MESSAGE = ("role", *_TEXTS, "tool_calls", "function_call", "audio")
_LAST_EVENTS = frozenset(("response.completed", "response.incomplete", "response.failed"))


def wrap_openai(client: Client) -> Client:
    """Record the calls of this client, `openai.OpenAI()`, its async twin or Azure's, and return it.

    Every call is a generation, or an embedding, in what is observed around it, else in a trace of
    its own: with what was asked, the answer, tools, usage, errors, and the time of the first token.
    A stream stays a stream. Usage of a streamed completion is there if the server sends it
    (`stream_options={"include_usage": True}`). Wrapping twice does nothing; copies made by
    `with_options` are wrapped too. Raises TypeError for what is no client.
    """
    return clients.wrap(client, _PROVIDER, _ENDPOINTS)


def unwrap_openai(client: Client) -> Client:
    """Stop recording the calls of this client, and return it."""
    return clients.unwrap(client)


# --- chat completions -----------------------------------------------------------------------------


def _chat_asked(body: Json) -> Asked:
    said = copied(body.get("messages"))
    tools = fields(body, ("tools", "functions"))
    given = {"messages": said, "tools": next(iter(tools.values()))} if tools else said
    return given, without(body, "messages", "model", "tools", "functions", "stream")


def _chat_answered(whole: Any) -> Answer:
    choices: Sequence[Any] = field(whole, "choices") or ()
    messages = [
        {"role": "assistant", **plain(fields(message, _MESSAGE))}
        for choice in choices
        if (message := field(choice, "message")) is not None
    ]
    return _answer(whole, choices, messages[0] if len(messages) == 1 else messages or None)


def _answer(whole: Any, choices: Sequence[Any], output: Any) -> Answer:
    reasons = [field(choice, "finish_reason") for choice in choices]
    return Answer(
        output, field(whole, "usage"), field(whole, "model"), field(whole, "id"),
        tuple(str(reason) for reason in reasons if reason is not None),
    )  # fmt: skip


def _chat_joined(chunks: Sequence[Any]) -> Json:
    whole, choices = _common(chunks)
    for deltas in choices.values():
        said = [delta for delta in (field(piece, "delta") for piece in deltas) if delta is not None]
        message: Json = {
            name: "".join(texts)
            for name in _TEXTS
            if (texts := [text for delta in said if isinstance(text := field(delta, name), str)])
        }
        if calls := _joined_calls(said):
            message["tool_calls"] = calls
        asked = [call for delta in said if (call := field(delta, "function_call")) is not None]
        if asked:
            message["function_call"] = _joined_function(asked)
        whole["choices"].append({"message": message, "finish_reason": _reason(deltas)})
    return whole


def _common(chunks: Sequence[Any]) -> tuple[Json, dict[int, list[Any]]]:
    """What all chunks say together, without choices; and the pieces of each choice, in order."""
    whole: Json = {"choices": []}
    choices: dict[int, list[Any]] = {}
    for chunk in chunks:
        whole |= fields(chunk, _WHOLE)
        for piece in field(chunk, "choices") or ():
            choices.setdefault(field(piece, "index") or 0, []).append(piece)
    return whole, dict(sorted(choices.items()))


def _reason(pieces: Sequence[Any]) -> Any:
    found = (field(piece, "finish_reason") for piece in reversed(pieces))
    return next((reason for reason in found if reason is not None), None)


def _joined_calls(deltas: Sequence[Any]) -> list[Json]:
    """Calls of tools, told apart by their index; where a server sends none, an id begins one."""
    calls: dict[int, list[Any]] = {}
    for delta in deltas:
        for piece in field(delta, "tool_calls") or ():
            index = field(piece, "index")
            if index is None:
                index = len(calls) if field(piece, "id") or not calls else max(calls)
            calls.setdefault(index, []).append(piece)
    return [
        {
            "id": next((found for piece in pieces if (found := field(piece, "id"))), None),
            "type": "function",
            "function": _joined_function([field(piece, "function") for piece in pieces]),
        }
        for _, pieces in sorted(calls.items())
    ]


def _joined_function(pieces: Sequence[Any]) -> Json:
    return {
        name: "".join(text for piece in pieces if isinstance(text := field(piece, name), str))
        for name in ("name", "arguments")
    }


def _chat_has_token(chunk: Any) -> bool:
    deltas = [field(choice, "delta") for choice in field(chunk, "choices") or ()]
    return any(
        field(delta, name) for delta in deltas for name in (*_TEXTS, "tool_calls", "function_call")
    )


# --- completions ----------------------------------------------------------------------------------


def _text_asked(body: Json) -> Asked:
    return copied(body.get("prompt")), without(body, "prompt", "model", "stream")


def _text_answered(whole: Any) -> Answer:
    choices: Sequence[Any] = field(whole, "choices") or ()
    texts = [field(choice, "text") for choice in choices]
    return _answer(whole, choices, texts[0] if len(texts) == 1 else texts or None)


def _text_joined(chunks: Sequence[Any]) -> Json:
    whole, choices = _common(chunks)
    for pieces in choices.values():
        text = "".join(field(piece, "text") or "" for piece in pieces)
        whole["choices"].append({"text": text, "finish_reason": _reason(pieces)})
    return whole


def _text_has_token(chunk: Any) -> bool:
    return any(field(choice, "text") for choice in field(chunk, "choices") or ())


# --- responses ------------------------------------------------------------------------------------


def _response_asked(body: Json) -> Asked:
    said = copied(body.get("input"))
    said = [{"role": "user", "content": said}] if isinstance(said, str) else said
    beside = fields(body, ("instructions", "tools"))
    given = {**beside, "messages": said} if beside else said
    return given, without(body, "input", "instructions", "model", "tools", "stream")


def _response_answered(whole: Any) -> Answer:
    items: list[Any] = plain(field(whole, "output")) or []
    calls = any(field(item, "type") == "function_call" for item in items)
    cut = field(field(whole, "incomplete_details"), "reason")
    reason = "tool_calls" if calls else cut or field(whole, "status")
    said = field(field(whole, "error"), "message")
    return Answer(
        items or None, field(whole, "usage"), field(whole, "model"), field(whole, "id"),
        (str(reason),) if reason else (), None if said is None else str(said),
    )  # fmt: skip


def _response_joined(events: Sequence[Any]) -> Any:
    """The response as the last event has it; of one that was left before, what had been said."""
    whole: Any = None
    texts: dict[int, list[str]] = {}
    items: dict[int, Any] = {}
    for event in events:
        kind, place = field(event, "type"), field(event, "output_index") or 0
        if kind in _LAST_EVENTS:
            return field(event, "response")
        if kind == "response.created":
            whole = field(event, "response")
        elif kind == "response.output_text.delta":
            texts.setdefault(place, []).append(str(field(event, "delta") or ""))
        elif kind == "response.output_item.done":
            items[place] = field(event, "item")
    said = {
        place: {"type": "message", "role": "assistant", "content": "".join(pieces)}
        for place, pieces in texts.items()
    }
    output = [item for _, item in sorted((said | items).items())]
    return {**fields(whole, ("id", "model")), "output": output}


def _response_has_token(event: Any) -> bool:
    return str(field(event, "type")).endswith(".delta")


# --- embeddings -----------------------------------------------------------------------------------


def _embedding_asked(body: Json) -> Asked:
    return copied(body.get("input")), without(body, "input", "model")


def _embedding_answered(whole: Any) -> Answer:
    """Without the vectors: how many there are, and how long."""
    vectors: Sequence[Any] = field(whole, "data") or ()
    first = field(vectors[0], "embedding") if vectors else None
    size: Json = {"dimensions": len(first)} if isinstance(first, list) else {}
    return Answer(
        {"embeddings": len(vectors), **size}, field(whole, "usage"), field(whole, "model")
    )


def _nothing_joined(_: Sequence[Any]) -> None:
    """Embeddings are not streamed."""


def _has_no_token(_: Any) -> bool:
    return False


_ENDPOINTS: Mapping[str, Endpoint] = {
    "/chat/completions": Endpoint(
        "openai.chat.completions.create",
        _chat_asked, _chat_answered, _chat_joined, _chat_has_token,
    ),
    "/completions": Endpoint(
        "openai.completions.create", _text_asked, _text_answered, _text_joined, _text_has_token
    ),
    "/responses": Endpoint(
        "openai.responses.create",
        _response_asked, _response_answered, _response_joined, _response_has_token,
    ),
    "/embeddings": Endpoint(
        "openai.embeddings.create",
        _embedding_asked, _embedding_answered, _nothing_joined, _has_no_token, "embedding",
    ),
}  # fmt: skip
