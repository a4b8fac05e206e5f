"""Langfuse's SDK, version 3: a trace with a generation, a tool and scores."""

from importlib.metadata import version

from langfuse import get_client, observe

assert version("langfuse") == "3.15.0"
client = get_client()
assert client.auth_check()


@observe(as_type="tool")
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@observe(as_type="agent")
def weather_agent(question: str) -> str:
    """Asks a model, and a tool."""
    client.update_current_trace(session_id="langfuse-3", user_id="ada", tags=["weather"])
    with client.start_as_current_observation(
        name="ask",
        as_type="generation",
        model="gpt-4o-mini",
        input=[{"role": "user", "content": question}],
    ) as generation:
        generation.update(
            output={"role": "assistant", "content": get_weather("Paris")},
            usage_details={"input": 20, "output": 12, "input_cached_tokens": 10},
        )
    client.score_current_trace(name="quality", value=0.9, comment="good")
    client.create_score(
        name="safe", value=1, data_type="BOOLEAN", trace_id=client.get_current_trace_id()
    )
    return "It is sunny in Paris."


weather_agent("Weather in Paris?")
client.flush()
client.shutdown()
