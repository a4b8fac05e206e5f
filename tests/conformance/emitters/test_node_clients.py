"""Node's clients, as installed from the registry: what they did is what the API says."""

from __future__ import annotations

import json

import pytest

from tests.conformance.emitters import npm
from tests.conformance.emitters.fake_answers import TOOL
from tests.conformance.emitters.running import HERE, Arrived, World, counted, said
from tests.conformance.emitters.truth import (
    ANSWERED,
    ASKED,
    CALLS,
    EMBEDDER,
    EMBEDDING_COST,
    GPT,
    GPT_COST,
    TOLD,
    check_langfuse,
    check_tool,
)

# One worker for all, and time to install the packages.
pytestmark = pytest.mark.timeout(360)

NODE = HERE / "node"


def run_node(world: World, program: str, **environment: str) -> Arrived:
    npm.install(NODE)
    node, _ = npm.find_node()
    return world.run(program, node, str(NODE / f"{program}.js"), **environment)


# --- the Vercel AI SDK ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vercel(world: World) -> Arrived:
    return run_node(world, "vercel_ai")


def test_spans_of_the_vercel_ai_sdk_are_of_their_kinds(vercel: Arrived) -> None:
    assert len(vercel.world.model.asked[vercel.service]) == 5
    # A call of a model is in a step of an agent; an embedding is in an operation of its own.
    assert vercel.kinds == {"agent": 2, "chain": 3, "generation": 3, "tool": 1, "embedding": 4}
    for span in vercel.spans("generation"):
        meaning = span["meaning"]
        assert (meaning["provider"], meaning["framework"]) == ("openai", "vercel-ai")
        assert (meaning["request_model"], meaning["response_model"]) == ("gpt-4o-mini", GPT)
    assert {span["meaning"]["agent_name"] for span in vercel.spans("agent")} == {"weather_agent"}
    *_, streamed = vercel.spans("generation")
    assert 0 < streamed["meaning"]["ttft_ms"] < 30_000


def test_calls_of_the_vercel_ai_sdk_count_once_though_agents_repeat_them(vercel: Arrived) -> None:
    assert vercel.usage() == {
        GPT: (3, 90, 36, 30, 0),
        EMBEDDER: (2, 24, 0, 0, 0),
    }
    assert vercel.cost() == pytest.approx(3 * GPT_COST + 3 * EMBEDDING_COST)
    assert [counted(trace["usage"])[:3] for trace in vercel.traces] == [
        (2, 60, 24),
        (1, 30, 12),
        (1, 8, 0),
        (1, 16, 0),
    ]


def test_what_the_vercel_ai_sdk_and_its_tool_said(vercel: Arrived) -> None:
    first, second, streamed = map(vercel.content, vercel.spans("generation"))
    assert said(first["input"]) == said(streamed["input"]) == ASKED
    assert said(first["output"]) == [CALLS]
    assert said(second["input"]) == [*ASKED, CALLS, ("tool", TOLD)]
    assert said(second["output"]) == said(streamed["output"]) == ANSWERED
    (offered,) = first["tools"]
    assert offered["name"] == TOOL
    check_tool(vercel)


def test_the_context_of_the_vercel_ai_sdk_names_the_session(vercel: Arrived) -> None:
    whole = vercel.world.get("/v1/sessions/vercel-1")
    assert counted(whole["usage"]) == (3, 90, 36, 30, 0)
    assert len(whole["traces"]) == 2


def test_the_context_of_the_vercel_ai_sdk_names_the_user(vercel: Arrived) -> None:
    agents = vercel.traces[:2]
    assert [trace["user"] for trace in agents] == ["ada", "ada"]
    assert vercel.usage(user="ada") == {GPT: (3, 90, 36, 30, 0)}


# --- Langfuse ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def langfuse(world: World) -> Arrived:
    return run_node(world, "langfuse", **world.langfuse)


def test_a_trace_of_langfuse_js_has_its_kinds_usage_session_user_and_tags(
    langfuse: Arrived,
) -> None:
    check_langfuse(langfuse, "langfuse-js-5")


def test_what_langfuse_js_was_told(langfuse: Arrived) -> None:
    (generation,), (agent,) = langfuse.spans("generation"), langfuse.spans("agent")
    assert said(langfuse.content(generation)["input"]) == ASKED[1:]
    assert said(langfuse.content(generation)["output"]) == ANSWERED
    assert said(langfuse.content(agent)["input"]) == ASKED[1:]
    assert said(langfuse.content(agent)["output"]) == ANSWERED
    check_tool(langfuse)


def test_scores_of_langfuse_js_judge_the_trace_the_span_and_the_session(langfuse: Arrived) -> None:
    (trace,) = langfuse.traces
    (generation,) = langfuse.spans("generation")
    scores = langfuse.world.get("/v1/scores", trace_id=trace["trace_id"])["scores"]
    assert {s["name"]: (s["value"], s["data_type"], s["span_id"]) for s in scores} == {
        "quality": (0.9, "numeric", None),
        "tone": ("kind", "categorical", generation["span_id"]),
    }
    (safe,) = langfuse.world.get("/v1/scores", session="langfuse-js-5")["scores"]
    assert (safe["name"], safe["value"]) == ("safe", True)


def test_prompts_of_langfuse_js_are_kept_read_and_linked(langfuse: Arrived) -> None:
    (generation,) = langfuse.spans("generation")
    meaning = generation["meaning"]
    assert (meaning["prompt_name"], str(meaning["prompt_version"])) == ("weather", "1")
    text = langfuse.world.get("/v1/prompts/weather")
    assert text["prompt"] == "Weather in {{city}}?"
    chat = langfuse.world.get("/v1/prompts/weather chat")
    assert chat["config"] == {"temperature": 0}
    assert json.loads(langfuse.out) == {
        "version": 1,
        "asked": [{"role": "user", "content": "Weather in Paris?"}],
        "config": {"temperature": 0},
    }
