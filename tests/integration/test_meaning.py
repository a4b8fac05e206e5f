"""What is read out of spans beside tokens: tags, sessions, errors, judgements, noise."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS, key_values

MILLISECOND = 1_000_000


def meaning(stored: Stored, trace: int, **attributes: Any) -> dict[str, Any]:
    """The meaning of a span with these attributes, dots written as two underscores."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    stored.send("traces", otlp.traces(otlp.span(trace, 1, attributes=named)))
    return read(stored, trace)["spans"][0]["meaning"]


def read(stored: Stored, trace: int) -> dict[str, Any]:
    return stored.get(f"/v1/traces/{trace:032x}")


def scoped(scope: str, *spans: Span) -> Any:
    request = otlp.traces(*spans)
    request.resource_spans[0].scope_spans[0].scope.name = scope
    return request


def test_tags_come_as_arrays_json_and_lists_with_commas(stored_server: Stored) -> None:
    tags = ["one", "two words", "ä" * 4]
    for trace, sent in enumerate(
        ({"langfuse__trace__tags": tags}, {"tag__tags": '["one", "two words", "ääää"]'},
         {"langsmith__span__tags": "one, two words,ääää"}), start=0x7A60
    ):  # fmt: skip
        assert meaning(stored_server, trace, **sent)["tags"] == tags


def test_a_trace_is_found_by_what_any_of_its_spans_says(stored_server: Stored) -> None:
    child = otlp.span(
        0x7A70, 2, parent=1,
        attributes={"session.id": "of the child", "user.id": "eve", "langfuse.trace.tags": ["t9"]},
    )  # fmt: skip
    stored_server.send("traces", otlp.traces(child), otlp.traces(otlp.span(0x7A70, 1, name="root")))
    for asked in ({"session": "of the child"}, {"user": "eve"}, {"tag": "t9"}):
        (trace,) = stored_server.get("/v1/traces", **asked)["traces"]
        assert (trace["name"], trace["session"], trace["user"], trace["tags"]) == (
            "root", "of the child", "eve", ["t9"],
        )  # fmt: skip
    assert stored_server.get("/v1/traces", tag="t8")["traces"] == []
    (span,) = stored_server.get("/v1/spans", tag="t9")["spans"]
    assert span["span_id"] == f"{2:016x}"


def test_the_id_of_the_last_response_is_no_session(stored_server: Stored) -> None:
    found = meaning(stored_server, 0x7A80, gen_ai__conversation__id="resp_123", session__id="mine")
    assert found["session_id"] == "mine"
    kept = meaning(stored_server, 0x7A81, gen_ai__conversation__id="conv_1", session__id="mine")
    assert kept["session_id"] == "conv_1"


def test_a_total_counts_where_nothing_else_was_sent(stored_server: Stored) -> None:
    alone = meaning(
        stored_server, 0x7A90, gen_ai__operation__name="chat", gen_ai__usage__total_tokens=9
    )
    assert (alone["input_tokens"], alone["total_tokens"]) == (0, 9)
    assert read(stored_server, 0x7A90)["usage"]["total_tokens"] == 9
    both = meaning(
        stored_server, 0x7A91, gen_ai__usage__total_tokens=99, gen_ai__usage__input_tokens=3,
        gen_ai__usage__output_tokens=4,
    )  # fmt: skip
    assert both["total_tokens"] == 7


def test_the_first_chunk_is_timed_by_its_event_or_its_time(stored_server: Stored) -> None:
    for trace, name in enumerate(
        ("First Token Stream Event", "ai.stream.firstChunk", "llm.content.completion.chunk"),
        start=0x7AA0,
    ):
        chunks = [
            Span.Event(name=name, time_unix_nano=START_NS + n * 250 * MILLISECOND) for n in (1, 2)
        ]
        span = otlp.span(
            trace, 1, attributes={"gen_ai.operation.name": "chat"}, events=chunks,
            duration=900 * MILLISECOND,
        )  # fmt: skip
        stored_server.send("traces", otlp.traces(span))
        assert read(stored_server, trace)["spans"][0]["meaning"]["ttft_ms"] == 250
    # START_NS is 14:13:20 of that day.
    said = {"langfuse.observation.completion_start_time": '"2026-09-21T14:13:21.500Z"'}
    said |= {"langfuse.observation.type": "generation"}
    stored_server.send("traces", otlp.traces(otlp.span(0x7AA9, 1, attributes=said)))
    assert read(stored_server, 0x7AA9)["spans"][0]["meaning"]["ttft_ms"] == 1500


def test_an_error_is_called_what_the_exception_was(stored_server: Stored) -> None:
    raised = Span.Event(
        name="exception", attributes=key_values({"exception.type": "openai.RateLimitError"})
    )
    failed = otlp.span(
        0x7AB0, 1, events=[raised], status=Status(code=Status.STATUS_CODE_ERROR),
        attributes={"gen_ai.operation.name": "chat"},
    )  # fmt: skip
    stored_server.send("traces", otlp.traces(failed))
    found = read(stored_server, 0x7AB0)["spans"][0]["meaning"]
    assert found["error_type"] == "openai.RateLimitError"


def test_judgements_on_spans_become_scores(stored_server: Stored) -> None:
    event = Span.Event(
        name="gen_ai.evaluation.result",
        attributes=key_values(
            {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.8,
             "gen_ai.evaluation.explanation": "on topic"}
        ),
    )  # fmt: skip
    judged = otlp.span(0x7AC0, 1, events=[event])
    annotated = otlp.span(
        0x7AC1, 1,
        attributes={
            "openinference.span.kind": "LLM", "session.id": "annotated",
            "annotations.0.annotation.name": "tone", "annotations.0.annotation.label": "kind",
            "annotations.0.annotation.annotator_kind": "HUMAN",
            "trace.evaluations.0.evaluation.name": "solved",
            "trace.evaluations.0.evaluation.score": 1,
        },
    )  # fmt: skip
    linked = otlp.span(
        0x7AC2, 1,
        attributes={
            "openinference.span.kind": "EVALUATOR", "evaluations.0.evaluation.name": "later",
            "evaluations.0.evaluation.score": 0.25,
        },
        links=[Span.Link(trace_id=(0x7AC1).to_bytes(16, "big"), span_id=(1).to_bytes(8, "big"))],
    )  # fmt: skip
    for _ in range(2):  # what comes again adds nothing
        stored_server.send("traces", otlp.traces(judged, annotated, linked))

    def scores(trace: int) -> dict[str, tuple[Any, ...]]:
        found = stored_server.get("/v1/scores", trace_id=f"{trace:032x}")["scores"]
        assert len({score["name"] for score in found}) == len(found)
        return {s["name"]: (s["value"], s["source"], s["span_id"], s["comment"]) for s in found}

    one = f"{1:016x}"
    assert scores(0x7AC0) == {"relevance": (0.8, "eval", one, "on topic")}
    assert scores(0x7AC1) == {
        "tone": ("kind", "annotation", one, None),
        "solved": (1.0, "eval", None, None),
        "later": (0.25, "eval", one, None),
    }
    assert scores(0x7AC2) == {}
    for asked, traces in (
        ({"score.tone": "kind"}, {0x7AC1}), ({"score.tone": "!=kind"}, set()),
        ({"score.later": "<0.5"}, {0x7AC1}), ({"score.relevance": ">=0.8"}, {0x7AC0}),
        ({"score.relevance": ">0.8"}, set()),
        ({"score.later": "<0.5", "score.tone": "kind"}, {0x7AC1}),
    ):  # fmt: skip
        found = stored_server.get("/v1/traces", **asked)["traces"]
        assert {int(trace["trace_id"], 16) for trace in found} == traces, asked
    assert stored_server.server.get("/v1/traces", **{"score.tone": ">kind"}).status_code == 422


def test_requests_to_a_model_are_noise_beside_the_model(stored_server: Stored) -> None:
    def request(trace: int, number: int, parent: int) -> Span:
        return otlp.span(
            trace, number, parent=parent, name="POST", kind=Span.SPAN_KIND_CLIENT,
            attributes={"http.request.method": "POST"},
        )  # fmt: skip

    model = otlp.span(0x7AD0, 1, attributes={"gen_ai.operation.name": "chat"})
    stored_server.send("traces", otlp.traces(model, request(0x7AD0, 2, 1)))
    stored_server.send("traces", otlp.traces(otlp.span(0x7AD1, 1), request(0x7AD1, 2, 1)))
    assert [span["noise"] for span in read(stored_server, 0x7AD0)["spans"]] == [False, True]
    assert [span["noise"] for span in read(stored_server, 0x7AD1)["spans"]] == [False, False]


def test_a_request_that_failed_is_no_noise(stored_server: Stored) -> None:
    def request(number: int, **fields: Any) -> Span:
        return otlp.span(
            0x7AD2, number, parent=1, name="POST", kind=Span.SPAN_KIND_CLIENT,
            attributes={"http.request.method": "POST"}, **fields,
        )  # fmt: skip

    model = otlp.span(0x7AD2, 1, attributes={"gen_ai.operation.name": "chat"})
    failed = request(3, status={"code": 2, "message": "connection refused"})
    stored_server.send("traces", otlp.traces(model, request(2), failed))
    assert [span["noise"] for span in read(stored_server, 0x7AD2)["spans"]] == [False, True, False]
    outline = stored_server.get(f"/v1/traces/{0x7AD2:032x}/outline")
    assert [span["noise"] for span in outline["spans"]] == [False, True, False]


def test_the_inner_workings_of_codex_are_listed_when_asked_for(stored_server: Stored) -> None:
    inner = otlp.span(0x7AE0, 1, name="poll")
    turn = otlp.span(0x7AE1, 2, parent=1, name="session_task.turn", attributes={"model": "gpt-5"})
    stored_server.send(
        "traces",
        scoped("codex_exec", inner),
        scoped("codex_exec", otlp.span(0x7AE1, 1, name="turn/start")),
        scoped("codex_exec", turn),
    )
    at = {"from": START_NS, "to": START_NS + 1, "limit": 1000}
    usual = {trace["trace_id"] for trace in stored_server.get("/v1/traces", **at)["traces"]}
    everything = stored_server.get("/v1/traces", noise=True, **at)["traces"]
    assert {trace["trace_id"] for trace in everything} - usual == {f"{0x7AE0:032x}"}
    noisy = {span["name"]: span["noise"] for span in read(stored_server, 0x7AE1)["spans"]}
    assert noisy == {"turn/start": True, "session_task.turn": False}


def test_spans_are_found_by_what_they_mean(stored_server: Stored) -> None:
    stored_server.send(
        "traces",
        otlp.traces(
            otlp.span(
                0x7AF0, 1,
                attributes={
                    "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1",
                    "gen_ai.prompt.name": "greeting", "gen_ai.prompt.version": "3",
                },
            ),
            otlp.span(0x7AF0, 2, attributes={"gen_ai.operation.name": "execute_tool"}),
        ),
    )  # fmt: skip
    one = [f"{1:016x}"]
    for asked in ({"model": "m-1"}, {"prompt": "greeting", "prompt_version": "3"}):
        found = stored_server.get("/v1/spans", **asked)["spans"]
        assert [span["span_id"] for span in found] == one
    found = stored_server.get("/v1/spans", trace_id=f"{0x7AF0:032x}", means="tool")["spans"]
    assert [span["span_id"] for span in found] == [f"{2:016x}"]
    assert stored_server.get("/v1/spans", prompt="greeting", prompt_version="4")["spans"] == []


def test_a_call_inside_another_of_the_same_model_counts_once(stored_server: Stored) -> None:
    """Two libraries report it, and at most one of them has the response's id."""

    def call(trace: int, number: int, parent: int, marker: str, **more: Any) -> Span:
        attributes = {
            "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 7, marker: "x",
            **{key.replace("__", "."): value for key, value in more.items()},
        }  # fmt: skip
        return otlp.span(trace, number, parent=parent, attributes=attributes)

    def outer(trace: int, **more: Any) -> Span:
        return call(trace, 1, 0, "traceloop.span.kind", gen_ai__request__model="m-1", **more)

    def inner(trace: int, model: str = "m-1-2026", **more: Any) -> Span:
        return call(trace, 2, 1, "haystack.component.name", gen_ai__response__model=model, **more)

    def used(name: str, *spans: Span) -> tuple[int, int]:
        stored_server.send("traces", otlp.traces(*spans, resource={"service.name": name}))
        total = stored_server.get("/v1/usage", service=name)["total"]
        return total["calls"], total["input_tokens"]

    assert used("nested 1", outer(0x7B01), inner(0x7B01)) == (1, 7)
    assert used("nested 2", outer(0x7B02, gen_ai__response__id="r"), inner(0x7B02)) == (1, 7)
    assert used("nested 3", outer(0x7B03), inner(0x7B03, gen_ai__response__id="r")) == (1, 7)
    assert used("another model", outer(0x7B04), inner(0x7B04, "n-1")) == (2, 14)
    both = {"gen_ai__response__id": "a"}, {"gen_ai__response__id": "b"}
    assert used("both known", outer(0x7B05, **both[0]), inner(0x7B05, **both[1])) == (2, 14)
