"""Python's clients and what instruments them, as installed: what they did is what the API says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.emitters.fake_answers import TOOL
from tests.conformance.emitters.running import Arrived, World, counted, said
from tests.conformance.emitters.truth import (
    ANSWERED,
    ASKED,
    CALLS,
    CLAUDE,
    CLAUDE_COST,
    EMBEDDER,
    EMBEDDING_COST,
    GPT,
    GPT_COST,
    TOLD,
    WEATHER,
    check_langfuse,
    check_tool,
)

# One worker for all: one server, and one run of each program, is enough.

# --- openai -----------------------------------------------------------------------------------

OPENAI = ["openai_with_openinference", "openai_with_openllmetry", "openai_with_otel_genai"]
SESSIONS = dict(zip(OPENAI, ["openinference-1", "openllmetry-1", "otel-genai-1"], strict=True))


@pytest.fixture(scope="module", params=OPENAI)
def openai(world: World, request: pytest.FixtureRequest) -> Arrived:
    content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"}
    return world.run_python(request.param, **content)


def answered(openai: Arrived) -> list[dict[str, Any]]:
    """The calls that did not fail."""
    return [span for span in openai.spans("generation") if span["status"] != "error"]


def test_each_call_of_openai_is_one_span_of_its_kind(openai: Arrived) -> None:
    assert len(openai.world.model.asked[openai.service]) == 5
    own = {"agent": 1, "tool": 1} if "openinference" in openai.service else {"span": 1}
    # One is refused.
    assert openai.kinds == {"generation": 4 + 1, "embedding": 1, **own}


def test_a_call_of_openai_that_fails_is_an_error_and_costs_nothing(openai: Arrived) -> None:
    (failed,) = [span for span in openai.spans("generation") if span["status"] == "error"]
    assert failed["meaning"]["request_model"] == "boom"
    assert "too many" in failed["status_message"]
    assert said(openai.content(failed)["input"]) == ASKED
    assert openai.content(failed)["output"] == []
    assert "boom" not in openai.usage()


def test_each_call_of_openai_counts_once(openai: Arrived) -> None:
    assert openai.usage() == {
        GPT: (4, 120, 48, 40, 0),
        EMBEDDER: (1, 8, 0, 0, 0),
    }
    assert openai.cost() == pytest.approx(4 * GPT_COST + EMBEDDING_COST)


def test_a_call_of_openai_has_provider_models_and_end(openai: Arrived) -> None:
    meanings = [span["meaning"] for span in answered(openai)]
    assert {(m["provider"], m["request_model"], m["response_model"]) for m in meanings} == {
        ("openai", "gpt-4o-mini", GPT)
    }
    assert [m["finish_reason"] for m in meanings[:3]] == ["tool_call", "stop", "stop"]
    streamed = meanings[2]
    assert 0 < streamed["ttft_ms"] < 30_000


def test_a_conversation_with_openai_is_there_with_its_tool(openai: Arrived) -> None:
    first, second, streamed, response = map(openai.content, answered(openai))
    assert said(first["input"]) == said(streamed["input"]) == said(response["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    assert said(second["input"]) == [*ASKED, CALLS, ("tool", TOLD)]
    for content in (second, streamed, response):
        assert said(content["output"]) == ANSWERED
    (offered,) = first["tools"]
    assert offered["name"] == TOOL
    assert offered["parameters"]["required"] == ["city"]


# OpenTelemetry's instrumentation does not send it.
@pytest.mark.parametrize("openai", OPENAI[:2], indirect=True)
def test_what_was_embedded_is_there(openai: Arrived) -> None:
    (embedding,) = openai.spans("embedding")
    assert embedding["meaning"]["request_model"] == EMBEDDER
    assert said(openai.content(embedding)["input"]) == [("user", "Paris")]


def test_the_session_of_openai_has_all_its_traces_and_calls(openai: Arrived) -> None:
    session = SESSIONS[openai.service]
    assert openai.sessions() == {session}
    found = openai.world.get("/v1/traces", session=session)["traces"]
    assert {trace["trace_id"] for trace in found} == {t["trace_id"] for t in openai.traces}
    whole = openai.world.get(f"/v1/sessions/{session}")
    assert counted(whole["usage"]) == (5, 128, 48, 40, 0)
    assert openai.users() == {"ada"}


# Only OpenInference has decorators for them.
@pytest.mark.parametrize("openai", OPENAI[:1], indirect=True)
def test_an_agent_and_a_tool_of_openinference_have_what_they_were_given(openai: Arrived) -> None:
    (agent,), (tool,) = openai.spans("agent"), openai.spans("tool")
    assert said(openai.content(agent)["input"]) == [("user", "Weather in Paris?")]
    assert said(openai.content(agent)["output"]) == ANSWERED
    assert tool["meaning"]["tool_name"] == TOOL
    check_tool(openai)
    assert tool["parent_span_id"] == agent["span_id"]


# --- anthropic --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def anthropic(world: World) -> Arrived:
    return world.run_python("anthropic_native")


@pytest.fixture(scope="module")
def anthropic_twice(world: World) -> Arrived:
    return world.run_python("anthropic_with_openinference")


def test_spans_of_anthropic_itself_count_each_call_with_its_cache(anthropic: Arrived) -> None:
    assert len(anthropic.world.model.asked[anthropic.service]) == 3
    assert anthropic.kinds == {"generation": 3}
    assert anthropic.usage() == {CLAUDE: (3, 105, 36, 30, 15)}
    assert anthropic.cost() == pytest.approx(3 * CLAUDE_COST)
    assert anthropic.sessions() == {"anthropic-1"}


def test_spans_of_anthropic_itself_have_the_conversation(anthropic: Arrived) -> None:
    first, second, streamed = map(anthropic.content, anthropic.spans("generation"))
    assert said(first["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    assert said(second["input"]) == [*ASKED, CALLS, ("user", TOLD)]
    assert said(streamed["input"]) == ASKED[1:]
    assert said(second["output"]) == said(streamed["output"]) == ANSWERED


def test_a_call_that_anthropic_and_openinference_report_counts_once(
    anthropic_twice: Arrived,
) -> None:
    assert len(anthropic_twice.world.model.asked[anthropic_twice.service]) == 3
    assert anthropic_twice.kinds == {"generation": 6}
    assert anthropic_twice.usage() == {CLAUDE: (3, 105, 36, 30, 15)}
    assert anthropic_twice.cost() == pytest.approx(3 * CLAUDE_COST)


def test_a_trace_of_calls_reported_twice_counts_them_once_wherever_it_is_shown(
    anthropic_twice: Arrived,
) -> None:
    listed = anthropic_twice.world.get("/v1/traces", service=anthropic_twice.service)["traces"]
    # Of the stream, the two spans are in traces of their own.
    nested = [trace for trace in listed if trace["span_count"] == 2]
    assert [counted(trace["usage"]) for trace in nested] == [(1, 35, 12, 10, 5)] * 2
    alone = [trace for trace in anthropic_twice.traces if trace["span_count"] == 2]
    assert [counted(trace["usage"]) for trace in alone] == [(1, 35, 12, 10, 5)] * 2


def test_the_session_of_calls_reported_twice_counts_them_once(anthropic_twice: Arrived) -> None:
    whole = anthropic_twice.world.get("/v1/sessions/anthropic-2")
    assert counted(whole["usage"]) == (3, 105, 36, 30, 15)
    users = anthropic_twice.usage(user="ada")
    assert users == {CLAUDE: (3, 105, 36, 30, 15)}


def test_openinference_has_the_conversation_with_anthropic(anthropic_twice: Arrived) -> None:
    outer = [
        span
        for span in anthropic_twice.spans("generation")
        if span["meaning"]["dialect"] == "openinference"
    ]
    first, second, streamed = map(anthropic_twice.content, outer)
    assert said(first["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    *begun, (_, told) = said(second["input"])
    assert (begun, told) == ([*ASKED, CALLS], TOLD)
    assert said(second["output"]) == said(streamed["output"]) == ANSWERED


# --- agents -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pydantic_ai(world: World) -> Arrived:
    return world.run_python("pydantic_ai_agent")


@pytest.fixture(scope="module")
def langchain(world: World) -> Arrived:
    return world.run_python("langchain_agent")


def test_an_agent_of_pydantic_ai_counts_its_calls_and_not_their_sum(pydantic_ai: Arrived) -> None:
    assert len(pydantic_ai.world.model.asked[pydantic_ai.service]) == 3
    assert pydantic_ai.kinds == {"agent": 2, "generation": 3, "tool": 1}
    assert pydantic_ai.usage() == {GPT: (3, 90, 36, 30, 0)}
    assert pydantic_ai.cost() == pytest.approx(3 * GPT_COST)
    assert [counted(trace["usage"])[0] for trace in pydantic_ai.traces] == [2, 1]


def test_a_conversation_of_pydantic_ai_is_a_session(pydantic_ai: Arrived) -> None:
    assert pydantic_ai.sessions() == {"pydantic-ai-1"}
    for agent in pydantic_ai.spans("agent"):
        assert agent["meaning"]["agent_name"] == "weather_agent"
        assert agent["meaning"]["framework"] == "pydantic-ai"


def test_what_pydantic_ai_and_its_tool_said(pydantic_ai: Arrived) -> None:
    first, second, streamed = map(pydantic_ai.content, pydantic_ai.spans("generation"))
    assert said(first["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    assert said(second["input"]) == [*ASKED, CALLS, ("user", TOLD)]
    assert said(streamed["input"])[-1] == ("user", "And now?")
    assert said(second["output"]) == said(streamed["output"]) == ANSWERED
    check_tool(pydantic_ai)


def test_an_agent_of_langchain_counts_each_call_once(langchain: Arrived) -> None:
    assert len(langchain.world.model.asked[langchain.service]) == 3
    assert langchain.kinds == {"agent": 1, "chain": 3, "generation": 3, "tool": 1}
    # Of a stream, it says the model that was asked for.
    assert langchain.usage() == {GPT: (2, 60, 24, 20, 0), "gpt-4o-mini": (1, 30, 12, 10, 0)}
    assert langchain.cost() == pytest.approx(3 * GPT_COST)
    assert (langchain.sessions(), langchain.users()) == ({"langchain-1"}, {"ada"})


def test_what_langchain_and_its_tool_said(langchain: Arrived) -> None:
    first, second, streamed = map(langchain.content, langchain.spans("generation"))
    assert said(first["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    assert said(second["input"]) == [*ASKED, CALLS, ("tool", TOLD)]
    assert said(streamed["input"]) == ASKED[1:]
    assert said(second["output"]) == said(streamed["output"]) == ANSWERED
    # A tool with one argument is sent without the argument's name.
    check_tool(langchain, "Paris")


# --- Langfuse ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def langfuse(world: World) -> Arrived:
    return world.run_python("langfuse_3", **world.langfuse)


def test_a_trace_of_langfuse_3_has_its_kinds_usage_session_user_and_tags(
    langfuse: Arrived,
) -> None:
    check_langfuse(langfuse, "langfuse-3")


def test_what_langfuse_3_was_told(langfuse: Arrived) -> None:
    (generation,) = langfuse.spans("generation")
    content = langfuse.content(generation)
    assert said(content["input"]) == ASKED[1:]
    assert said(content["output"]) == [("assistant", WEATHER)]
    check_tool(langfuse, ["Paris"])


def test_scores_of_langfuse_3_judge_its_trace(langfuse: Arrived) -> None:
    (trace,) = langfuse.traces
    scores = langfuse.world.get("/v1/scores", trace_id=trace["trace_id"])["scores"]
    assert {s["name"]: (s["value"], s["data_type"], s["comment"]) for s in scores} == {
        "quality": (0.9, "numeric", "good"),
        "safe": (True, "boolean", None),
    }
