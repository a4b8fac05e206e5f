"""Share links: anybody reads one trace or run, nothing beside it, until the link is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.test_api_keys import request
from tests.support.server import Server


@dataclass
class Shared:
    server: Server
    trace: str
    other_trace: str
    run: str

    def link(self, kind: str, target: str, **more: Any) -> httpx.Response:
        return self.server.client.post(
            f"{self.server.http}/v1/share_links",
            json={"kind": kind, "id": target, **more},
            headers=self.server.headers,
        )

    def read(self, path: str, token: str, method: str = "GET") -> httpx.Response:
        return httpx.request(method, f"{self.server.http}{path}", params={"t": token})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with Server(tmp_path_factory.mktemp("shares")) as server:
        for name in ("shared", "hidden"):
            server.post("traces", request(name))
        made = server.client.post(
            f"{server.http}/v1/runs",
            json={"name": "run", "client_run_id": "r", "started_at": 1_700_000_000},
            headers=server.headers,
        )
        server.settle()
        ids = {t["name"]: t["trace_id"] for t in server.get("/v1/traces").json()["traces"]}
        yield Shared(server, ids["shared"], ids["hidden"], made.json()["id"])


def test_a_link_shows_its_trace_and_nothing_else(shared: Shared) -> None:
    made = shared.link("trace", shared.trace)
    assert made.status_code == 201
    token, url = made.json()["token"], made.json()["url"]
    assert url == f"{shared.server.http}/t/{shared.trace}?t={token}"
    assert shared.read(f"/v1/traces/{shared.trace}", token).json()["spans"][0]["name"] == "shared"
    for path in (
        "/v1/traces",
        f"/v1/traces/{shared.other_trace}",
        f"/v1/runs/{shared.run}",
        "/v1/spans",
        "/v1/api_keys",
        "/v1/share_links",
        "/metrics",
        "/v1/stats",
    ):
        assert shared.read(path, token).status_code == 401, path
    for method in ("DELETE", "PATCH"):
        assert shared.read(f"/v1/traces/{shared.trace}", token, method).status_code == 401


def test_a_link_shows_what_lies_under_its_run(shared: Shared) -> None:
    token = shared.link("run", shared.run).json()["token"]
    for path in ("", "/history?keys=loss", "/media", "/artifacts", "/rollouts", "/model_card.md"):
        assert shared.read(f"/v1/runs/{shared.run}{path}", token).status_code in (200, 422), path
    assert shared.read(f"/v1/runs/{shared.run}", token).json()["name"] == "run"
    assert shared.read("/v1/runs", token).status_code == 401
    assert shared.read(f"/v1/traces/{shared.trace}", token).status_code == 401


def test_a_link_that_was_taken_back_shows_nothing(shared: Shared) -> None:
    made = shared.link("trace", shared.trace).json()
    server = shared.server
    listed = server.get("/v1/share_links")
    assert made["id"] in {row["id"] for row in listed.json()["share_links"]}
    assert made["token"] not in listed.text
    path = f"{server.http}/v1/share_links/{made['id']}"
    assert server.client.delete(path, headers=server.headers).status_code == 204
    assert shared.read(f"/v1/traces/{shared.trace}", made["token"]).status_code == 401
    assert server.client.delete(path, headers=server.headers).status_code == 404


def test_only_what_is_there_is_shared(shared: Shared) -> None:
    assert shared.link("trace", "0" * 32).status_code == 404
    assert shared.link("trace", "../x").status_code == 404
    assert shared.link("run", "0" * 32).status_code == 404
    assert shared.link("project", "x").status_code == 422
    past = shared.link("trace", shared.trace, expires_at="2020-01-01T00:00:00Z")
    assert past.status_code == 422


@pytest.mark.parametrize("token", ["", "x", "share_" + "a" * 38])
def test_a_token_that_is_none(shared: Shared, token: str) -> None:
    assert shared.read(f"/v1/traces/{shared.trace}", token).status_code == 401


def test_a_key_does_not_belong_into_an_address(shared: Shared) -> None:
    assert shared.read("/v1/traces", shared.server.key).status_code == 401
