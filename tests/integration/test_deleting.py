"""Deleting runs, subjects and projects: all of it goes, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from tests.support import otlp
from tests.support.server import Server

MS = 1_000_000


def send(server: Server, signal: str, *requests: Any) -> None:
    for request in requests:
        answer = server.post(signal, request.SerializeToString())
        assert (answer.status_code, answer.content) == (200, b"")


def call(server: Server, method: str, path: str, **sent: Any) -> httpx.Response:
    return server.client.request(method, f"{server.http}{path}", headers=server.headers, **sent)


def delete(server: Server, path: str) -> dict[str, int]:
    answer = call(server, "DELETE", path)
    assert answer.status_code == 200, answer.text
    return answer.json()["deleted"]


def trace(number: int, project: str, **attributes: Any) -> Any:
    """A trace of which the inner span, a call of a model, says whose it is."""
    of_model = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5",
        "gen_ai.response.id": f"deleted-{number}", "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 1,
    }  # fmt: skip
    return otlp.traces(
        otlp.span(number, 1, name="root"),
        otlp.span(number, 2, parent=1, attributes=of_model | attributes),
        resource={"tracehouse.project": project, "tracehouse.machine.id": f"m-{project}"},
    )


def log(number: int, project: str) -> Any:
    ids = {"trace_id": number.to_bytes(16, "big"), "span_id": (2).to_bytes(8, "big")}
    return otlp.logs("what was said", resource={"tracehouse.project": project}, **ids)


def score(server: Server, identity: str, **judged: Any) -> None:
    body = {"id": identity, "name": "good", "value": 1} | judged
    assert call(server, "POST", "/v1/scores", json=body).status_code == 201


def run(server: Server, name: str, *, files: bytes, number: int, **attributes: Any) -> None:
    """A run of project `runs` with a scalar, a picture and a rollout."""
    sha256 = hashlib.sha256(files).hexdigest()
    of_run = {"tracehouse.run.id": name, "tracehouse.run.name": name} | attributes
    span = otlp.span(number, 1, name="tracehouse.run", attributes=of_run)
    rollout = otlp.span(
        number + 1, 1, name="rollout",
        attributes={
            "gen_ai.operation.name": "invoke_agent", "tracehouse.run.id": name,
            "tracehouse.step": 1,
        },
    )  # fmt: skip
    resource = {"tracehouse.project": "runs"}
    send(server, "traces", otlp.traces(span, rollout, resource=resource))
    at: dict[str, Any] = {"tracehouse.run.id": name, "tracehouse.step": 1}
    send(server, "metrics", otlp.gauge("loss", 0.5, **at))
    media = otlp.logs(
        f'{{"sha256": "{sha256}", "mime": "image/png"}}', resource=resource,
        event_name="tracehouse.run.media",
        attributes=otlp.key_values(
            {"tracehouse.run.id": name, "tracehouse.key": "picture", "tracehouse.step": 1}
        ),
    )  # fmt: skip
    send(server, "logs", media)
    assert call(server, "PUT", f"/v1/blobs/{sha256}", content=files).status_code == 201


def test_a_run_goes_with_its_values_and_its_rollouts(server: Server) -> None:
    run(server, "run-a", files=b"one", number=0xC10)
    run(server, "run-b", files=b"one", number=0xC20)
    score(server, "of-run-a", run_id="run-a")
    # Nothing has to be loaded yet: a deletion holds against what waits in the spool.
    deleted = delete(server, "/v1/runs/run-a")
    assert deleted["runs_and_rollouts"] == 2
    assert (deleted["traces"], deleted["spans"]) == (2, 2)
    assert (deleted["run_metrics"], deleted["run_records"], deleted["points"]) == (1, 1, 1)
    assert deleted["scores"] == 1
    server.settle()
    assert server.get("/v1/runs/run-a").status_code == 404
    assert server.get(f"/v1/traces/{0xC11:032x}").status_code == 404
    assert call(server, "DELETE", "/v1/runs/run-a").status_code == 404, "it is gone already"
    assert server.get("/v1/runs/run-b").json()["summary"] == {"loss": 0.5}
    assert server.get(f"/v1/traces/{0xC21:032x}").status_code == 200
    (media,) = server.get("/v1/runs/run-b/media").json()["media"]
    assert server.get(media["url"]).content == b"one", "another run has the same file"


def test_a_deleted_run_does_not_come_back_with_its_heartbeat(server: Server) -> None:
    run(server, "run-c", files=b"c", number=0xC30)
    delete(server, "/v1/runs/run-c")
    again = {"tracehouse.run.id": "run-c", "tracehouse.run.name": "run-c"}
    span = otlp.span(0xC30, 1, name="tracehouse.run", attributes=again, duration=5 * MS)
    send(server, "traces", otlp.traces(span))
    server.settle()
    assert server.get("/v1/runs/run-c").status_code == 404


def test_all_that_is_tied_to_a_person_goes(server: Server) -> None:
    mine = {"tracehouse.subject.id": "ada/1", "session.id": "s-ada"}
    others = {"tracehouse.subject.id": "bob", "session.id": "s-bob"}
    for number, attributes in ((0xC40, mine), (0xC41, mine), (0xC42, others)):
        send(server, "traces", trace(number, "support", **attributes))
        send(server, "logs", log(number, "support"))
        score(server, f"of-{number}", trace_id=f"{number:032x}")
    # Without a trace: a record of the session that is theirs alone, and one that names them.
    for attributes in ({"session.id": "s-ada"}, {"tracehouse.subject.id": "ada/1"},
                       {"session.id": "s-bob"}):  # fmt: skip
        record = otlp.logs("hello", attributes=otlp.key_values(attributes))
        send(server, "logs", record)
    # What could not be stored: of a trace of theirs, and of one that is nowhere else.
    early = otlp.span(0xC40, 3, start=0)
    nameless = otlp.span(0, 4, attributes={"tracehouse.subject.id": "ada/1"})
    other = otlp.span(0, 5, attributes={"tracehouse.subject.id": "bob"})
    assert server.post("traces", otlp.traces(early, nameless, other).SerializeToString()).is_success
    run(server, "run-ada", files=b"a", number=0xC50, **{"tracehouse.subject.id": "ada/1"})
    assert call(server, "POST", "/v1/datasets", json={"name": "made"}).status_code < 300
    items = [
        {"id": f"i-{number:x}", "input": "q", "source_trace_id": f"{number:032x}"}
        for number in (0xC40, 0xC42)
    ]
    added = call(server, "POST", "/v1/datasets/made/items", json={"items": items})
    assert added.status_code < 300
    deleted = delete(server, "/v1/subjects/ada/1")
    assert (deleted["traces"], deleted["spans"], deleted["calls"]) == (4, 6, 2)
    # Two of the traces, two that gave the scores, the one that names the run's picture, and the
    # two without a trace.
    assert (deleted["logs"], deleted["scores"]) == (7, 2)
    assert (deleted["runs_and_rollouts"], deleted["dataset_item_sources"]) == (2, 1)
    assert deleted["rejects"] == 2
    for path in ("/v1/subjects/ada/1", f"/v1/traces/{0xC40:032x}", "/v1/runs/run-ada",
                 "/v1/sessions/s-ada"):  # fmt: skip
        assert server.get(path).status_code == 404, path
    assert server.get("/v1/scores", trace_id=f"{0xC40:032x}").json()["scores"] == []
    assert server.get("/v1/logs", trace_id=f"{0xC40:032x}").json()["logs"] == []
    assert delete(server, "/v1/subjects/ada/1") == {}, "nothing is left to delete"
    assert server.get("/v1/subjects/bob").json()["total"]["usage"]["calls"] == 1
    assert server.get("/v1/sessions/s-bob").json()["log_count"] == 1
    assert len(server.get("/v1/scores", trace_id=f"{0xC42:032x}").json()["scores"]) == 1
    found = server.get("/v1/datasets/made/items").json()["items"]
    sources = {one["id"]: one["source_trace_id"] for one in found}
    assert sources == {"i-c40": None, "i-c42": f"{0xC42:032x}"}


def test_a_project_goes_and_its_name_is_free_again(server: Server) -> None:
    for number, project in ((0xC60, "going"), (0xC61, "staying")):
        send(server, "traces", trace(number, project, **{"tracehouse.subject.id": "carol"}))
        send(server, "logs", log(number, project))
        # Given by request, it lies in the project `default`.
        score(server, f"of-{number}", trace_id=f"{number:032x}")
    before = {one["project"]: one for one in server.get("/v1/projects").json()["projects"]}
    server.settle()
    deleted = delete(server, "/v1/projects/going")
    # One log record of its own, and the one that gave the score.
    assert (deleted["traces"], deleted["spans"], deleted["logs"]) == (1, 2, 2)
    assert (deleted["scores"], deleted["calls"], deleted["devices"]) == (1, 1, 1)
    left = {one["project"]: one for one in server.get("/v1/projects").json()["projects"]}
    assert "going" not in left
    assert (left["staying"]["traces"], left["staying"]["logs"]) == (1, 1)
    assert set(left) >= set(before) - {"going"}
    assert server.get("/v1/subjects/carol").json()["total"]["trace_count"] == 1
    assert len(server.get("/v1/scores", trace_id=f"{0xC61:032x}").json()["scores"]) == 1
    assert delete(server, "/v1/projects/going") == {}
    send(server, "traces", trace(0xC62, "going"))
    server.settle()
    again = {one["project"]: one for one in server.get("/v1/projects").json()["projects"]}
    assert again["going"]["spans"] == 2


def test_media_go_with_the_last_trace_that_they_were_made_for(server: Server) -> None:
    content = b"a picture of both"
    digest = hashlib.sha256(content).digest()
    for number in (0xC80, 0xC81):
        send(server, "traces", trace(number, "support"))
        announced = call(
            server, "POST", "/api/public/media",
            json={
                "traceId": f"{number:032x}", "sha256Hash": base64.b64encode(digest).decode(),
                "contentType": "image/png", "contentLength": len(content), "field": "input",
            },
        ).json()  # fmt: skip
        if announced["uploadUrl"]:
            assert server.client.put(announced["uploadUrl"], content=content).is_success
    medium = f"/api/public/media/{announced['mediaId']}"
    assert call(server, "DELETE", f"/v1/traces/{0xC80:032x}").status_code == 204
    assert server.client.get(server.get(medium).json()["url"]).content == content
    assert call(server, "DELETE", f"/v1/traces/{0xC81:032x}").status_code == 204
    assert server.get(medium).status_code == 404


def test_a_trace_takes_its_log_records_along(server: Server) -> None:
    send(server, "traces", trace(0xC70, "one"))
    send(server, "logs", log(0xC70, "one"))
    assert call(server, "DELETE", f"/v1/traces/{0xC70:032x}").status_code == 204
    assert server.get("/v1/logs", trace_id=f"{0xC70:032x}").json()["logs"] == []


@pytest.fixture(scope="module")
def ingest_only(server: Server) -> dict[str, str]:
    body = {"name": "ingest only", "scopes": ["ingest"]}
    made = call(server, "POST", "/v1/api_keys", json=body)
    assert made.status_code == 201, made.text
    return {"x-api-key": made.json()["key"]}


@pytest.mark.parametrize("path", ["/v1/subjects/bob", "/v1/projects/default"])
def test_a_key_that_only_sends_deletes_no_person_and_no_project(
    server: Server, ingest_only: dict[str, str], path: str
) -> None:
    answer = server.client.delete(f"{server.http}{path}", headers=ingest_only)
    assert answer.status_code == 403


def test_how_long_a_project_stays_is_set_and_shown(server: Server) -> None:
    def days() -> dict[str, int | None]:
        listed = server.get("/v1/projects").json()["projects"]
        return {one["project"]: one["retention_days"] for one in listed}

    path = "/v1/projects/kept/retention"
    made = call(server, "PUT", path, json={"days": 30})
    assert made.json() == {"project": "kept", "days": 30}
    assert days()["kept"] == 30
    assert call(server, "PUT", path, json={"days": None}).status_code == 200
    assert "kept" not in days()
    for wrong in ({"days": 0}, {"days": -1}, {"days": 1.5}, {"days": "30"}, {"days": True}, {}):
        answer = call(server, "PUT", path, json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["detail"].startswith("days")
