"""Traces counted and cut down: the histogram, the facets, those without runs, and the outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import otlp
from tests.support.server import Server

MINUTE_NS = 60 * 10**9
START = otlp.START_NS - otlp.START_NS % MINUTE_NS
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1_000_000,
    "gen_ai.usage.output_tokens": 0,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lists")) as started:
        for number in range(12):
            failed = {"status": {"code": 2, "message": "no"}} if number % 4 == 0 else {}
            span = otlp.span(
                0x100 + number,
                start=START + number * MINUTE_NS,
                attributes={"user.id": f"user-{number % 3}", "session.id": "one"},
                **failed,
            )
            send(started, span, service="web" if number % 2 else "batch")
        rollout = {"tracehouse.run.id": "a-run", "tracehouse.step": 3}
        send(started, otlp.span(0x200, start=START, name="rollout", attributes=rollout))
        send(
            started,
            otlp.span(0x300, 1, name="agent", start=START, attributes={"session.id": "long"}),
            otlp.span(
                0x300, 2, parent=1, name="chat", start=START + 5, attributes=CALL,
                status={"code": 2, "message": "x" * 600},
            ),
            otlp.span(
                0x300, 3, parent=2, start=START + 6, kind=3,
                attributes={"http.request.method": "POST"},
            ),
            otlp.span(
                0x300, 4, parent=1, start=START + 7, duration=-1,
                attributes={"tracehouse.span.kind": "user_msg"},
            ),
            service="outlined",
        )  # fmt: skip
        started.settle()
        yield started


def send(server: Server, *spans: Any, service: str = "trainer") -> None:
    body = otlp.traces(*spans, resource={"service.name": service}).SerializeToString()
    assert server.post("traces", body).status_code == 200


def test_runs_and_their_rollouts_can_be_left_out(server: Server) -> None:
    def listed(**asked: Any) -> set[str]:
        found = server.get("/v1/traces", service="trainer", **asked).json()["traces"]
        return {trace["name"] for trace in found}

    assert listed() == {"rollout"}
    assert listed(runs=False) == set()


def test_the_histogram_counts_what_the_list_shows_under_the_same_filters(server: Server) -> None:
    for asked in ({}, {"service": "web"}, {"user": "user-1"}, {"status": "error"}, {"q": "no"}):
        listed = server.get("/v1/traces", limit=1000, **asked).json()["traces"]
        counted = server.get("/v1/traces/histogram", **asked).json()
        assert sum(one["traces"] for one in counted["histogram"]) == len(listed), asked
        failed = sum(trace["status"] == "error" for trace in listed)
        assert sum(one["errors"] for one in counted["histogram"]) == failed, asked


def test_the_histogram_has_at_most_the_bins_that_are_wanted(server: Server) -> None:
    answer = server.get("/v1/traces/histogram", bins=6, service="web").json()
    assert answer["width_ms"] == 120_000
    assert len(answer["histogram"]) <= 6
    assert [one["traces"] for one in answer["histogram"]] == [1] * 6
    assert server.get("/v1/traces/histogram", service="nobody").json() == {
        "histogram": [],
        "width_ms": 0,
    }


def test_a_facet_is_counted_under_all_filters_but_its_own(server: Server) -> None:
    asked = server.get("/v1/traces/facets", service="web", session="one").json()["facets"]
    found = {
        facet["name"]: {one["value"]: one["traces"] for one in facet["values"]} for facet in asked
    }
    assert found["service"] == {"batch": 6, "web": 6}
    assert found["user"] == {"user-0": 2, "user-1": 2, "user-2": 2}
    assert found["status"] == {"unset": 6}
    assert found["tag"] == {}


def test_an_outline_is_the_trace_without_what_its_spans_carry(server: Server) -> None:
    trace = f"{0x300:032x}"
    whole = server.get(f"/v1/traces/{trace}").json()
    outline = server.get(f"/v1/traces/{trace}/outline").json()
    assert {name: outline[name] for name in whole.keys() - {"spans"}} == {
        name: whole[name] for name in whole.keys() - {"spans"}
    }
    assert outline["session"] == "long"
    agent, chat, http, said = outline["spans"]
    assert [span["span_id"] for span in outline["spans"]] == [
        span["span_id"] for span in whole["spans"]
    ]
    assert "attributes" not in agent
    assert (chat["kind"], chat["model"]) == ("generation", "gpt-4o-mini")
    assert chat["total_tokens"] == 1_000_000
    assert chat["cost_usd"] == pytest.approx(outline["usage"]["cost_usd"])
    assert chat["cost_usd"] == pytest.approx(0.15)
    assert chat["status_message"] == "x" * 500
    assert [span["noise"] for span in outline["spans"]] == [False, False, True, False]
    assert http["cost_usd"] is None
    assert (said["pending"], said["duration_ms"]) == (True, None)


def test_a_step_of_a_chat_is_told_in_the_outline(server: Server) -> None:
    spans = server.get(f"/v1/traces/{0x300:032x}/outline").json()["spans"]
    assert [span["step_kind"] for span in spans] == [None, None, None, "user_msg"]


def test_a_span_is_asked_for_alone(server: Server) -> None:
    trace = f"{0x300:032x}"
    span = server.get(f"/v1/traces/{trace}/spans/{2:016x}").json()
    assert span["attributes"]["gen_ai.request.model"] == "gpt-4o-mini"
    missing = server.get(f"/v1/traces/{trace}/spans/{9:016x}")
    assert missing.status_code == 404
    assert server.get(f"/v1/traces/{trace}/spans/nonsense").status_code == 422
    assert server.get(f"/v1/traces/{0x999:032x}/outline").status_code == 404
