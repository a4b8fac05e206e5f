"""Datasets: items and their versions, runs, and the comparison item by item."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.integration.conftest import Stored
from tests.support import otlp


def send(stored: Stored, method: str, path: str, body: Any = None) -> httpx.Response:
    server = stored.server
    return server.client.request(
        method,
        f"{server.http}/v1/datasets{path}",
        content=json.dumps(body),
        headers=server.headers,
    )


def made(stored: Stored, path: str, body: Any) -> Any:
    answer = send(stored, "POST", path, body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_dataset_is_made_changed_listed_and_removed(stored_server: Stored) -> None:
    first = made(stored_server, "", {"name": "a/b c", "description": "one", "metadata": {"k": 1}})
    again = made(stored_server, "", {"name": "a/b c", "description": "two"})
    assert again["id"] == first["id"]
    found = stored_server.get("/v1/datasets/a/b c")
    assert (found["description"], found["metadata"]) == ("two", {"k": 1})
    listed = stored_server.get("/v1/datasets")
    assert "a/b c" in [dataset["name"] for dataset in listed["datasets"]]
    assert send(stored_server, "DELETE", "/a/b c").status_code == 204
    assert send(stored_server, "GET", "/a/b c").status_code == 404
    assert send(stored_server, "DELETE", "/a/b c").status_code == 404


def test_a_dataset_is_read_as_it_was(stored_server: Stored) -> None:
    made(stored_server, "", {"name": "versions", "items": [{"id": "i1", "input": 1}]})
    before = stored_server.get("/v1/datasets/versions/items")["items"][0]["version"]
    made(stored_server, "/versions/items", {"id": "i1", "expected_output": "x"})
    made(stored_server, "/versions/items", {"items": [{"id": "i2", "input": None}]})
    now = stored_server.get("/v1/datasets/versions/items")
    assert [(item["id"], item["input"], item["expected_output"]) for item in now["items"]] == [
        ("i2", None, None), ("i1", 1, "x"),
    ]  # fmt: skip
    then = stored_server.get("/v1/datasets/versions/items", at=before)["items"]
    assert [(item["id"], item["expected_output"]) for item in then] == [("i1", None)]
    assert send(stored_server, "DELETE", "/versions/items/i1").status_code == 204
    assert stored_server.get("/v1/datasets/versions/items")["total"] == 1
    assert send(stored_server, "GET", "/versions/items/i1").status_code == 404
    still = stored_server.get("/v1/datasets/versions/items", at=now["items"][0]["version"])
    assert still["total"] == 2
    back = made(stored_server, "/versions/items", {"id": "i1", "input": 9})["items"][0]
    assert (back["input"], back["expected_output"]) == (9, None)


def test_runs_are_compared_item_by_item(stored_server: Stored) -> None:
    items = [{"id": f"c{n}", "input": {"n": n}, "expected_output": n * n} for n in (1, 2)]
    made(stored_server, "", {"name": "squares", "items": items})
    spans, scores = list[Any](), list[dict[str, Any]]()
    for run, (name, wrong) in enumerate((("first", True), ("second", False))):
        links = list[dict[str, Any]]()
        for n in (1, 2):
            trace = 0xDA7A00 + 16 * run + n
            failed = wrong and n == 2
            spans.append(
                otlp.span(
                    trace, 1, duration=(n + run) * 1_000_000,
                    attributes={
                        "langfuse.observation.output": str(n * n),
                        "gen_ai.usage.cost": 0.5, "gen_ai.operation.name": "chat",
                        "gen_ai.usage.input_tokens": 1,
                    },
                    status=Status(code=2 if failed else 0, message="no" if failed else ""),
                )
            )  # fmt: skip
            identity = f"{trace:032x}"
            links.append({"item_id": f"c{n}", "trace_id": identity})
            scores.append({"trace_id": identity, "name": "right", "value": not failed})
            scores.append({"trace_id": identity, "name": "tone", "value": "dry"})
        run_json = made(stored_server, "/squares/runs", {"name": name, "items": links[:1]})
        assert run_json["item_count"] == 1
        for _ in range(2):  # what is said again adds nothing
            run_json = made(stored_server, "/squares/runs", {"name": name, "items": links})
        assert run_json["item_count"] == 2
    stored_server.send("traces", otlp.traces(*spans))
    server = stored_server.server
    for score in scores:
        server.client.post(f"{server.http}/v1/scores", json=score, headers=server.headers)
    server.settle()

    assert [run["name"] for run in stored_server.get("/v1/datasets/squares/runs")["runs"]] == [
        "second", "first",
    ]  # fmt: skip
    found = stored_server.get("/v1/datasets/squares/compare", run=["first", "second"])
    first, second = (run["summary"] for run in found["runs"])
    assert first == {
        "scores": {
            "right": {"count": 2, "mean": 0.5}, "tone": {"count": 2, "labels": {"dry": 2}},
        },
        "error_count": 1, "mean_latency_ms": 1.5, "cost_usd": 1.0,
    }  # fmt: skip
    assert (second["scores"]["right"]["mean"], second["error_count"]) == (1.0, 0)
    (row,) = (item for item in found["items"] if item["item_id"] == "c2")
    assert (row["input"], row["expected_output"]) == ({"n": 2}, 4)
    results = row["results"]
    assert (results["first"]["error"], results["second"]["error"]) == ("no", None)
    assert results["second"]["output"] == 4
    assert results["second"]["scores"] == {"right": True, "tone": "dry"}
    assert results["second"]["latency_ms"] == 3.0
    assert send(stored_server, "DELETE", "/squares/runs/first").status_code == 204
    assert len(stored_server.get("/v1/datasets/squares/compare")["runs"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("", {}, "name"),
        ("", {"name": "x" * 501}, "500"),
        ("", {"name": "bad", "items": {"id": 1}}, "items"),
        ("/faults/items", {"status": "GONE"}, "status"),
        ("/faults/runs", {"name": ""}, "name"),
        ("/faults/runs", {"name": "r", "items": [{"item_id": "i"}]}, "trace_id"),
    ],
)
def test_what_is_wrong_is_said(stored_server: Stored, path: str, body: Any, complaint: str) -> None:
    made(stored_server, "", {"name": "faults"})
    answer = send(stored_server, "POST", path, body)
    assert answer.status_code == 422
    assert complaint in answer.json()["detail"]


def test_what_is_not_there_is_404(stored_server: Stored) -> None:
    for method, path in (
        ("GET", "/none"), ("GET", "/none/items"), ("GET", "/none/runs"), ("GET", "/none/compare"),
        ("POST", "/none/items"), ("POST", "/none/runs"), ("DELETE", "/none/runs/r"),
        ("DELETE", "/none/items/i"),
    ):  # fmt: skip
        assert send(stored_server, method, path, {"name": "r"}).status_code == 404, path


def test_of_several_items_all_are_taken_or_none(stored_server: Stored) -> None:
    made(stored_server, "", {"name": "whole"})
    items = [{"input": 1}, {"input": 2}, {"input": 3, "status": "GONE"}]
    assert send(stored_server, "POST", "/whole/items", {"items": items}).status_code == 422
    assert stored_server.get("/v1/datasets/whole/items")["total"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"name": "x/items"}),
        ("", {"name": "\ud83d"}),
        ("", {"name": "odd", "description": {}}),
        ("/odd/items", {"input": "a\ud83d"}),
        ("/odd/items", {"input": 1, "source_trace_id": {"a": 1}}),
        ("/odd/runs", {"name": "r", "description": []}),
        ("/odd/runs", {"name": "r", "items": 5}),
        ("/odd/runs", {"name": "r", "items": [
            {"item_id": "i", "trace_id": "a" * 32, "span_id": "a" * 40}]}),
    ],
)  # fmt: skip
def test_odd_values_are_refused_and_not_a_fault(
    stored_server: Stored, path: str, body: Any
) -> None:
    made(stored_server, "", {"name": "odd"})
    assert send(stored_server, "POST", path, body).status_code == 422


def test_what_json_has_no_number_for_is_shown_as_text(stored_server: Stored) -> None:
    made(stored_server, "", {"name": "large", "items": [{"id": "l1", "input": 10**30}]})
    (item,) = stored_server.get("/v1/datasets/large/items")["items"]
    assert item["input"] == str(10**30)


def test_a_value_comes_back_digit_for_digit(stored_server: Stored) -> None:
    given = [1.0, 1, "1", 0.1, [1.0, True], 2**53 - 1, "null", False]
    items = [{"id": f"d{n}", "input": value} for n, value in enumerate(given)]
    made(stored_server, "", {"name": "digits", "items": items})
    server = stored_server.server
    shown = server.get("/v1/datasets/digits/items").text
    assert '"input":1.0' in shown
    found = json.loads(shown)["items"]
    assert sorted((item["id"], repr(item["input"])) for item in found) == [
        (f"d{n}", repr(value)) for n, value in enumerate(given)
    ]


def test_names_of_runs_may_hold_slashes(stored_server: Stored) -> None:
    made(stored_server, "", {"name": "sliced"})
    made(stored_server, "/sliced/runs", {"name": "openai/gpt-4o"})
    assert send(stored_server, "DELETE", "/sliced/runs/openai/gpt-4o").status_code == 204
    assert stored_server.get("/v1/datasets/sliced/runs")["runs"] == []
