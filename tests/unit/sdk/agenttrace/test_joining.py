"""Answers that come in pieces: however they are cut, they are what was said."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracehouse.agenttrace.integrations import anthropic, openai

_CHAT = openai._ENDPOINTS["/chat/completions"]  # pyright: ignore[reportPrivateUsage]
_RESPONSES = openai._ENDPOINTS["/responses"]  # pyright: ignore[reportPrivateUsage]
_MESSAGES = anthropic._ENDPOINTS["/v1/messages"]  # pyright: ignore[reportPrivateUsage]
TEXTS = st.lists(st.text(max_size=5), max_size=6)


def _chunk(index: int, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "model": "m", "choices": [{"index": index, "delta": delta}]}


@given(texts=TEXTS, arguments=st.lists(TEXTS, max_size=3), has_index=st.booleans())
def test_a_chat_is_what_its_deltas_say(
    texts: list[str], arguments: list[list[str]], has_index: bool
) -> None:
    chunks = [_chunk(0, role="assistant", content="")]
    chunks += [_chunk(0, content=text) for text in texts]
    for at, pieces in enumerate(arguments):
        place = {"index": at} if has_index else {}
        begun = {**place, "id": f"call{at}", "function": {"name": "f", "arguments": ""}}
        chunks.append(_chunk(0, tool_calls=[begun]))
        chunks += [
            _chunk(0, tool_calls=[{**place, "function": {"arguments": piece}}]) for piece in pieces
        ]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": 1}})
    answer = _CHAT.answered(_CHAT.joined(chunks))
    assert answer.output["content"] == "".join(texts)
    calls = answer.output.get("tool_calls", [])
    assert [call["function"]["arguments"] for call in calls] == ["".join(a) for a in arguments]
    assert [call["id"] for call in calls] == [f"call{at}" for at in range(len(arguments))]
    assert (answer.id, answer.model, answer.usage) == ("c", "m", {"prompt_tokens": 1})
    assert answer.finish_reasons == ("stop",)


def test_several_choices_are_several_messages() -> None:
    chunks = [_chunk(1, content="b"), _chunk(0, content="a"), _chunk(1, content="b")]
    output = _CHAT.answered(_CHAT.joined(chunks)).output
    assert [message["content"] for message in output] == ["a", "bb"]


@given(texts=TEXTS, value=st.dictionaries(st.text(max_size=4), st.integers()), cut=st.data())
def test_a_message_is_what_its_events_say(
    texts: list[str], value: dict[str, int], cut: st.DataObject
) -> None:
    written = json.dumps(value)
    at = cut.draw(st.integers(0, len(written)))
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "i", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0,
           "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "content_block_start", "index": 1,
         "content_block": {"type": "tool_use", "name": "f", "input": {}}},
        *({"type": "content_block_delta", "index": 1,
           "delta": {"type": "input_json_delta", "partial_json": piece}}
          for piece in (written[:at], written[at:])),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"},
         "usage": {"output_tokens": 5}},
    ]  # fmt: skip
    answer = _MESSAGES.answered(_MESSAGES.joined(events))
    said, use = answer.output["content"]
    assert (said["text"], use["input"]) == ("".join(texts), value)
    assert answer.usage == {"input_tokens": 3, "output_tokens": 5}
    assert answer.finish_reasons == ("tool_use",)
    left = _MESSAGES.answered(_MESSAGES.joined(events[: len(texts) + 4]))
    assert left.finish_reasons == ()


def test_a_response_that_is_left_is_what_had_been_said() -> None:
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r", "model": "m", "output": []}},
        {"type": "response.output_item.done", "output_index": 0,
         "item": {"type": "reasoning", "summary": []}},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "Hel"},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "lo"},
    ]  # fmt: skip
    answer = _RESPONSES.answered(_RESPONSES.joined(events))
    assert answer.output[1]["content"] == "Hello"
    assert (answer.id, answer.usage) == ("r", None)
    failed = {"status": "failed", "error": {"message": "overloaded"}, "output": []}
    ended = [*events, {"type": "response.failed", "response": failed}]
    assert _RESPONSES.answered(_RESPONSES.joined(ended)).error == "overloaded"
