"""Scores: given over OTLP and by request, replaced, found, taken back, and refused when wrong."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS, key_values

TRACE, SPAN = f"{0x5C0:032x}", f"{7:016x}"


def post(stored: Stored, path: str, body: Any) -> httpx.Response:
    server = stored.server
    return server.client.post(f"{server.http}{path}", json=body, headers=server.headers, timeout=30)


def give(stored: Stored, **score: Any) -> str:
    answer = post(stored, "/v1/scores", score)
    assert answer.status_code == 201, answer.text
    stored.server.settle()
    return answer.json()["id"]


@pytest.mark.parametrize(
    ("value", "data_type", "shown"),
    [
        (0.5, None, (0.5, "numeric")),
        (-3, "numeric", (-3.0, "numeric")),
        (True, None, (True, "boolean")),
        (0, "boolean", (False, "boolean")),
        ("good", None, ("good", "categorical")),
        ("A long remark.", "text", ("A long remark.", "text")),
    ],
)
def test_a_score_comes_back_as_it_was_given(
    stored_server: Stored, value: Any, data_type: str | None, shown: tuple[Any, str]
) -> None:
    given = give(
        stored_server, name="n", value=value, data_type=data_type, trace_id=TRACE, span_id=SPAN,
        comment="why", author="ada", source="annotation", metadata={"a": [1]},
    )  # fmt: skip
    found = stored_server.get("/v1/scores", trace_id=TRACE, span_id=SPAN, limit=200)["scores"]
    (score,) = [score for score in found if score["id"] == given]
    assert (score["value"], score["data_type"]) == shown
    assert score["comment"] == "why"
    assert (score["author"], score["source"], score["metadata"]) == (
        "ada",
        "annotation",
        {"a": [1]},
    )


def test_the_same_id_replaces_and_a_deleted_score_is_gone(stored_server: Stored) -> None:
    for value in (1, 2):
        give(stored_server, id="again", name="replaced", value=value, session_id="s-r")
    (score,) = stored_server.get("/v1/scores", session="s-r")["scores"]
    assert score["value"] == 2
    server = stored_server.server
    gone = server.client.delete(f"{server.http}/v1/scores/again", headers=server.headers)
    assert gone.status_code == 204
    server.settle()
    assert stored_server.get("/v1/scores", session="s-r")["scores"] == []


def test_scores_are_filtered_and_paged(stored_server: Stored) -> None:
    for number in range(5):
        give(stored_server, name="paged", value=number, run_id="r-1", time=f"2026-01-0{number + 1}")
    pages = stored_server.pages("/v1/scores", "scores", name="paged", limit=2)
    assert [score["value"] for page in pages for score in page] == [4, 3, 2, 1, 0]
    some = stored_server.get("/v1/scores", name="paged", min_value=1, max_value=2)["scores"]
    assert [score["value"] for score in some] == [2, 1]
    assert stored_server.get("/v1/scores", run="r-1", source="eval")["scores"] == []


def test_an_evaluator_sends_them_over_otlp(stored_server: Stored) -> None:
    def record(event: str, **more: Any) -> LogRecord:
        return LogRecord(
            time_unix_nano=START_NS,
            event_name=event,
            trace_id=(0x5C1).to_bytes(16, "big"),
            span_id=(1).to_bytes(8, "big"),
            attributes=key_values({f"gen_ai.evaluation.{k}": v for k, v in more.items()}),
        )

    request = otlp.logs()
    request.resource_logs[0].scope_logs[0].log_records.extend(
        (
            record("gen_ai.evaluation.result", **{"name": "Relevance", "score.value": 0.25,
                   "score.label": "off", "explanation": "no"}),
            record("gen_ai.evaluation.result", **{"name": "Tone", "score.label": "kind"}),
            record("something.else", name="Not a score"),
        )
    )  # fmt: skip
    stored_server.send("logs", request, request)
    found = stored_server.get("/v1/scores", trace_id=f"{0x5C1:032x}")["scores"]
    assert {s["name"]: (s["value"], s["label"], s["comment"], s["source"]) for s in found} == {
        "Relevance": (0.25, "off", "no", "eval"),
        "Tone": ("kind", "kind", None, "eval"),
    }


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"name": None}, "name"),
        ({"value": None}, "value"),
        ({"value": "x", "data_type": "numeric"}, "value"),
        ({"value": 2, "data_type": "boolean"}, "value"),
        ({"value": 1e308, "data_type": "numeric"}, "value"),
        ({"data_type": "colour"}, "data_type"),
        ({"trace_id": None}, "trace_id"),
        ({"trace_id": "xyz"}, "trace_id"),
        ({"trace_id": None, "session_id": "s", "span_id": SPAN}, "span_id"),
        ({"source": "rumour"}, "source"),
        ({"time": "yesterday"}, "time"),
        ({"name": ["a"]}, "name"),
    ],
)
def test_a_wrong_score_is_refused_with_its_reason(
    stored_server: Stored, change: dict[str, Any], names: str
) -> None:
    answer = post(
        stored_server, "/v1/scores", {"name": "n", "value": 1, "trace_id": TRACE} | change
    )
    assert answer.status_code == 422
    assert names in answer.json()["detail"]


def test_of_an_array_the_good_scores_are_taken_and_the_bad_told(stored_server: Stored) -> None:
    good = {"id": "arr-1", "name": "n", "value": 1, "traceId": "my trace", "tags": None}
    answer = post(stored_server, "/api/public/scores", [good, {"name": "n"}, 3])
    assert answer.status_code == 207
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 2)
    one = post(stored_server, "/api/public/scores", good | {"id": "arr-2"})
    assert (one.status_code, one.json()) == (200, {"id": "arr-2"})
    assert post(stored_server, "/api/public/scores", {"name": "n"}).status_code == 400


def test_of_a_batch_of_events_a_wrong_one_costs_only_itself(stored_server: Stored) -> None:
    at = "2026-01-01T00:00:00Z"
    batch = [
        {"id": "e1", "type": "trace-create", "timestamp": at, "body": {"id": "tr", "name": "t"}},
        {"id": "e2", "type": "span-create", "timestamp": at, "body": {"startTime": "never"}},
        {"id": "e3", "type": "unheard-of", "timestamp": at, "body": {}},
        {"id": "e4", "type": "sdk-log", "timestamp": at, "body": {}},
        7,
    ]
    answer = post(stored_server, "/api/public/ingestion", {"batch": batch, "metadata": None})
    assert answer.status_code == 207
    assert [item["id"] for item in answer.json()["successes"]] == ["e1", "e4"]
    assert [item["id"] for item in answer.json()["errors"]] == ["e2", "e3", ""]
    assert post(stored_server, "/api/public/ingestion", {"batch": 1}).status_code == 400


def test_langfuse_doors_ask_for_a_key_but_health_does_not(stored_server: Stored) -> None:
    base = f"{stored_server.server.http}/api/public"
    assert httpx.get(f"{base}/health").json()["status"] == "OK"
    assert httpx.get(f"{base}/projects").status_code == 401
    assert httpx.post(f"{base}/scores", json=[]).status_code == 401
    wrong = httpx.get(f"{base}/projects", auth=("pk", "sk-wrong"))
    assert wrong.status_code == 401
    right = httpx.get(f"{base}/projects", auth=("pk", stored_server.server.key))
    assert len(right.json()["data"]) == 1
