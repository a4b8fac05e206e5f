"""Saved queries: kept by name for a workspace, and for no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.keys import add_key
from tests.support.server import Server

PATH = "/v1/sql/queries"
NAME = "cost / day: ü?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


def ask(server: Server, method: str, name: str, key: str = "", **body: Any) -> httpx.Response:
    return server.client.request(
        method,
        f"{server.http}{PATH}/{quote(name, safe='')}",
        headers={"x-api-key": key or server.key},
        **({"json": body} if body else {}),
    )


def names(server: Server, key: str = "") -> list[str]:
    answer = server.client.get(f"{server.http}{PATH}", headers={"x-api-key": key or server.key})
    return [one["name"] for one in answer.json()["queries"]]


def test_a_query_is_kept_replaced_and_forgotten(server: Server) -> None:
    first = ask(server, "PUT", NAME, query="SELECT 1")
    assert first.status_code == 200, first.text
    assert first.json()["name"] == NAME
    assert ask(server, "PUT", NAME, query="SELECT 2").status_code == 200
    assert ask(server, "PUT", "a first", query="SELECT 3").status_code == 200
    assert names(server) == ["a first", NAME]
    found = server.get(PATH).json()["queries"]
    assert [one["query"] for one in found] == ["SELECT 3", "SELECT 2"]
    assert found[1]["updated_at"] >= first.json()["updated_at"]
    assert ask(server, "DELETE", NAME).status_code == 204
    gone = ask(server, "DELETE", NAME)
    assert (gone.status_code, gone.json()["detail"]) == (404, f"there is no saved query {NAME}")


def test_another_workspace_has_its_own(server: Server) -> None:
    other = add_key(server, workspace="another")
    ask(server, "PUT", "mine", query="SELECT 1")
    assert names(server, other) == []
    assert ask(server, "DELETE", "mine", other).status_code == 404
    assert ask(server, "PUT", "mine", other, query="SELECT 'theirs'").status_code == 200
    assert ask(server, "DELETE", "mine", other).status_code == 204
    assert "mine" in names(server)


def test_who_only_reads_may_not_save(server: Server) -> None:
    reader = add_key(server, scopes=("read",))
    assert ask(server, "PUT", "no", reader, query="SELECT 1").status_code == 403
    assert isinstance(names(server, reader), list)


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("x", {"query": ""}, "query: give a text"),
        ("x", {"query": 7}, "query: give a text"),
        ("x", {"query": "S" * 50_001}, "50,000 characters"),
        ("x", {"query": "SELECT '\0'"}, "NUL"),
        ("n" * 201, {"query": "SELECT 1"}, "name: a name has 1 to 200"),
    ],
)
def test_what_is_wrong_is_said(server: Server, name: str, body: dict[str, Any], says: str) -> None:
    answer = ask(server, "PUT", name, **body)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
