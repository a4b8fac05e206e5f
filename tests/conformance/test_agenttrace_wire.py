"""What AgentTrace's own SDK sends and asks: its events have a type and a body, and no envelope."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.server import Server

AT = "2026-09-21T14:13:{}Z"
TRACE = "0b9d9d2e-7c4e-4f0c-9a54-2a3f6c1d7e11"
HEX = TRACE.replace("-", "")
Json = dict[str, Any]


def send(server: Server, *events: tuple[str, Json]) -> Json:
    answer = httpx.post(
        f"{server.http}/api/public/ingestion",
        json={"batch": [{"type": kind, "body": body} for kind, body in events]},
        headers={"Authorization": f"Bearer {server.key}", "User-Agent": "agenttrace-python/0.1.0"},
    )
    assert answer.status_code == 207, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def spans(server: Server) -> dict[str, Json]:
    """A trace as its SDK sends one, by the names of its spans."""
    made = {"metadata": {}, "tags": ["a"], "input": {"q": 1}, "public": False, "sessionId": "s1"}
    trace = {"id": TRACE, "name": "task", "userId": "ada", **made}
    told = send(
        server,
        ("trace-create", {**trace, "timestamp": AT.format("20")}),
        ("span-create", {"id": "s1", "traceId": TRACE, "name": "step", "level": "DEFAULT",
                         "parentObservationId": None, "startTime": AT.format("21")}),
        ("generation-create", {"id": "g1", "traceId": TRACE, "parentObservationId": "s1",
                               "name": "llm", "model": "gpt-4", "startTime": AT.format("22"),
                               "modelParameters": {"temperature": 0.7}, "input": "hi"}),
        ("score-create", {"id": "sc1", "traceId": TRACE, "name": "quality", "value": 0.9,
                          "dataType": "NUMERIC", "source": "API", "observationId": None}),
        ("checkpoint-create", {"id": "c1", "traceId": TRACE, "name": "before", "type": "manual",
                               "gitCommitSha": "abc", "gitBranch": "main",
                               "filesSnapshot": {"a.py": {"size": 3, "hash": "f" * 64}},
                               "filesChanged": ["a.py", "gone.py"], "totalFiles": 2,
                               "totalSizeBytes": 3, "timestamp": AT.format("23")}),
        ("git-link-create", {"id": "l1", "traceId": TRACE, "linkType": "commit",
                             "commitSha": "abc", "branch": "main", "repoUrl": "https://h/r",
                             "commitMessage": "first", "filesChanged": ["a.py"],
                             "additions": 1, "deletions": 0, "timestamp": AT.format("23")}),
        ("file-operation-create", {"id": "f1", "traceId": TRACE, "operation": "update",
                                   "filePath": "a.py", "linesAdded": 1, "linesRemoved": 2,
                                   "diffPreview": "-a\n+b", "success": True,
                                   "startedAt": AT.format("23"), "completedAt": AT.format("24")}),
        ("terminal-command-create", {"id": "t1", "traceId": TRACE, "observationId": "s1",
                                     "command": "npm", "args": ["test"], "exitCode": 2,
                                     "stdout": "out", "stderr": "", "success": False,
                                     "stdoutTruncated": False, "stderrTruncated": False,
                                     "startedAt": AT.format("24"),
                                     "completedAt": AT.format("26")}),
        ("sdk-log", {"log": {"level": "info"}}),
    )  # fmt: skip
    assert told["errors"] == []
    # In another batch, with nothing but its id and what changed.
    told = send(
        server,
        ("generation-update", {"id": "g1", "output": "hello", "endTime": AT.format("25"),
                               "usage": {"inputTokens": 30, "outputTokens": 12,
                                         "totalTokens": 42}}),
        ("span-update", {"id": "s1", "endTime": AT.format("27"), "output": {"n": 1}}),
        ("trace-update", {**trace, "output": "done"}),
        ("nothing-create", {"id": "n1"}),
        ("span-create", {"id": "", "traceId": TRACE}),
    )  # fmt: skip
    assert [one["id"] for one in told["successes"]] == ["g1", "s1", TRACE]
    assert [one["status"] for one in told["errors"]] == [400, 400]
    assert "nothing-create" in told["errors"][0]["message"]
    server.settle()
    found: list[Json] = server.get(f"/v1/traces/{HEX}").json()["spans"]
    return {span["name"]: span for span in found}


def test_a_trace_has_what_was_said_of_it(spans: dict[str, Json]) -> None:
    root, step, call = spans["task"], spans["step"], spans["llm"]
    assert (root["duration_ms"], step["duration_ms"], call["duration_ms"]) == (7000, 6000, 3000)
    assert root["attributes"]["user.id"] == "ada"
    assert root["attributes"]["langfuse.observation.output"] == "done"
    assert call["parent_span_id"] == step["span_id"]
    assert step["parent_span_id"] == root["span_id"]
    meaning = call["meaning"]
    assert (meaning["input_tokens"], meaning["output_tokens"]) == (30, 12)
    assert meaning["request_model"] == "gpt-4"


def test_a_score_is_one_of_the_trace(server: Server, spans: dict[str, Json]) -> None:
    (score,) = server.get("/v1/scores", trace_id=HEX).json()["scores"]
    assert (score["name"], score["value"]) == ("quality", 0.9)


def test_what_the_agent_did_is_as_our_own_sdk_says_it(
    server: Server, spans: dict[str, Json]
) -> None:
    def content(name: str) -> Json:
        return server.get(f"/v1/traces/{HEX}/spans/{spans[name]['span_id']}/content").json()

    edit, command = content("file.update"), content("terminal.command")
    assert edit["arguments"] == {"operation": "update", "path": "a.py"}
    assert (edit["result"]["lines_added"], edit["result"]["diff"]) == (1, "-a\n+b")
    assert command["arguments"] == {"command": "npm", "args": ["test"]}
    assert (command["result"]["exit_code"], command["result"]["stdout"]) == (2, "out")
    failed = spans["terminal.command"]
    assert (failed["status"], failed["duration_ms"]) == ("error", 2000)
    assert failed["parent_span_id"] == spans["step"]["span_id"]
    assert failed["attributes"]["langfuse.observation.status_message"] == "exit code 2"
    for name, said in (("checkpoint before", '"missing": true'), ("git.link", '"first"')):
        assert spans[name]["meaning"]["kind"] == "event"
        assert said in spans[name]["attributes"]["langfuse.observation.output"]


def test_a_wrong_time_costs_its_event_alone_and_none_is_now(server: Server) -> None:
    told = send(
        server,
        ("span-create", {"id": "w1", "traceId": "other", "startTime": "yesterday"}),
        ("span-create", {"id": "w2", "traceId": "other", "name": "without a time"}),
        ("trace-update", {"id": "other", "name": "late"}),
    )
    assert [one["id"] for one in told["errors"]] == ["w1"]
    server.settle()
    (trace,) = [t for t in server.get("/v1/traces").json()["traces"] if t["name"] == "late"]
    assert trace["span_count"] == 2


def test_prompts_are_found_by_version_and_label(server: Server) -> None:
    def ask(**parameters: Any) -> httpx.Response:
        return httpx.get(
            f"{server.http}/api/public/prompts", params={"name": "greet", **parameters},
            headers={"Authorization": f"Bearer {server.key}"},
        )  # fmt: skip

    assert ask().status_code == 404
    for body in ({"prompt": "Hi {{name}}", "labels": ["staging"]}, {"prompt": "Hello {{name}}"}):
        server.client.post(
            f"{server.http}/v1/prompts", json={"name": "greet", **body}, headers=server.headers
        ).raise_for_status()
    latest = ask().json()
    assert (latest["version"], latest["prompt"], latest["config"]) == (2, "Hello {{name}}", {})
    assert latest["id"]
    assert latest["createdAt"]
    server.client.patch(
        f"{server.http}/v1/prompts/greet", json={"version": 1, "labels": ["production"]},
        headers=server.headers,
    ).raise_for_status()  # fmt: skip
    assert ask().json()["version"] == ask(label="staging").json()["version"] == 1
    assert ask(version=2).json()["prompt"] == "Hello {{name}}"
    assert ask(label="nowhere").status_code == 404
    assert ask(version=1, label="staging").status_code == 422
    chat = [{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "Hi"}]
    server.client.post(
        f"{server.http}/v1/prompts", json={"name": "talk", "prompt": chat}, headers=server.headers
    ).raise_for_status()
    assert ask(name="talk").json()["prompt"] == "system: Be {{tone}}.\nuser: Hi"
