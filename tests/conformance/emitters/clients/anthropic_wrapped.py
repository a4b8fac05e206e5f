"""`anthropic`, wrapped by `tracehouse.agenttrace`: sync, async, streams that stay streams."""

import asyncio

import anthropic
import anthropic_conversation as conversation
from anthropic import Anthropic, AsyncAnthropic, AsyncStream, Stream

from tracehouse.agenttrace import AgentTrace
from tracehouse.agenttrace.integrations.anthropic import unwrap_anthropic, wrap_anthropic

GIVEN = {"model": conversation.MODEL, "max_tokens": 100, "messages": [conversation.ASKED]}
at = AgentTrace()
client = Anthropic()
assert wrap_anthropic(wrap_anthropic(client)) is client
assert type(client) is Anthropic

with at.trace("conversation", session_id="wrapped-2"):
    conversation.talk(client)

with at.trace("streams") as trace:
    with trace.span("in pieces"):
        stream = client.messages.create(**GIVEN, stream=True, tools=[conversation.TOOL])
        assert type(stream) is Stream
        assert [event.type for event in stream][-1] == "message_stop"
    with trace.span("closed"), client.messages.create(**GIVEN, stream=True) as stream:
        for event in stream:
            if event.type == "content_block_delta":
                break
    with trace.span("messages.stream, left"), client.messages.stream(**GIVEN) as events:
        next(iter(events))
    with trace.span("of the beta"), client.beta.messages.stream(**GIVEN) as events:
        assert events.get_final_message().stop_reason == "end_turn"
    with trace.span("refused"):
        try:
            client.with_options(max_retries=0).messages.create(**GIVEN | {"model": "boom"})
        except anthropic.RateLimitError:
            pass
        else:
            raise AssertionError("the model answered")


async def asynchronous() -> None:
    client = wrap_anthropic(AsyncAnthropic())
    with at.trace("asynchronous") as trace:
        with trace.span("whole"):
            assert (await client.messages.create(**GIVEN)).content
        with trace.span("in pieces"):
            stream = await client.messages.create(**GIVEN, stream=True)
            assert type(stream) is AsyncStream
            assert [event async for event in stream]
        with trace.span("messages.stream"):
            async with client.messages.stream(**GIVEN) as events:
                assert [text async for text in events.text_stream]


asyncio.run(asynchronous())
unwrap_anthropic(client).messages.create(**GIVEN)  # is not recorded
assert at.flush(30)
