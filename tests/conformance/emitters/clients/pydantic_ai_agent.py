"""An agent of pydantic-ai with a tool, run and streamed, with its own instrumentation."""

import asyncio

import telemetry
from pydantic_ai import Agent

telemetry.start()
Agent.instrument_all()
agent = Agent("openai-chat:gpt-4o-mini", name="weather_agent", instructions="Be brief.")


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


async def main() -> None:
    """Two turns of one conversation."""
    first = await agent.run("Weather in Paris?", conversation_id="pydantic-ai-1")
    async with agent.run_stream(
        "And now?", message_history=first.new_messages(), conversation_id="pydantic-ai-1"
    ) as stream:
        await stream.get_output()


asyncio.run(main())
