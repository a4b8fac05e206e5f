"""What is logged to a rollout: messages, tool calls, rewards; and what the clients of models have.

OpenAI's and Anthropic's messages and answers are taken as they are, as objects or dictionaries: of
OpenAI both chat completions and responses
(https://platform.openai.com/docs/api-reference/responses).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracehouse.values import jsonable


@dataclass(frozen=True)
class ToolCall:
    """A call that an assistant makes. `arguments` are an object, or its JSON."""

    name: str
    arguments: Any = None
    id: str | None = None


@dataclass(frozen=True)
class Reward:
    """A judgement of the rollout. The last one of a name counts; the one named `reward` is *the*
    reward of the rollout."""

    value: float
    name: str = "reward"


@dataclass
class Message:
    """A message of a rollout.

    Args:
        role: system, developer, user, assistant or tool.
        content: text, or parts as OpenAI and Anthropic have them.
        tool_calls: the calls in an assistant's message: `{id, name, arguments}`, OpenAI's form, or
            `ToolCall`.
        tool_call_id: of a tool's message, the call that it answers.
        name: who speaks, where a role is not enough; of a tool's message, the tool.
        reasoning: what the assistant thought.
        model, usage: of an assistant's message; usage as OpenAI, Anthropic or OpenTelemetry
            have it.
        metadata: anything else.
        timestamp: when it was said, Unix seconds or a datetime; now by default.
        token_ids, logprobs, loss_mask: a number for each token, for training.
    """

    role: str
    content: Any = ""
    tool_calls: Sequence[Any] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    model: str | None = None
    usage: Any = None
    metadata: Mapping[str, Any] | None = None
    timestamp: float | datetime | None = None
    token_ids: Sequence[int] | None = None
    logprobs: Sequence[float] | None = None
    loss_mask: Sequence[int] | None = None


Loggable = Any  # Message, ToolCall, Reward, a mapping, a model's answer, or a list of these


def messages_of(given: Loggable) -> Iterator[Message | Reward]:
    """What is to be logged, one after another. Raises ValueError for what is no message."""
    if isinstance(given, (Message, Reward)):
        yield given
    elif isinstance(given, ToolCall):
        yield Message("assistant", tool_calls=[given])
    elif isinstance(given, Mapping):
        yield from _of_mapping(given)
    elif isinstance(given, (list, tuple)):
        for one in given:
            yield from messages_of(one)
    elif callable(dump := getattr(given, "model_dump", None)):
        yield from messages_of(dump())
    else:
        raise ValueError(f"{type(given).__name__} is no message")


def calls_of(message: Message) -> list[ToolCall]:
    """The tool calls of a message."""
    return [
        call if isinstance(call, ToolCall) else _call(jsonable(call))
        for call in message.tool_calls or ()
    ]


def parts_of(content: Any) -> tuple[str, list[dict[str, Any]]]:
    """A content as its text, and as parts in OpenTelemetry's form."""
    if content is None or content == "":
        return "", []
    if not isinstance(content, (list, tuple)):
        text = content if isinstance(content, str) else str(jsonable(content))
        return text, [{"type": "text", "content": text}]
    parts: list[dict[str, Any]] = []
    for part in jsonable(content):
        if isinstance(part, str):
            parts.append({"type": "text", "content": part})
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            parts.append({"type": "text", "content": part["text"]})
        else:
            parts.append(part if isinstance(part, dict) else {"type": "unknown", "content": part})
    return "\n".join(part["content"] for part in parts if part.get("type") == "text"), parts


def _of_mapping(given: Mapping[str, Any]) -> Iterator[Message | Reward]:
    said: dict[str, Any] = {str(key): value for key, value in given.items()}
    if "choices" in said:  # OpenAI's answer
        for choice in said["choices"]:
            answer: dict[str, Any] = jsonable(choice)["message"]
            yield from _of_mapping(
                {"model": said.get("model"), "usage": said.get("usage"), **answer}
            )
        return
    if isinstance(said.get("output"), (list, tuple)) and "role" not in said:  # OpenAI's response
        yield _of_items(said["output"], said)
        return
    if said.get("type") == "function_call_output":
        yield Message("tool", said.get("output"), tool_call_id=said.get("call_id"))
        return
    if said.get("type") in _ITEMS:
        yield _of_items([said], said)
        return
    if "role" not in said:
        raise ValueError("a message has a role")
    content = said.get("content")
    kinds = _kinds(content)
    calls: list[Any] = list(said.get("tool_calls") or ())
    reasoning = said.get("reasoning") or said.get("reasoning_content")
    if kinds & {"tool_use", "tool_result", "thinking"}:  # Anthropic's blocks
        rest: list[Any] = []
        for block in jsonable(content):
            match block.get("type"):
                case "tool_use":
                    calls.append(ToolCall(block["name"], block.get("input"), block.get("id")))
                case "tool_result":
                    yield Message(
                        "tool", block.get("content"), tool_call_id=block.get("tool_use_id")
                    )
                case "thinking":
                    reasoning = block.get("thinking")
                case _:
                    rest.append(block)
        if not rest and "tool_result" in kinds:
            return
        content = rest
    yield Message(
        str(said["role"]),
        "" if content is None else content,
        tool_calls=calls or None,
        reasoning=reasoning,
        **{name: said[name] for name in _AS_THEY_ARE if said.get(name) is not None},
    )


_AS_THEY_ARE = (
    "tool_call_id", "name", "model", "usage", "metadata", "timestamp", "token_ids", "logprobs",
    "loss_mask",
)  # fmt: skip


_ITEMS = ("function_call", "reasoning")


def _of_items(items: Sequence[Any], answer: Mapping[str, Any]) -> Message:
    """What a model answered, in the items of OpenAI's responses, as one message."""
    content: list[Any] = []
    calls: list[ToolCall] = []
    thoughts: list[str] = []
    for item in jsonable(items):
        match item.get("type"):
            case "message":
                content += item.get("content") or ()
            case "function_call":
                calls.append(ToolCall(item["name"], item.get("arguments"), item.get("call_id")))
            case "reasoning":
                said = (*(item.get("summary") or ()), *(item.get("content") or ()))
                thoughts += [part["text"] for part in said if part.get("text")]
            case _:
                content.append(item)
    return Message(
        "assistant",
        content or "",
        tool_calls=calls or None,
        reasoning="\n".join(thoughts) or None,
        model=answer.get("model"),
        usage=answer.get("usage"),
    )


def _kinds(content: Any) -> set[str]:
    if not isinstance(content, (list, tuple)):
        return set()
    return {str(part.get("type")) for part in jsonable(content) if isinstance(part, dict)}


def _call(said: Any) -> ToolCall:
    if not isinstance(said, dict):
        raise ValueError(f"{said!r} is no tool call")
    function: dict[str, Any] = said.get("function") or said
    return ToolCall(
        str(function.get("name") or "tool"),
        function.get("arguments", function.get("input")),
        said.get("id"),
    )
