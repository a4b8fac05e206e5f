"""Written for Langfuse, with its drop-in for `openai`. LANGFUSE_BASE_URL says where it sends."""

from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import OpenAI

client = OpenAI()


@observe(as_type="tool")
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@observe(as_type="agent")
def weather_agent(city: str) -> str | None:
    """Asks the tool, and lets the model say it."""
    question = f"It is {get_weather(city)}. What shall I wear?"
    answer = client.chat.completions.create(
        name="answer",
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": question}],
    )
    get_client().score_current_trace(name="helpful", value=1, data_type="BOOLEAN")
    return answer.choices[0].message.content


with propagate_attributes(session_id="weather-1", user_id="ada"):
    print(weather_agent("Paris"))
get_client().flush()
