"""The batch of events that Langfuse's SDKs sent before OpenTelemetry, piece by piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import Server

AT = "2026-09-21T14:13:2{}.000Z"
TRACE = "a" * 32


def send(server: Server, *events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    batch = [
        {"id": f"e{n}", "type": kind, "timestamp": AT.format(n), "body": body}
        for n, (kind, body) in enumerate(events)
    ]
    answer = httpx.post(
        f"{server.http}/api/public/ingestion",
        content=json.dumps({"batch": batch}),
        auth=("pk", server.key),
    )
    assert answer.status_code == 207, answer.text
    return answer.json()


def observation(server: Server) -> dict[str, Any]:
    server.settle()
    (span,) = server.get(f"/v1/traces/{TRACE}").json()["spans"]
    return span


def test_what_was_begun_before_a_crash_and_ended_after_it_is_whole(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        begun = {
            "id": "g1", "traceId": TRACE, "name": "llm", "input": "hi", "model": "gpt-4o-mini",
            "startTime": AT.format(0), "metadata": {"a": 1},
        }  # fmt: skip
        assert send(server, ("generation-create", begun))["errors"] == []
        assert observation(server)["pending"]
        server.kill()
        server.start()
        ended = {"id": "g1", "endTime": AT.format(5), "output": "yo", "metadata": {"b": 2}}
        send(server, ("generation-update", ended))
        span = observation(server)
        assert (span["name"], span["duration_ms"]) == ("llm", 5000.0)
        said = span["attributes"]
        assert said["langfuse.observation.input"] == "hi"
        assert said["langfuse.observation.output"] == "yo"
        assert span["meaning"]["request_model"] == "gpt-4o-mini"
        kept = {key for key in said if key.startswith("langfuse.observation.metadata.")}
        assert kept == {"langfuse.observation.metadata.a", "langfuse.observation.metadata.b"}


def test_a_wrong_event_costs_itself_and_changes_nothing(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        good = {"id": "g1", "traceId": TRACE, "name": "kept", "startTime": AT.format(0)}
        bad = {"id": "g1", "name": "lost", "startTime": "yesterday"}
        answer = send(
            server, ("span-create", good), ("span-update", bad), ("nothing", {}),
            ("span-update", {"id": "x" * 501}),
        )  # fmt: skip
        assert [one["id"] for one in answer["successes"]] == ["e0"]
        assert [one["id"] for one in answer["errors"]] == ["e1", "e2", "e3"]
        send(server, ("span-update", {"id": "g1", "endTime": AT.format(1)}))
        assert observation(server)["name"] == "kept"


def test_what_cannot_be_stored_costs_itself_alone(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        deep: Any = 1
        for _ in range(600):
            deep = [deep]
        good = {"id": "g1", "traceId": TRACE, "name": "kept", "startTime": AT.format(0)}
        score = {"name": "s", "value": 1, "traceId": TRACE}
        answer = send(
            server,
            ("span-create", good),
            ("span-update", {"id": "g1", "environment": "half \ud83d"}),
            ("score-create", score | {"comment": "half \ud83d"}),
            ("score-create", score | {"metadata": {"deep": deep}}),
            ("score-create", score),
        )
        assert [one["id"] for one in answer["successes"]] == ["e0", "e4"]
        assert observation(server)["name"] == "kept"
        assert len(server.get("/v1/scores", trace_id=TRACE).json()["scores"]) == 1
        odd = httpx.request(
            "DELETE", f"{server.http}/api/public/traces",
            content=json.dumps({"traceIds": ["\ud83d"]}), auth=("pk", server.key),
        )  # fmt: skip
        assert odd.status_code == 400
