"""What the programs with `openai` do: a tool, a stream, a response, an embedding, a failure."""

import json
from collections.abc import Callable

from openai import OpenAI, RateLimitError

MODEL = "gpt-4o-mini"
ASKED = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather in Paris?"},
]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def with_a_tool(client: OpenAI, tool: Callable[..., str] = get_weather, **more: str) -> str | None:
    """The model asks for the tool, and is told what it said: two calls."""
    first = client.chat.completions.create(model=MODEL, messages=ASKED, tools=TOOLS, **more)
    message = first.choices[0].message
    (call,) = message.tool_calls
    told = {
        "role": "tool",
        "tool_call_id": call.id,
        "content": tool(**json.loads(call.function.arguments)),
    }
    messages = [*ASKED, message.model_dump(exclude_none=True), told]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS, **more)
    return second.choices[0].message.content


def in_pieces(client: OpenAI) -> str:
    """A streamed answer."""
    stream = client.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    return "".join(
        chunk.choices[0].delta.content or "" for chunk in stream if len(chunk.choices) > 0
    )


def as_a_response(client: OpenAI) -> str:
    """The newer API."""
    answer = client.responses.create(
        model=MODEL, instructions="Be brief.", input="Weather in Paris?"
    )
    return answer.output_text


def refused(client: OpenAI) -> None:
    """A call that fails."""
    try:
        client.with_options(max_retries=0).chat.completions.create(model="boom", messages=ASKED)
    except RateLimitError:
        return
    raise AssertionError("the model answered")


def embed(client: OpenAI) -> list[float]:
    """A vector."""
    answer = client.embeddings.create(model="text-embedding-3-small", input="Paris")
    return answer.data[0].embedding
