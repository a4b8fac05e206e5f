"""API keys: shown once, bound to scopes, a project and a time, and refused soon after they are
revoked, by every process that shares the metadata."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.integration.conftest import Stored
from tests.support.postgres import Postgres
from tracehouse_api.identity.accounts import Accounts
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.identity.workspaces import Workspaces
from tracehouse_api.meta.database import Meta
from tracehouse_collector.admit.refusal import UNAVAILABLE, Refusal

HEADERS = {"content-type": "application/x-protobuf"}


def request(name: str, project: str | None = None) -> bytes:
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    if project:
        group.resource.attributes.add(key="tracehouse.project").value.string_value = project
    group.scope_spans.add().spans.add(
        trace_id=name.encode().ljust(16, b"x"),
        span_id=name.encode().ljust(8, b"x")[:8],
        name=name,
        start_time_unix_nano=time.time_ns(),
        end_time_unix_nano=time.time_ns(),
    )
    return message.SerializeToString()


def mint(stored: Stored, **document: object) -> dict[str, str]:
    server = stored.server
    answer = server.client.post(f"{server.http}/v1/api_keys", json=document, headers=server.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def send(stored: Stored, key: str, body: bytes) -> int:
    server = stored.server
    return server.client.post(
        f"{server.http}/v1/traces", content=body, headers=HEADERS | {"x-api-key": key}
    ).status_code


def test_a_key_is_shown_once(stored_server: Stored) -> None:
    made = mint(stored_server, name="laptop")
    assert made["key"].startswith("ba_")
    assert made["scopes"] == ["ingest", "read"]
    listed = stored_server.server.get("/v1/api_keys")
    assert made["key"] not in listed.text
    (row,) = [row for row in listed.json()["api_keys"] if row["id"] == made["id"]]
    assert row["start"] == made["key"][:8]
    assert row["last_used_at"] is None
    assert send(stored_server, made["key"], request("used")) == 200
    (row,) = [
        row for row in stored_server.get("/v1/api_keys")["api_keys"] if row["id"] == made["id"]
    ]
    assert row["last_used_at"] is not None


def test_what_comes_with_a_key_of_a_project_is_put_there(stored_server: Stored) -> None:
    key = mint(stored_server, name="ci", project="ci-runs")["key"]
    assert send(stored_server, key, request("bound", "says-otherwise")) == 200
    stored_server.server.settle()
    traces = stored_server.get("/v1/traces", project="ci-runs")["traces"]
    assert [trace["name"] for trace in traces] == ["bound"]
    assert stored_server.get("/v1/traces", project="says-otherwise")["traces"] == []
    answer = stored_server.server.client.get(
        f"{stored_server.server.http}/v1/traces", headers={"x-api-key": key}
    )
    assert answer.status_code == 403


def test_a_revoked_key_is_refused_within_seconds(stored_server: Stored) -> None:
    server = stored_server.server
    made = mint(stored_server, name="leaked")
    assert send(stored_server, made["key"], request("before")) == 200
    gone = server.client.delete(f"{server.http}/v1/api_keys/{made['id']}", headers=server.headers)
    assert gone.status_code == 204
    assert send(stored_server, made["key"], request("after")) == 401
    again = server.client.delete(f"{server.http}/v1/api_keys/{made['id']}", headers=server.headers)
    assert again.status_code == 404


def test_an_expired_key_is_refused(stored_server: Stored) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1)
    key = mint(stored_server, name="short", expires_at=ends.isoformat())["key"]
    assert send(stored_server, key, request("in time")) == 200
    time.sleep(1.1)
    assert send(stored_server, key, request("too late")) == 401


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "scopes": ["king"]}, "scopes"),
        ({"name": "x", "scopes": "read"}, "scopes"),
        ({"name": "x", "scopes": ["read"], "project": "p"}, "project"),
        ({"name": "x", "project": ["p"]}, "project"),
        ({"name": "x", "expires_at": "yesterday"}, "expires_at"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_a_key_that_cannot_be_made(
    stored_server: Stored, document: dict[str, object], says: str
) -> None:
    server = stored_server.server
    answer = server.client.post(f"{server.http}/v1/api_keys", json=document, headers=server.headers)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(says)


class Clock:
    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


def test_another_process_refuses_a_revoked_key_two_seconds_later(tmp_path: Path) -> None:
    clock = Clock()
    here, there = (ApiKeys(Meta("", tmp_path / "meta.db"), clock) for _ in range(2))
    key, row = here.mint(workspace="w", user="", name="shared")
    assert there.principal(key) is not None
    here.revoke("w", row["id"])
    assert here.principal(key) is None
    clock.now += 1.9
    assert there.principal(key) is not None, "from memory"
    clock.now += 0.2
    assert there.principal(key) is None


def test_known_keys_let_in_while_the_metadata_database_is_away(tmp_path: Path) -> None:
    clock = Clock()
    with Postgres() as postgres:
        keys = ApiKeys(Meta(postgres.url, tmp_path), clock)
        known, _ = keys.mint(workspace="w", user="", name="known")
        unseen, _ = keys.mint(workspace="w", user="", name="unseen")
        assert keys.principal(known) is not None
        postgres.stop()
        clock.now += 60
        assert keys.principal(known) is not None
        with pytest.raises(Refusal, match="try again") as refused:
            keys.principal(unseen)
        assert refused.value.kind is UNAVAILABLE
        postgres.start()
        assert keys.principal(unseen) is not None


@pytest.mark.parametrize(("role", "left"), [("member", {"ingest", "read"}), ("viewer", {"read"})])
def test_a_key_may_never_do_more_than_who_made_it(
    tmp_path: Path, role: str, left: set[str]
) -> None:
    meta, clock = Meta("", tmp_path / "meta.db"), Clock()
    owner = Accounts(meta).ensure_owner()
    other = Accounts(meta).add("other@example.com")
    workspaces = Workspaces(meta)
    workspaces.set_role("default", other, "owner")
    keys = ApiKeys(meta, clock)
    key, _ = keys.mint(workspace="default", user=other, name="everything")

    def scopes() -> frozenset[str] | None:
        clock.now += 3
        principal = keys.principal(key)
        return principal and principal.scopes

    assert scopes() == {"ingest", "read", "admin"}
    workspaces.set_role("default", other, role)
    assert scopes() == left
    workspaces.remove("default", other)
    assert scopes() is None
    assert Accounts(meta).ensure_owner() == owner


def test_what_postgresql_cannot_keep_is_the_askers_fault(stored_server: Stored) -> None:
    server = stored_server.server
    answer = server.client.post(
        f"{server.http}/v1/api_keys", json={"name": "nul \0 in it"}, headers=server.headers
    )
    assert answer.status_code in (201, 422)
