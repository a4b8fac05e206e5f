"""An anonymous session may send so much and no more, at every door, until somebody claims it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from tests.conformance.transports import METHODS, call, retry_seconds
from tests.integration.sdk.test_training import QUIET
from tests.support import otlp
from tests.support.person import Person
from tests.support.sdk import Machine
from tests.support.server import Server

TOTAL, PER_MINUTE = 100_000, 60_000
Doors = dict[str, httpx.Response]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    bounds = ("--anonymous-bytes", str(TOTAL), "--anonymous-bytes-per-minute", str(PER_MINUTE))
    with Server(tmp_path_factory.mktemp("bounds"), "--anonymous", *bounds) as started:
        yield started


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    """Somebody with an account."""
    person = Person(server)
    person.follow(server.sign_in_link)
    return person


class Session:
    """Somebody without an account."""

    def __init__(self, server: Server) -> None:
        self.server = server
        begun = server.client.post(f"{server.http}/v1/anon/session", json={}).json()
        self.token, self.read_token = begun["token"], begun["read_token"]
        self.claim_token = begun["claim_token"]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return self.server.client.request(method, self.server.http + path, headers=headers, **more)

    def send(self, size: int) -> httpx.Response:
        """An OTLP request of about so many bytes."""
        return self.ask(
            "POST", "/v1/traces", content=traces(size),
            headers={"content-type": "application/x-protobuf"},
        )  # fmt: skip

    def call(self, size: int = 10) -> Any:
        metadata = (("authorization", f"Bearer {self.token}"),)
        return call(self.server, METHODS["traces"], traces(size), metadata=metadata)

    def doors(self) -> Doors:
        """A small thing, at each door over HTTP."""
        blob = b"of a blob"
        digest = hashlib.sha256(blob).hexdigest()
        trace = {"trace_id": "a" * 32, "name": "x", "value": 1}
        event = {"id": "e", "type": "trace-create", "timestamp": "2026-01-01T00:00:00Z"}
        media = {
            "contentType": "image/png", "contentLength": 3, "field": "input", "traceId": "a" * 32,
            "sha256Hash": base64.b64encode(hashlib.sha256(b"png").digest()).decode(),
        }  # fmt: skip
        return {
            "OTLP": self.send(10),
            "Langfuse's OTLP": self.ask(
                "POST", "/api/public/otel/v1/traces", content=traces(10),
                headers={"content-type": "application/x-protobuf"},
            ),
            "an older client's session": self.ask(
                "POST", "/v1/traces", json={"session_id": "s", "steps": []}
            ),
            "an older client's run": self.ask(
                "POST", "/v1/runs", json={"name": "n", "client_run_id": "r"}
            ),
            "a file": self.ask("PUT", f"/v1/blobs/{digest}", content=blob),
            "a score": self.ask("POST", "/v1/scores", json=trace),
            "Langfuse's events": self.ask(
                "POST", "/api/public/ingestion", json={"batch": [event | {"body": {"id": "t"}}]}
            ),
            "Langfuse's scores": self.ask(
                "POST", "/api/public/scores", json={"traceId": "a" * 32, "name": "x", "value": 1}
            ),
            "Langfuse's media": self.ask("POST", "/api/public/media", json=media),
            "a prompt": self.ask("POST", "/v1/prompts", json={"name": "p", "prompt": "hello"}),
        }  # fmt: skip


def traces(size: int) -> bytes:
    padding = {"padding": "x" * size}
    return otlp.traces(otlp.span(name="s", attributes=padding)).SerializeToString()


def test_a_session_that_sends_too_fast_is_told_when_to_go_on(server: Server) -> None:
    session = Session(server)
    assert session.send(PER_MINUTE + 3000).status_code == 200
    for door, answer in session.doors().items():
        assert answer.status_code == 429, f"{door}: {answer.text}"
        assert 0 < int(answer.headers["retry-after"]) <= 60, door
    refused = session.call()
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.status is not None
    assert (retry_seconds(refused.status) or 0) > 0
    assert "wait" in refused.details


def test_a_session_that_sent_all_it_may_is_told_to_claim_it(server: Server, owner: Person) -> None:
    session = Session(server)
    assert session.send(50_000).status_code == 200
    assert session.send(51_000).status_code == 403
    for door, answer in session.doors().items():
        assert answer.status_code == 403, f"{door}: {answer.text}"
        assert "retry-after" not in answer.headers, door
        assert b"/claim" in answer.content, door
    refused = session.call()
    assert refused.code is grpc.StatusCode.PERMISSION_DENIED
    assert "claim" in refused.details
    assert refused.status is not None
    assert retry_seconds(refused.status) is None

    server.stop()
    server.start(**server.ports)
    assert session.send(51_000).status_code == 403, "it was not forgotten"
    assert session.ask("GET", "/v1/traces").status_code == 200, "what was sent can be read"

    assert owner.post("/v1/claim", token=session.claim_token, name="mine").status_code == 200
    assert session.send(TOTAL).status_code == 200
    for door, answer in session.doors().items():
        assert answer.status_code < 300, f"{door}: {answer.text}"
    assert session.call(TOTAL).code is grpc.StatusCode.OK
    assert session.ask("GET", "/v1/anon/session").status_code == 404


def test_each_session_counts_for_itself(server: Server) -> None:
    full, other = Session(server), Session(server)
    assert full.send(TOTAL).status_code == 403
    for door, answer in other.doors().items():
        assert answer.status_code < 300, f"{door}: {answer.text}"


def test_whoever_has_a_token_of_it_sees_how_much_is_left(server: Server) -> None:
    session = Session(server)
    before = session.ask("GET", "/v1/anon/session").json()
    assert before["sent_bytes"] == 0
    assert (before["max_bytes"], before["max_bytes_per_minute"]) == (TOTAL, PER_MINUTE)
    size = len(traces(20_000))
    session.send(20_000)
    link = f"{server.http}/v1/anon/session?t={session.read_token}"
    after = server.client.get(link).json()
    assert after["sent_bytes"] == size
    assert after["expires_at"] == before["expires_at"]
    assert server.get("/v1/anon/session").status_code == 404, "an ordinary key has no session"


def test_what_a_medium_holds_counts_at_its_own_address(server: Server) -> None:
    session = Session(server)
    content = b"\x89PNG" * 5_000
    announced = session.ask("POST", "/api/public/media", json={
        "contentType": "image/png", "contentLength": len(content), "field": "input",
        "traceId": "b" * 32,
        "sha256Hash": base64.b64encode(hashlib.sha256(content).digest()).decode(),
    }).json()  # fmt: skip
    before = session.ask("GET", "/v1/anon/session").json()["sent_bytes"]
    sent = server.client.put(announced["uploadUrl"], content=content)
    assert sent.status_code == 200
    after = session.ask("GET", "/v1/anon/session").json()["sent_bytes"]
    assert after - before == len(content)


def test_a_body_of_unknown_length_is_refused(server: Server) -> None:
    session = Session(server)
    answer = session.ask("POST", "/v1/scores", content=iter([b"{", b"}"]))
    assert answer.status_code == 411
    assert "Content-Length" in answer.json()["detail"]


def test_a_program_says_once_that_it_is_full_and_keeps_what_it_logs(
    server: Server, owner: Person, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, environment={"TRACEHOUSE_API_BASE": server.http})
    said = machine.run(f"""
        run = cm.init_run(project="full", name="full", {QUIET})
        run.finish()
        run = cm.init_run(project="full", name="kept", config={{"text": "x" * {TOTAL}}}, {QUIET})
        for step in range(50):
            run.log({{"loss": 0.5}}, step=step)
        run.finish(timeout=20)
    """)
    (kept,) = (machine.home / "cache/tracehouse").glob("anon-*.json")
    claim_token = json.loads(kept.read_text())["claim_token"]
    assert said.err.count("TAKES NO MORE") == 1
    assert said.err.count(f"/claim?token={claim_token}") == 2, "at the start, and now"
    assert "HTTP 403" not in said.err, "in words, and not as an answer"
    assert len(machine.buffers()) >= 1

    owner.workspace = owner.post("/v1/claim", token=claim_token).json()["id"]
    machine.run(f"cm.init_run(project='full', name='next', {QUIET}).finish()")
    server.settle()
    names = {run["name"] for run in owner.get("/v1/runs").json()["runs"]}
    assert names == {"full", "kept", "next"}
    assert machine.buffers() == []
