"""Content of any shape: nothing raises, nothing known is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracehouse_api.content.content import content_of
from tracehouse_api.content.folding import folded
from tracehouse_api.content.messages import messages

KEYS = [
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.definitions", "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content", "llm.input_messages.0", "llm.input_messages.x.y",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.name",
    "llm.output_messages.7.message.contents.0.message_content.text", "input.value", "output.value",
    "gen_ai.prompt.0.content", "gen_ai.prompt", "gen_ai.completion.0.tool_calls.0.name",
    "ai.response.text", "ai.response.toolCalls", "ai.prompt.messages", "mlflow.spanInputs",
    "langfuse.observation.input", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
    "retrieval.documents.0.document.metadata", "llm.tools.0.tool.json_schema",
    "embedding.embeddings.0.embedding.text", "tool_arguments",
]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["role", "content", "parts", "type", "text", "message", "messages", "choices", "data",
             "tool_calls", "function", "name", "arguments", "id", "lc", "kwargs", "toolUse",
             "functionCall", "response", "source", "output", "image_url", "system"]
        ),
        inner | st.sampled_from(["text", "tool_call", "tool", "user", "image", "function"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
values = st.text(max_size=20) | json_values | json_values.map(json.dumps) | json_values.map(repr)


@given(
    attributes=st.dictionaries(st.sampled_from(KEYS), values, max_size=6),
    body=values,
    kind=st.sampled_from(["generation", "tool", "agent", "retriever", "span"]),
)
@example(attributes={"gen_ai.input.messages": [{"type": []}]}, body="", kind="generation")
def test_nothing_raises_and_what_comes_is_messages(
    attributes: dict[str, Any], body: Any, kind: str
) -> None:
    events = [("gen_ai.choice", {"message": body}), ("gen_ai.user.message", {"content": body})]
    logs = [("gen_ai.assistant.message", attributes, body)]
    before = json.dumps(attributes)
    content = content_of(attributes, events, logs, kind=kind)
    for message in (*content["input"], *content["output"]):
        assert isinstance(message["role"], str)
        assert all(isinstance(part["type"], str) for part in message["parts"])
    json.dumps(content)
    assert json.dumps(attributes) == before


CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}}


@pytest.mark.parametrize(
    "shape",
    [
        {"role": "assistant", "parts": [CALL]},
        {"role": "assistant", "parts": [CALL | {"arguments": '{"x": 1}'}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
        ]},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}}
        ]},
        {"role": "assistant", "content": [
            {"toolUse": {"toolUseId": "c1", "name": "f", "input": {"x": 1}}}
        ]},
        {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "f", "args": {"x": 1}}}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"x": 1}'},
        {"role": "assistant", "content": [
            {"type": "tool-call", "toolCallId": "c1", "toolName": "f", "input": {"x": 1}}
        ]},
        {"choices": [{"message": {"role": "assistant", "tool_calls": [
            {"id": "c1", "function": {"name": "f", "arguments": "{'x': 1}"}}
        ]}}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("encode", [lambda shape: shape, json.dumps, lambda shape: [shape]])
def test_a_call_of_a_tool_is_the_same_in_every_shape(shape: Any, encode: Any) -> None:
    assert messages(encode(shape), "assistant") == [{"role": "assistant", "parts": [CALL]}]


@pytest.mark.parametrize(
    "shape",
    [
        {"role": "tool", "tool_call_id": "c1", "content": "ok"},
        {
            "role": "tool",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "ok"}],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "ok"}]},
        {"type": "function_call_output", "call_id": "c1", "output": "ok"},
        {"type": "tool", "data": {"content": "ok", "tool_call_id": "c1"}},
    ],
)
def test_an_answer_of_a_tool_is_the_same_in_every_shape(shape: Any) -> None:
    part = {"type": "tool_call_response", "id": "c1", "response": "ok"}
    assert messages(shape, "user") == [{"role": "tool", "parts": [part]}]


def test_a_part_of_no_known_shape_keeps_its_own() -> None:
    part = {"type": "hologram", "beam": 3}
    assert messages({"role": "user", "parts": [part]}, "user")[0]["parts"] == [part]


def test_indexed_keys_are_folded_in_order_and_gaps_close_up() -> None:
    attributes = {"a.10.x": 10, "a.2.x.y": 2, "a.2.z": 3, "ab.0": 1}
    assert folded(attributes, "a") == [{"x": {"y": 2}, "z": 3}, {"x": 10}]
    assert folded(attributes, "none") is None


def test_a_key_that_is_both_a_value_and_a_folder_keeps_both() -> None:
    assert folded({"a.0": "v", "a.0.b": "w"}, "a") == [{"": "v", "b": "w"}]
    assert folded({"a.0.b": "w", "a.0": "v"}, "a") == [{"b": "w", "": "v"}]


def test_what_an_agent_was_asked_is_not_what_it_answered() -> None:
    said = [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "yo"}]},
    ]
    content = content_of(
        {"pydantic_ai.all_messages": json.dumps(said), "final_result": "yo"}, kind="agent"
    )
    assert content["input"] == said[:1]
    assert content["output"][0]["parts"] == said[1]["parts"]


def test_the_messages_in_a_command_of_langgraph_are_messages() -> None:
    command = {"graph": None, "update": {"messages": [{"role": "assistant", "content": "yo"}]}}
    content = content_of({"output.value": json.dumps(command)}, kind="chain")
    assert content["output"] == [
        {"role": "assistant", "parts": [{"type": "text", "content": "yo"}]}
    ]


def test_a_map_under_an_indexed_key_is_a_value_and_stays_as_it_was() -> None:
    held: dict[str, Any] = {}
    assert folded({"m.0": held, "m.0.role": "user"}, "m") == [{"": {}, "role": "user"}]
    assert held == {}
