"""What was truly said and used, in the conversation that every client has with the model."""

from __future__ import annotations

import pytest

from tests.conformance.emitters.fake_answers import ANSWER, ARGUMENTS, TOOL
from tests.conformance.emitters.running import Arrived

ASKED = [("system", "Be brief."), ("user", "Weather in Paris?")]
CALLS = ("assistant", ("calls", TOOL, ARGUMENTS))
WEATHER = "sunny in Paris"
TOLD = ("answers", WEATHER)
ANSWERED = [("assistant", ANSWER)]

GPT = "gpt-4o-mini-2024-07-18"
CLAUDE = "claude-sonnet-4-5"
EMBEDDER = "text-embedding-3-small"
# A call is 20 new, 10 cached and 12 output tokens, at 0.15, 0.075 and 0.60 USD a million.
GPT_COST = (20 * 0.15 + 10 * 0.075 + 12 * 0.6) / 1e6
# 20 new, 10 read from the cache, 5 written and 12 output tokens, at 3, 0.3, 3.75 and 15.
CLAUDE_COST = (20 * 3 + 10 * 0.3 + 5 * 3.75 + 12 * 15) / 1e6
# 8 tokens a text, at 0.02.
EMBEDDING_COST = 8 * 0.02 / 1e6


def check_tool(arrived: Arrived, arguments: object = ARGUMENTS) -> None:
    """There is one, and it has what it was given and gave."""
    (tool,) = arrived.spans("tool")
    content = arrived.content(tool)
    assert (content["arguments"], content["result"]) == (arguments, WEATHER)


def check_langfuse(arrived: Arrived, session: str) -> None:
    """The trace that the programs with Langfuse's SDKs make."""
    assert arrived.kinds == {"agent": 1, "generation": 1, "tool": 1}
    # Langfuse's own input tokens leave the cached ones out.
    assert arrived.usage() == {"gpt-4o-mini": (1, 30, 12, 10, 0)}
    assert arrived.cost() == pytest.approx(GPT_COST)
    (trace,) = arrived.traces
    found = (trace["name"], trace["session"], trace["user"], trace["tags"])
    assert found == ("weather_agent", session, "ada", ["weather"])
