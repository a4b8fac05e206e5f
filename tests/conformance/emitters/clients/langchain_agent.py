"""An agent of LangChain with a tool, run and streamed, instrumented by OpenInference."""

import telemetry
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor

LangChainInstrumentor().instrument(tracer_provider=telemetry.start())


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


model = ChatOpenAI(model="gpt-4o-mini")
agent = create_agent(model, [get_weather], system_prompt="Be brief.", name="weather_agent")
config = {"metadata": {"session_id": "langchain-1", "user_id": "ada"}}
agent.invoke({"messages": [{"role": "user", "content": "Weather in Paris?"}]}, config)
for _ in ChatOpenAI(model="gpt-4o-mini", stream_usage=True).stream("Weather in Paris?", config):
    pass
