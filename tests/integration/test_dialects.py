"""What real emitters sent, read right: kinds, models, tokens neither doubled nor missed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import captures, otlp

# Of each emitter: (calls, input, output, cache read, cache write) as the model's server counted.
TRUTH = {
    "adk-default": (2, 60, 32, 20, 0),
    "anthropic-native": (2, 70, 24, 20, 10),
    "claude-code": (2, 70, 24, 20, 10),
    "codex_exec": (2, 60, 24, 20, 0),
    "gemini-cli": (2, 60, 32, 20, 0),
    "genai-openai-span-and-event": (4, 98, 36, 30, 0),
    "langchain-openinference": (3, 90, 36, 30, 0),
    "langsmith": (1, 30, 12, 10, 0),
    "logfire-openai": (6, 168, 60, 50, 10),
    "mlflow": (1, 30, 12, 10, 0),
    "openai-agents-openinference": (2, 60, 24, 20, 0),
    # Its spans do not say what was cached.
    "openai-v2-legacy": (3, 68, 24, 0, 0),
    "openinference-openai": (4, 98, 36, 30, 0),
    "pydantic-ai": (3, 90, 36, 30, 0),
    "strands-default": (2, 60, 24, 20, 0),
    "traceloop-openai": (4, 98, 36, 30, 0),
    "unknown_service:python": (2, 33, 16, 10, 0),  # langfuse
    "vercel-ai-7": (4, 98, 36, 30, 0),
}
COUNTS = ("calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")

# Of each service: how many spans are of which kind.
KINDS = {
    "adk-default": {"generation": 2, "tool": 1, "agent": 1, "chain": 1},
    "anthropic-native": {"generation": 2, "tool": 1, "agent": 1},
    "claude-code": {"generation": 2, "tool": 1, "agent": 1, "span": 2},
    "codex_exec": {"generation": 2, "tool": 1, "agent": 1, "span": 578},
    "gemini-cli": {"generation": 2, "tool": 1, "chain": 1},
    "langchain-openinference": {"generation": 3, "tool": 1, "agent": 1, "chain": 5},
    "langsmith": {"generation": 1, "tool": 1, "chain": 1},
    "mlflow": {"generation": 1, "tool": 1, "agent": 1},
    "openai-agents-openinference": {"generation": 2, "tool": 1, "agent": 2, "chain": 3},
    "openinference-openai": {"generation": 4, "embedding": 1},
    "pydantic-ai": {"generation": 3, "tool": 1, "agent": 2},
    "strands-default": {"generation": 2, "tool": 1, "agent": 1, "chain": 2},
    "unknown_service:python": {"generation": 2, "tool": 1, "agent": 1},
    "vercel-ai-7": {"generation": 4, "embedding": 2, "tool": 1, "agent": 3, "chain": 4},
}


@pytest.fixture(scope="module")
def captured(stored_server: Stored) -> Stored:
    """Every capture, and every capture again: what a client repeats counts once."""
    captures.send(stored_server.server)
    captures.send(stored_server.server)
    return stored_server


def groups(stored: Stored, **parameters: Any) -> dict[str, dict[str, Any]]:
    (by,) = [parameters["group_by"]]
    found = stored.get("/v1/usage", **parameters)["usage"]
    return {group[by]: group for group in found}


def test_every_call_counts_once_however_often_it_was_reported(captured: Stored) -> None:
    found = groups(captured, group_by="service")
    assert {name: tuple(found[name][count] for count in COUNTS) for name in TRUTH} == TRUTH


@pytest.mark.parametrize("service", KINDS)
def test_what_spans_are(captured: Stored, service: str) -> None:
    kinds: Counter[str] = Counter()
    for page in captured.pages("/v1/spans", "spans", service=service, limit=200):
        kinds.update(span["meaning"]["kind"] for span in page)
    assert kinds == KINDS[service]


def test_a_call_without_a_model_has_that_of_its_trace(captured: Stored) -> None:
    (group,) = captured.get("/v1/usage", group_by="model", service="codex_exec")["usage"]
    assert (group["provider"], group["model"]) == ("openai", "gpt-5-codex")


def test_what_the_emitter_says_a_call_cost_goes_before_the_price_list(captured: Stored) -> None:
    found = groups(captured, group_by="model")
    assert found["m1"]["cost_usd"] == pytest.approx(0.01)
    claude = groups(captured, group_by="service")["claude-code"]
    assert claude["cost_usd"] == pytest.approx(0.0005235)


def test_a_priced_model_costs_what_the_list_says_with_the_cache_apart(captured: Stored) -> None:
    found = groups(captured, group_by="service")["strands-default"]
    # 20 new, 10 cached and 12 output tokens a call, at 0.15, 0.075 and 0.60 USD a million.
    assert found["cost_usd"] == pytest.approx(2 * (20 * 0.15 + 10 * 0.075 + 12 * 0.6) / 1e6)
    assert all(name.startswith(("genai-prices", "emitter")) for name in found["priced_by"])


def test_an_unknown_model_has_no_cost_and_is_named(stored_server: Stored) -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "homegrown-1",
        "gen_ai.usage.input_tokens": 5,
    }
    request = otlp.traces(otlp.span(0xABC, attributes=attributes), resource={"service.name": "own"})
    stored_server.send("traces", request)
    (group,) = stored_server.get("/v1/usage", group_by="model", service="own")["usage"]
    assert (group["cost_usd"], group["unpriced"]) == (None, {"homegrown-1": 1})


def test_a_call_reported_on_two_sides_of_midnight_counts_once(stored_server: Stored) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.id": "resp-at-midnight", "gen_ai.usage.input_tokens": 5,
    }  # fmt: skip
    day_ns = 86_400_000_000_000
    midnight = otlp.START_NS - otlp.START_NS % day_ns
    spans = [
        otlp.span(0xABD, number, start=midnight + offset, attributes=attributes | more)
        for number, (offset, more) in enumerate(
            [
                (-1_000, {}),
                (1_000, {}),
                # Equal in all but the id: another call.
                (1_000, {"gen_ai.response.id": "resp-after-midnight"}),
            ],
            start=1,
        )
    ]
    stored_server.send("traces", otlp.traces(*spans, resource={"service.name": "at-midnight"}))
    usage = stored_server.get("/v1/usage", group_by="day", service="at-midnight")["usage"]
    assert [(group["day"], group["calls"]) for group in usage] == [
        ("2026-09-20", 1),
        ("2026-09-21", 1),
    ]
    first = stored_server.get("/v1/usage", service="at-midnight", **{"from": "2026-09-21"})
    assert first["total"]["calls"] == 1


def test_a_session_has_its_traces_its_logs_and_its_usage(captured: Stored) -> None:
    sessions = captured.get("/v1/sessions", limit=100)["sessions"]
    codex = next(s for s in sessions if s["log_count"] == 29)
    assert (codex["trace_count"], codex["usage"]["calls"]) == (1, 2)
    whole = captured.get(f"/v1/sessions/{codex['session']}")
    assert [trace["name"] for trace in whole["traces"]] == ["turn/start"]
    assert whole["usage"] == codex["usage"]
    assert captured.server.get("/v1/sessions/nobody").status_code == 404


def test_users_have_the_calls_of_their_traces(captured: Stored) -> None:
    users = {user["user"]: user for user in captured.get("/v1/users", limit=100)["users"]}
    # Langfuse, Strands and Traceloop were run for u-1; Traceloop names it at one call of four.
    assert users["u-1"]["usage"]["calls"] == 5
    assert users["user-1"]["usage"]["input_tokens"] == 98


def test_lists_of_sessions_and_users_are_paged(captured: Stored) -> None:
    for path, rows, name in (("sessions", "sessions", "session"), ("users", "users", "user")):
        whole = captured.get(f"/v1/{path}", limit=200)[rows]
        pages = captured.pages(f"/v1/{path}", rows, limit=2)
        assert [row[name] for page in pages for row in page] == [row[name] for row in whole]


def test_a_trace_says_what_it_used(captured: Stored) -> None:
    (strands,) = captured.get("/v1/traces", service="strands-default")["traces"]
    assert (strands["usage"]["input_tokens"], strands["usage"]["calls"]) == (60, 2)
    assert captured.get(f"/v1/traces/{strands['trace_id']}")["usage"] == strands["usage"]


def call(number: int, parent: int = 0, **more: Any) -> Any:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 1,
    }
    fields = {key: more.pop(key) for key in ("start", "duration") if key in more}
    return otlp.span(0xCA11, number, parent=parent, attributes=attributes | more, **fields)


def test_the_same_call_seen_from_outside_and_inside_counts_once(stored_server: Stored) -> None:
    outer = call(1, duration=10_000_000)
    inner = call(2, parent=1, duration=5_000_000, **{"gen_ai.response.id": "r-1"})
    stored_server.send("traces", otlp.traces(outer, inner, resource={"service.name": "nested"}))
    trace = stored_server.get(f"/v1/traces/{0xCA11:032x}")
    assert (trace["usage"]["calls"], trace["usage"]["input_tokens"]) == (1, 10)


def test_odd_values_are_stored_as_they_are_and_break_nothing(stored_server: Stored) -> None:
    values = [
        "",
        "x",
        "-5",
        "nan",
        "inf",
        "1e999",
        '"7"',
        "{",
        "[1",
        "null",
        "\x00",
        "9" * 40,
        "'a'",
    ]
    keys = [
        "gen_ai.usage.input_tokens", "gen_ai.usage.cost", "gen_ai.response.finish_reasons",
        "langfuse.observation.usage_details", "gen_ai.usage.input_token_details", "metadata",
        "gen_ai.operation.name", "gen_ai.response.time_to_first_chunk", "mlflow.spanType",
        "llm.invocation_parameters", "gen_ai.usage.raw", "operation.cost",
    ]  # fmt: skip
    spans = [
        otlp.span(0x0DD, number, attributes=dict.fromkeys(keys, value))
        for number, value in enumerate(values, start=1)
    ]
    stored_server.send("traces", otlp.traces(*spans))
    found = stored_server.get(f"/v1/traces/{0x0DD:032x}")["spans"]
    assert {span["span_id"]: span["attributes"] for span in found} == {
        f"{number:016x}": dict.fromkeys(keys, value) for number, value in enumerate(values, start=1)
    }
    assert {span["meaning"]["cost_usd"] for span in found} == {None, 7.0}
    assert stored_server.get("/v1/rejects", limit=1)["rejects"] == []


# Emitters that were run with the same conversation: ask, call the tool, answer.
TALKERS = [
    "adk-default", "genai-openai-span-and-event", "langchain-openinference", "logfire-openai",
    "openai-agents-openinference", "openai-v2-legacy", "openinference-openai", "pydantic-ai",
    "strands-default", "traceloop-openai", "vercel-ai-7",
]  # fmt: skip
CALL = ("tool_call", "get_weather", {"city": "Paris"})


def said(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Role and gist of each part."""

    def gist(part: dict[str, Any]) -> Any:
        match part["type"]:
            case "text":
                return part["content"].split("\n")[0]
            case "tool_call":
                return ("tool_call", part["name"], part["arguments"])
            case _:
                answer = part["response"]
                return ("answer", answer["result"] if isinstance(answer, dict) else answer)

    return [(message["role"], gist(part)) for message in messages for part in message["parts"]]


def contents(stored: Stored, service: str, kind: str) -> list[dict[str, Any]]:
    spans = stored.get("/v1/spans", service=service, limit=1000)["spans"]
    return [
        stored.get(f"/v1/traces/{span['trace_id']}/spans/{span['span_id']}/content")
        for span in sorted(spans, key=lambda span: span["start_time"])
        if span["meaning"]["kind"] == kind
    ]


@pytest.mark.parametrize("service", TALKERS)
def test_a_conversation_reads_the_same_whoever_sent_it(captured: Stored, service: str) -> None:
    first, second, *_ = contents(captured, service, "generation")
    assert said(first["input"]) == [("system", "Be brief."), ("user", "Weather in Paris?")]
    assert said(first["output"]) == [("assistant", CALL)]
    *begin, (_, answer) = said(second["input"])
    assert begin == [*said(first["input"]), ("assistant", CALL)]
    assert answer == ("answer", "sunny")
    if service != "logfire-openai":  # its stream's answer is in a span of its own
        assert said(second["output"]) == [("assistant", "It is sunny in Paris.")]
    assert first["malformed"] == second["malformed"] == []


@pytest.mark.parametrize(
    ("service", "arguments", "result"),
    [
        ("anthropic-native", {"city": "Paris"}, "sunny"),
        ("claude-code", {"command": "echo hi", "description": "say hi"}, "hi"),
        ("langchain-openinference", "Paris", "sunny"),
        ("langsmith", {"city": "Paris"}, "sunny"),
        ("mlflow", {"city": "Paris"}, "sunny"),
        ("pydantic-ai", {"city": "Paris"}, "sunny"),
        ("strands-default", {"city": "Paris"}, "sunny"),
        ("unknown_service:python", ["Paris"], "sunny"),
        ("vercel-ai-7", {"city": "Paris"}, "sunny"),
    ],
)
def test_what_a_tool_was_given_and_gave(
    captured: Stored, service: str, arguments: Any, result: Any
) -> None:
    (tool, *_) = contents(captured, service, "tool")
    assert (tool["arguments"], tool["result"]) == (arguments, result)


def test_a_tool_of_codex_has_what_its_log_records_say(captured: Stored) -> None:
    (tool,) = contents(captured, "codex_exec", "tool")
    assert tool["arguments"] == {"cmd": "echo hi"}
    assert "Process exited with code 0" in tool["result"]


@pytest.mark.parametrize(
    "service", ["openinference-openai", "vercel-ai-7", "mlflow", "pydantic-ai"]
)
def test_the_tools_that_a_model_was_offered(captured: Stored, service: str) -> None:
    (tool,) = contents(captured, service, "generation")[0]["tools"]
    assert (tool["type"], tool["name"]) == ("function", "get_weather")
    assert "city" in tool["parameters"]["properties"]


def test_malformed_content_is_kept_as_text_and_said(stored_server: Stored) -> None:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": '[{"role": "user"'}
    stored_server.send("traces", otlp.traces(otlp.span(0xBAD, attributes=attributes)))
    found = stored_server.get(f"/v1/traces/{0xBAD:032x}/spans/{1:016x}/content")
    assert found["malformed"] == ["gen_ai.input.messages"]
    assert found["input"] == [
        {"role": "user", "parts": [{"type": "text", "content": '[{"role": "user"'}]}
    ]


def test_there_is_no_content_where_there_is_no_span(stored_server: Stored) -> None:
    path = f"/v1/traces/{0xBAD:032x}/spans/{9:016x}/content"
    assert stored_server.server.get(path).status_code == 404
