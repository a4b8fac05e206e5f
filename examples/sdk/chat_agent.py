"""An agent whose sessions are traces: what was said, thought and called, while it happens."""

import time

import tracehouse as cm

WEATHER = {"Lisbon": "24 °C and sunny", "Oslo": "7 °C and raining"}


def look_up(city: str) -> str:
    time.sleep(0.05)
    return WEATHER[city]


def answer(run: cm.Run, question: str, city: str) -> str:
    run.log_user(question)
    run.log_thinking(f"I need the weather in {city}.")
    call = run.log_tool_use("look_up", {"city": city})
    weather = look_up(city)  # the call's span lasts until its result is logged
    run.log_tool_result(weather, parent_span_id=call.id)
    said = f"It is {weather} in {city}."
    run.log_assistant(said, attributes={"gen_ai.usage.input_tokens": 42})
    return said


# The same session_id resumes the same trace, in this process or in the next one.
with cm.Run(project="weather", session_id="demo-session", task_name="weather in two cities") as run:
    answer(run, "How is the weather in Lisbon?", "Lisbon")
    answer(run, "And in Oslo?", "Oslo")
    run.finish(outcome="good", metadata={"answers": 2}, subject_id="customer-42")
