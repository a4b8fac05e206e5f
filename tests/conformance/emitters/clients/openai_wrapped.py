"""`openai`, wrapped by `tracehouse.agenttrace`: sync, async, streams that stay streams."""

import asyncio
import gc

import openai
import openai_conversation as conversation
from openai import AsyncOpenAI, AsyncStream, OpenAI, Stream

from tracehouse.agenttrace import AgentTrace
from tracehouse.agenttrace.integrations.openai import unwrap_openai, wrap_openai

STREAMED = {
    "model": conversation.MODEL,
    "messages": conversation.ASKED,
    "stream": True,
    "stream_options": {"include_usage": True},
}
at = AgentTrace()
plain = OpenAI()
client = wrap_openai(plain)
assert client is plain
assert wrap_openai(client) is client
assert type(client) is OpenAI

with at.trace("conversation", session_id="wrapped-1", user_id="ada"):
    conversation.with_a_tool(client)
    assert conversation.in_pieces(client) == "It is sunny in Paris."
    conversation.as_a_response(client)
    conversation.embed(client)
    conversation.refused(client)

with at.trace("streams") as trace:
    with trace.span("a tool, in pieces"):
        stream = client.chat.completions.create(**STREAMED, tools=conversation.TOOLS)
        assert type(stream) is Stream
        assert stream.response.status_code == 200
        assert next(stream).choices
        list(stream)
    with trace.span("left by a break"):
        for _ in client.chat.completions.create(**STREAMED):
            break
        gc.collect()
    with trace.span("closed"), client.chat.completions.create(**STREAMED) as stream:
        next(stream), next(stream)
    with trace.span("dropped"):
        stream = client.chat.completions.create(**STREAMED)
        del stream
        gc.collect()
    with trace.span("chat.completions.stream"):
        given = {"model": conversation.MODEL, "messages": conversation.ASKED}
        with client.chat.completions.stream(**given) as events:
            assert events.get_final_completion().choices[0].message.content
    with (
        trace.span("chat.completions.stream, left"),
        client.chat.completions.stream(**given) as events,
    ):
        next(iter(events))
    with trace.span("responses, in pieces"):
        said = {"model": conversation.MODEL, "input": "Weather in Paris?"}
        assert list(client.responses.create(**said, stream=True))[-1].type == "response.completed"
    with trace.span("responses.stream"), client.responses.stream(**said) as events:
        assert events.get_final_response().output_text
    with trace.span("a raw response"):
        raw = client.chat.completions.with_raw_response.create(**given)
        assert raw.headers["request-id"]
        assert raw.parse() is raw.parse()
    with trace.span("a raw stream"):
        list(client.chat.completions.with_raw_response.create(**STREAMED).parse())


async def asynchronous() -> None:
    client = wrap_openai(AsyncOpenAI())
    assert type(client) is AsyncOpenAI
    with at.trace("asynchronous") as trace:

        async def ask(number: int) -> None:
            async with trace.span(f"asked {number}"):
                await client.chat.completions.create(**given)

        await asyncio.gather(*(ask(number) for number in range(3)))
        with trace.span("in pieces"):
            stream = await client.chat.completions.create(**STREAMED)
            assert type(stream) is AsyncStream
            assert [chunk async for chunk in stream]
        with trace.span("left by a break"):
            async for _ in await client.chat.completions.create(**STREAMED):
                break
            gc.collect()
            await asyncio.sleep(0)
        with trace.span("chat.completions.stream"):
            async with client.chat.completions.stream(**given) as events:
                assert (await events.get_final_completion()).choices
        with trace.span("refused"):
            try:
                await client.with_options(max_retries=0).chat.completions.create(
                    model="boom", messages=conversation.ASKED
                )
            except openai.RateLimitError:
                pass
            else:
                raise AssertionError("the model answered")


asyncio.run(asynchronous())
client.chat.completions.create(**given)  # a trace of its own
unwrap_openai(client)
assert "request" not in vars(client)
client.chat.completions.create(**given)  # is not recorded
assert at.flush(30)
