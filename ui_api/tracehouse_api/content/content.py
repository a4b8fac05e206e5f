"""The content of a span: its messages, tools, arguments, results and documents.

Each carrier that some emitter uses is asked in turn, and the first that has something wins, for the
input and the output apart. Attributes are never changed: this is a view of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from tracehouse_api.content.folding import folded
from tracehouse_api.content.messages import (
    Json,
    coerced,
    is_malformed,
    messages,
    without_repeats,
)

Attributes = Mapping[str, Any]
# (name, attributes) of a span event; (name, attributes, body) of a log record joined to the span.
Event = tuple[str, Attributes]
Record = tuple[str, Attributes, Any]

_INPUT = (
    "gen_ai.input.messages", "langfuse.observation.input", "ai.prompt.messages", "ai.prompt",
    "pydantic_ai.all_messages", "all_messages_events", "mlflow.spanInputs",
    "traceloop.entity.input", "gen_ai.task.input", "gen_ai.prompt", "gcp.vertex.agent.llm_request",
    "input.value", "new_context", "user_prompt", "gen_ai.retrieval.query.text", "input", "prompt",
)  # fmt: skip
_OUTPUT = (
    "gen_ai.output.messages", "langfuse.observation.output", "ai.response.text", "final_result",
    "mlflow.spanOutputs", "traceloop.entity.output", "gen_ai.task.output", "gen_ai.completion",
    "gcp.vertex.agent.llm_response", "output.value", "response.model_output", "output", "response",
)  # fmt: skip
_ARGUMENTS = (
    "gen_ai.tool.call.arguments", "tool_arguments", "ai.toolCall.args", "tool_input",
    "langfuse.observation.input", "mlflow.spanInputs", "arguments", "function_args",
    "full_command", "gcp.vertex.agent.tool_call_args", "traceloop.entity.input", "gen_ai.prompt",
    "gen_ai.input.messages", "input.value",
)  # fmt: skip
_RESULT = (
    "gen_ai.tool.call.result", "tool_response", "ai.toolCall.result",
    "anthropic.tool_result.content", "langfuse.observation.output", "mlflow.spanOutputs",
    "gcp.vertex.agent.tool_response", "traceloop.entity.output", "gen_ai.completion",
    "gen_ai.output.messages", "output.value", "output",
)  # fmt: skip
_WHOLE_CONVERSATION = ("pydantic_ai.all_messages", "all_messages_events")
_MESSAGE_EVENTS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_AGENT_RECORDS = frozenset(
    (
        "user_prompt", "assistant_response", "tool_result", "codex.user_prompt",
        "codex.tool_result", "gemini_cli.tool_call", "qwen-code.tool_call",
    )
)  # fmt: skip
_DETAILS = "gen_ai.client.inference.operation.details"


def content_of(
    attributes: Attributes, events: Sequence[Event] = (), logs: Sequence[Record] = (), *, kind: str
) -> Json:
    """`input` and `output`: messages. For tools `arguments` and `result`, for retrievers and
    rerankers `documents`. `tools`: those offered to the model. `malformed`: attributes that look
    like JSON and are not; they are kept as text."""
    carriers = [attributes, *_details(events, logs), *_agent_records(logs)]
    content: Json = {"input": [], "output": [], "tools": _tools(carriers)}
    if kind == "tool":
        spoken = {
            name: value
            for name, value in events
            if name in ("gen_ai.tool.message", "gen_ai.choice")
        }
        content["arguments"] = _unwrapped(
            _of(carriers, _ARGUMENTS) or spoken.get("gen_ai.tool.message", {}).get("content")
        )
        output = dict(events).get("tool.output", {})
        content["result"] = _unwrapped(
            _of(carriers, _RESULT)
            or spoken.get("gen_ai.choice", {}).get("message")
            or output.get("output")
        )
    else:
        content["input"] = _system(carriers) + _first(_inputs(carriers, events, logs))
        content["output"] = _first(_outputs(carriers, events, logs))
    documents = _documents(attributes)
    if documents:
        content["documents"] = documents
    content["malformed"] = sorted(
        {
            key
            for carrier in carriers
            for key in (*_INPUT, *_OUTPUT)
            if is_malformed(carrier.get(key))
        }
    )
    return content


def _inputs(
    carriers: Sequence[Attributes], events: Sequence[Event], logs: Sequence[Record]
) -> Iterator[list[Json]]:
    own = carriers[0]
    for carrier in reversed(carriers):  # a log record is structured where the span's text is not
        yield messages(carrier.get("gen_ai.input.messages"), "user")
    yield _spoken_in(_spoken(events, logs))
    yield _openinference(own, "llm.input_messages")
    yield _indexed(own, "gen_ai.prompt", "user") or _indexed(own, "llm.prompts", "user")
    yield _embedded(own)
    for key in _INPUT[1:]:
        found = next((m for c in carriers if (m := messages(c.get(key), "user"))), [])
        # All that was said, the answer among it.
        answered = key in _WHOLE_CONVERSATION and found and found[-1]["role"] == "assistant"
        yield found[:-1] if answered else found
    yield (
        messages(own.get("tracehouse.text"), "user")
        if own.get("tracehouse.span.kind") == "user_msg"
        else []
    )


def _outputs(
    carriers: Sequence[Attributes], events: Sequence[Event], logs: Sequence[Record]
) -> Iterator[list[Json]]:
    own = carriers[0]
    for carrier in reversed(carriers):
        yield [
            # Gemini CLI calls what the model said the system's.
            message | {"role": "assistant"} if message["role"] == "system" else message
            for message in messages(carrier.get("gen_ai.output.messages"), "assistant")
        ]
    yield _spoken_out(_spoken(events, logs))
    yield _openinference(own, "llm.output_messages")
    yield _indexed(own, "gen_ai.completion", "assistant") or _indexed(
        own, "llm.completions", "assistant"
    )
    yield _vercel(own)
    for key in _OUTPUT[1:]:
        yield next((m for c in carriers if (m := messages(c.get(key), "assistant"))), [])


def _first(candidates: Iterator[list[Json]]) -> list[Json]:
    return next((found for found in candidates if any(m["parts"] for m in found)), [])


def _of(carriers: Sequence[Attributes], keys: Sequence[str]) -> Any:
    return next((c[key] for key in keys for c in carriers if c.get(key) not in (None, "")), None)


def _details(events: Sequence[Event], logs: Sequence[Record]) -> list[Attributes]:
    """Attributes beside the span's: of the GenAI details event, in events and log records. Some
    emitters spread them over several events, one field each."""
    merged = {
        key: value
        for name, attributes in events
        if name == _DETAILS
        for key, value in attributes.items()
    }
    found: list[Attributes] = [merged] if merged else []
    return found + [attributes for name, attributes, _ in logs if name == _DETAILS]


def _agent_records(logs: Sequence[Record]) -> list[Attributes]:
    """What the coding agents say of a prompt, an answer or a tool in log records."""
    return [attributes for name, attributes, _ in logs if name in _AGENT_RECORDS]


def _spoken(events: Sequence[Event], logs: Sequence[Record]) -> list[tuple[str, Json]]:
    """Messages that came one by one, as span events or log records: (event name, fields)."""
    found: list[tuple[str, Json]] = []
    for name, attributes in events:
        if name in _MESSAGE_EVENTS or name == "gen_ai.choice":
            found.append((name, dict(attributes)))
        elif name == "gen_ai.content.prompt":
            found.append(("prompt", {"content": attributes.get("gen_ai.prompt")}))
        elif name == "gen_ai.content.completion":
            found.append(("gen_ai.choice", {"message": attributes.get("gen_ai.completion")}))
    for name, _, body in logs:
        if name in _MESSAGE_EVENTS or name == "gen_ai.choice":
            fields = cast("Json", body) if isinstance(body, Mapping) else {"content": body}
            found.append((name, dict(fields)))
    return found


def _spoken_in(spoken: Sequence[tuple[str, Json]]) -> list[Json]:
    return [
        message
        for name, fields in spoken
        if name in _MESSAGE_EVENTS or name == "prompt"
        for message in messages(
            {**fields, "role": fields.get("role") or _MESSAGE_EVENTS.get(name, "user")}
            if name != "prompt"
            else fields.get("content"),
            "user",
        )
    ]


def _spoken_out(spoken: Sequence[tuple[str, Json]]) -> list[Json]:
    found: list[Json] = []
    for name, fields in spoken:
        if name == "gen_ai.choice":
            said = coerced(fields.get("message", fields.get("content")))
            beside = {k: v for k, v in fields.items() if k in ("tool_calls", "finish_reason")}
            if isinstance(said, Mapping):
                said = {"role": "assistant", **beside, **cast("Json", said)}
            else:
                said = {"role": "assistant", "content": said, **beside}
            found += messages(said, "assistant")
    return found


def _openinference(attributes: Attributes, prefix: str) -> list[Json]:
    found: list[Json] = []
    for item in _listed(folded(attributes, prefix)):
        message = item.get("message", item)
        if not isinstance(message, dict):
            continue
        fields = cast("Json", message)
        parts = [part for inner in _listed(fields.get("contents")) for part in _content_part(inner)]
        base: Json = {"role": fields.get("role"), "content": fields.get("content")}
        if fields.get("tool_call_id"):
            base["tool_call_id"] = fields["tool_call_id"]
        base["tool_calls"] = [
            call.get("tool_call", call) for call in _listed(fields.get("tool_calls"))
        ]
        (whole,) = messages(base, "user") or [{"role": "user", "parts": []}]
        if fields.get("role") is None:
            whole["role"] = "assistant" if "output" in prefix else "user"
        whole["parts"] = without_repeats([*parts, *whole["parts"]])
        found.append(whole)
    return found


def _content_part(item: Json) -> list[Json]:
    inner = cast("Json", item.get("tool_call") or item.get("message_content") or item)
    if "tool_call" in item or "function" in inner:
        (message,) = messages({"role": "assistant", "tool_calls": [inner]}, "assistant")
        return message["parts"]
    match inner.get("image"):
        case {"image": {"url": url}}:
            return [{"type": "uri", "modality": "image", "uri": url}]
        case _:
            pass
    if "text" in inner:
        kind = "reasoning" if inner.get("type") == "reasoning" else "text"
        return [{"type": kind, "content": inner["text"]}]
    return [
        {
            "type": str(inner.get("type") or "other"),
            **{k: v for k, v in inner.items() if k != "type"},
        }
    ]


def _indexed(attributes: Attributes, prefix: str, role: str) -> list[Json]:
    return [
        message
        for item in _listed(folded(attributes, prefix))
        for message in messages({"role": role, **item}, role)
    ]


def _vercel(attributes: Attributes) -> list[Json]:
    text, calls = (
        attributes.get("ai.response.text"),
        coerced(attributes.get("ai.response.toolCalls")),
    )
    reasoning, made = attributes.get("ai.response.reasoning"), attributes.get("ai.response.object")
    if not any((text, calls, reasoning, made)):
        return []
    fields = {
        "role": "assistant",
        "content": text or made,
        "tool_calls": calls,
        "reasoning": reasoning,
    }
    return messages(fields, "assistant")


def _embedded(attributes: Attributes) -> list[Json]:
    texts = [
        cast("Json", item.get("embedding", item)).get("text")
        for item in _listed(folded(attributes, "embedding.embeddings"))
    ]
    values = attributes.get("ai.values") or attributes.get("ai.value")
    return messages([{"type": "text", "content": text} for text in texts if text] or values, "user")


def _system(carriers: Sequence[Attributes]) -> list[Json]:
    said = _of(carriers, ("gen_ai.system_instructions", "system_prompt_preview"))
    return messages(said, "system") if said else []


def _tools(carriers: Sequence[Attributes]) -> list[Json]:
    """Tools offered to the model: `{type, name, description, parameters}`."""
    given = _of(carriers, ("gen_ai.tool.definitions", "ai.prompt.tools", "mlflow.chat.tools"))
    listed = coerced(given) if given else None
    if not listed:
        own = carriers[0]
        listed = [
            cast("Json", item.get("tool", item)).get("json_schema")
            for item in _listed(folded(own, "llm.tools"))
        ] or folded(own, "llm.request.functions")
    if not listed:
        for key in ("langfuse.observation.input", "gen_ai.prompt", "mlflow.spanInputs"):
            inside = coerced(carriers[0].get(key))
            if isinstance(inside, Mapping) and isinstance(inside.get("tools"), list):  # pyright: ignore
                listed = cast("Json", inside)["tools"]
                break
    offered = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [tool for item in offered for tool in _tool(coerced(item))]


def _tool(value: Any) -> Iterator[Json]:
    if not isinstance(value, Mapping):
        return
    tool = cast("Json", value)
    if isinstance(tool.get("functionDeclarations"), list):
        for inner in tool["functionDeclarations"]:
            yield from _tool(inner)
        return
    function = cast("Json", tool["function"]) if isinstance(tool.get("function"), Mapping) else tool
    schema: Callable[[str], Any] = function.get
    yield {
        "type": tool.get("type") or "function",
        "name": function.get("name"),
        "description": function.get("description"),
        "parameters": coerced(
            next(
                (
                    schema(key)
                    for key in ("parameters", "input_schema", "inputSchema", "parametersJsonSchema")
                    if schema(key) is not None
                ),
                None,
            )
        ),
    }


def _documents(attributes: Attributes) -> list[Json]:
    for prefix in ("retrieval.documents", "reranker.output_documents", "reranker.input_documents"):
        found = [
            cast("Json", item.get("document", item)) for item in _listed(folded(attributes, prefix))
        ]
        if found:
            return [
                {**d, "metadata": coerced(d["metadata"])} if "metadata" in d else d for d in found
            ]
    given = coerced(attributes.get("gen_ai.retrieval.documents"))
    return (
        [cast("Json", item) for item in cast("list[Any]", given)] if isinstance(given, list) else []
    )


def _unwrapped(value: Any) -> Any:
    """Arguments or a result out of what some frameworks wrap them in."""
    value = coerced(value)
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        (only,) = cast("list[Any]", value)
        if isinstance(only, Mapping) and isinstance(only.get("text"), str):  # pyright: ignore
            return only["text"]  # pyright: ignore
    if not isinstance(value, Mapping):
        return value
    wrapped = cast("Json", value)
    if "input_str" in wrapped:  # traceloop's LangChain: Python's repr
        return coerced(wrapped["input_str"])
    match wrapped:
        case {"type": "tool", "data": {"content": inner}}:
            return coerced(inner)
        case {"output": {"lc": _, "kwargs": {"content": inner}}}:
            return coerced(inner)
        case {"result": inner} | {"output": inner} if len(wrapped) == 1:
            return coerced(inner)
        case {"callId": _, "args": inner} | {"status": _, "request": _, "response": inner}:
            return coerced(inner)  # Gemini CLI
        case {"args": args, "kwargs": kwargs} if len(wrapped) == 2:
            return args or kwargs
        case _:
            return wrapped


def _listed(value: Any) -> list[Json]:
    if not isinstance(value, list):
        return []
    return [cast("Json", item) for item in cast("list[Any]", value) if isinstance(item, dict)]
