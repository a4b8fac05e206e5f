"""What may be logged: our messages, and those of OpenAI's and Anthropic's clients."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse.rollouts.messages import (
    Message,
    Reward,
    ToolCall,
    calls_of,
    messages_of,
    parts_of,
)
from tracehouse.token_usage import Usage, usage_of


def roles(given: Any) -> list[str]:
    return [one.role for one in messages_of(given) if isinstance(one, Message)]


class Dumped:
    """An object as pydantic makes them."""

    def __init__(self, **said: Any) -> None:
        self._said = said

    def model_dump(self) -> dict[str, Any]:
        return self._said


def test_an_answer_of_openai() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    answer = Dumped(
        model="gpt-x",
        usage={"prompt_tokens": 5, "completion_tokens": 2},
        choices=[{"message": {"role": "assistant", "content": None, "tool_calls": [call]}}],
    )
    (message,) = messages_of(answer)
    assert isinstance(message, Message)
    assert (message.role, message.content, message.model) == ("assistant", "", "gpt-x")
    assert calls_of(message) == [ToolCall("add", '{"a": 1}', "c")]
    assert usage_of(message.usage) == Usage(5, 2)


def test_a_response_of_openai_is_one_message() -> None:
    answer = Dumped(
        object="response",
        model="gpt-x",
        usage={
            "input_tokens": 50, "output_tokens": 9, "input_tokens_details": {"cached_tokens": 20},
            "output_tokens_details": {"reasoning_tokens": 4},
        },
        output=[
            {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "web_search_call", "id": "ws", "status": "completed"},
            {"type": "message", "role": "assistant",
             "content": [{"type": "output_text", "text": "so", "annotations": []}]},
            {"type": "function_call", "call_id": "c", "name": "add", "arguments": '{"a": 1}'},
        ],
    )  # fmt: skip
    (message,) = messages_of(answer)
    assert isinstance(message, Message)
    assert (message.role, message.model, message.reasoning) == ("assistant", "gpt-x", "hm")
    text, parts = parts_of(message.content)
    assert (text, [part["type"] for part in parts]) == ("so", ["web_search_call", "text"])
    assert calls_of(message) == [ToolCall("add", '{"a": 1}', "c")]
    assert usage_of(message.usage) == Usage(50, 9, cached=20, reasoning=4)


def test_items_of_a_responses_input() -> None:
    asked, called, answered = messages_of(
        [
            {"role": "user", "content": [{"type": "input_text", "text": "1 + 1?"}]},
            {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "2"},
        ]
    )
    assert isinstance(asked, Message)
    assert parts_of(asked.content)[0] == "1 + 1?"
    assert isinstance(called, Message)
    assert (called.role, calls_of(called)) == ("assistant", [ToolCall("add", "{}", "c")])
    assert isinstance(answered, Message)
    assert (answered.role, answered.content, answered.tool_call_id) == ("tool", "2", "c")


def test_blocks_of_anthropic() -> None:
    answer = {
        "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "so"},
            {"type": "tool_use", "id": "t1", "name": "ls", "input": {"path": "/"}},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 10},
    }  # fmt: skip
    (message,) = messages_of(answer)
    assert isinstance(message, Message)
    assert message.reasoning == "hm"
    assert parts_of(message.content) == ("so", [{"type": "text", "content": "so"}])
    assert calls_of(message) == [ToolCall("ls", {"path": "/"}, "t1")]
    assert usage_of(message.usage) == Usage(13, 4, 10)
    results = {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": "etc"},
    ]}  # fmt: skip
    (result,) = messages_of(results)
    assert isinstance(result, Message)
    assert (result.role, result.tool_call_id, result.content) == ("tool", "t1", "etc")


def test_lists_calls_and_rewards() -> None:
    given = [{"role": "user", "content": "a"}, ToolCall("f"), Message("tool", "b")]
    assert roles(given) == ["user", "assistant", "tool"]
    assert list(messages_of(Reward(1.0))) == [Reward(1.0)]


def test_parts_that_are_no_text_are_kept() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    text, parts = parts_of([{"type": "text", "text": "look"}, picture])
    assert text == "look"
    assert parts[1] == picture


@pytest.mark.parametrize("wrong", [3, {"content": "x"}, object(), "text"])
def test_what_is_no_message_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="message"):
        list(messages_of(wrong))


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ({"inputTokens": 1, "outputTokens": 2}, Usage(1, 2)),
        ({"input_tokens": 1, "output_tokens": 2}, Usage(1, 2)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 4},
            },
            Usage(9, 1, 4),
        ),
        ({}, None),
        (None, None),
        ("many", None),
    ],
)
def test_tokens_in_whoevers_words(said: object, tokens: Usage | None) -> None:
    assert usage_of(said) == tokens
