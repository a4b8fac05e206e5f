"""What the programs with the `anthropic` package do: a tool, and a stream."""

from anthropic import Anthropic

MODEL = "claude-sonnet-4-5"
ASKED = {"role": "user", "content": "Weather in Paris?"}
TOOL = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def talk(client: Anthropic) -> str:
    """Three calls: one that asks for the tool, one that is told what it said, and a stream."""
    common = {"model": MODEL, "max_tokens": 100, "system": "Be brief.", "tools": [TOOL]}
    first = client.messages.create(messages=[ASKED], **common)
    (use,) = first.content
    told = {
        "type": "tool_result",
        "tool_use_id": use.id,
        "content": f"sunny in {use.input['city']}",
    }
    client.messages.create(
        messages=[
            ASKED,
            {"role": "assistant", "content": [use.model_dump(exclude_none=True)]},
            {"role": "user", "content": [told]},
        ],
        **common,
    )
    with client.messages.stream(model=MODEL, max_tokens=100, messages=[ASKED]) as stream:
        return "".join(stream.text_stream)
