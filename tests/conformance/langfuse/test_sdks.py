"""Langfuse's own SDKs, unmodified, with nothing changed but the address and the keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.langfuse.generations import VERSIONS, head
from tests.support.sdk import Machine


def one_trace(machine: Machine, **wanted: str) -> dict[str, Any]:
    (summary,) = machine.get("/v1/traces", **wanted)["traces"]
    return summary | machine.get(f"/v1/traces/{summary['trace_id']}")


@pytest.mark.parametrize("major", [4, 5])
def test_traces_and_scores_of_the_otel_sdks(machine: Machine, major: int) -> None:
    machine.run(
        f"""
        from langfuse import get_client, observe, propagate_attributes
        client = get_client()
        assert client.auth_check()

        @observe(as_type="tool")
        def get_weather(city):
            return "sunny"

        @observe()
        def agent(question):
            with client.start_as_current_observation(
                name="llm", as_type="generation", model="gpt-4o-mini",
                input=[{{"role": "user", "content": question}}],
            ) as generation:
                generation.update(
                    output="yo", usage_details={{"input": 3, "output": 4}},
                    cost_details={{"total": 0.01}},
                )
            get_weather("Paris")
            client.score_current_trace(name="quality", value=0.9, comment="good")
            client.create_score(
                name="helpful", value="yes", data_type="CATEGORICAL", score_id="s-{major}",
                trace_id=client.get_current_trace_id(),
            )
            client.create_score(
                name="safe", value=1, data_type="BOOLEAN", session_id="lf-{major}",
            )

        with propagate_attributes(session_id="lf-{major}", user_id="ada"):
            agent("hi")
        client.flush()
        client.shutdown()
        """,
        head=head(major),
    )
    trace = one_trace(machine, session=f"lf-{major}")
    assert (trace["name"], trace["user"]) == ("agent", "ada")
    kinds = {span["name"]: span["meaning"]["kind"] for span in trace["spans"]}
    assert kinds == {"agent": "span", "llm": "generation", "get_weather": "tool"}
    assert (trace["usage"]["input_tokens"], trace["usage"]["output_tokens"]) == (3, 4)
    assert trace["usage"]["cost_usd"] == pytest.approx(0.01)
    scores = machine.get("/v1/scores", trace_id=trace["trace_id"])["scores"]
    assert {s["name"]: (s["value"], s["data_type"], s["comment"]) for s in scores} == {
        "quality": (0.9, "numeric", "good"),
        "helpful": ("yes", "categorical", None),
    }
    (safe,) = machine.get("/v1/scores", session=f"lf-{major}")["scores"]
    assert (safe["name"], safe["value"]) == ("safe", True)
    assert f"s-{major}" in {score["id"] for score in scores}
    generation = next(span for span in trace["spans"] if span["name"] == "llm")
    path = f"/v1/traces/{trace['trace_id']}/spans/{generation['span_id']}/content"
    content = machine.get(path)
    assert content["input"] == [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert content["output"][0]["parts"] == [{"type": "text", "content": "yo"}]


def test_the_events_of_the_sdk_before_otel(machine: Machine) -> None:
    machine.run(
        """
        from langfuse import Langfuse
        client = Langfuse()
        assert client.auth_check()
        trace = client.trace(
            name="chat", user_id="bob", session_id="lf-2", tags=["a"], input={"q": 1},
            metadata={"k": 1},
        )
        step = trace.span(name="step", input="x")
        generation = step.generation(
            name="llm", model="gpt-4o-mini", input=[{"role": "user", "content": "hi"}],
            usage={"input": 5, "output": 6},
        )
        client.flush()  # what ends comes in another batch than what began
        generation.end(output="yo")
        step.end()
        trace.update(output="done")
        trace.event(name="note", input="look")
        trace.score(name="ok", value=1, data_type="BOOLEAN")
        client.flush()
        client.shutdown()
        """,
        head=head(2),
    )
    trace = one_trace(machine, session="lf-2")
    spans = {span["name"]: span for span in trace["spans"]}
    assert {name: span["meaning"]["kind"] for name, span in spans.items()} == {
        "chat": "span", "step": "span", "llm": "generation", "note": "event",
    }  # fmt: skip
    assert not any(span["pending"] for span in spans.values())
    assert spans["llm"]["parent_span_id"] == spans["step"]["span_id"]
    assert spans["step"]["parent_span_id"] == spans["chat"]["span_id"] == trace["root_span_id"]
    assert spans["chat"]["attributes"]["langfuse.trace.output"] == "done"
    assert spans["llm"]["attributes"]["langfuse.observation.output"] == "yo"
    assert (trace["usage"]["input_tokens"], trace["usage"]["output_tokens"]) == (5, 6)
    (score,) = machine.get("/v1/scores", trace_id=trace["trace_id"])["scores"]
    assert (score["name"], score["value"]) == ("ok", True)


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_prompts_of_every_generation(machine: Machine, major: int) -> None:
    machine.run(
        f"""
        from langfuse import Langfuse
        client = Langfuse()
        name = "folder/greet {major}"
        client.create_prompt(name=name, prompt="Hi {{{{name}}}}", labels=["production"], tags=["t"])
        client.create_prompt(
            name=name + " chat", type="chat", labels=["production"], config={{"t": 0}},
            prompt=[{{"role": "user", "content": "{{{{q}}}}"}}],
        )
        client.create_prompt(name=name, prompt="Hello {{{{name}}}}")
        text = client.get_prompt(name)
        assert (text.version, text.compile(name="Ada")) == (1, "Hi Ada")
        assert client.get_prompt(name, label="latest").version == 2
        chat = client.get_prompt(name + " chat", type="chat")
        assert chat.compile(q="why") == [{{"role": "user", "content": "why"}}]
        assert chat.config == {{"t": 0}}
        client.update_prompt(name=name, version=2, new_labels=["production"])
        assert client.get_prompt(name, cache_ttl_seconds=0).version == 2
        fallback = client.get_prompt("nothing", fallback="plain", max_retries=1)
        assert fallback.is_fallback
        client.shutdown()
        """,
        head=head(major),
    )
    found = machine.get("/v1/prompts", name=f"folder/greet {major}")["prompts"]
    assert [(prompt["versions"], prompt["tags"]) for prompt in found] == [([1, 2], ["t"])]
