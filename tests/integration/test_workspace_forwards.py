"""A workspace sends what it gets on to where it likes, made and changed by request."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.test_forward import Destination
from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.keys import add_key
from tests.support.server import Server

SECRET = "sk-of-the-destination"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("forwards"), "--private-forwards") as started:
        started.planted.add(SECRET)
        yield started


@pytest.fixture
def destination() -> Iterator[Destination]:
    made = Destination()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Workspace:
    """A workspace of its own for each test, with an admin's key."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.headers = {"x-api-key": add_key(server, workspace=name)}

    def ask(self, method: str, path: str = "", **document: Any) -> httpx.Response:
        return self.server.client.request(
            method, f"{self.server.http}/v1/forwards{path}", json=document, headers=self.headers
        )

    def make(self, destination: Destination, **more: Any) -> dict[str, Any]:
        """A forward of traces."""
        given: dict[str, Any] = {"name": "there", "url": destination.url, "signals": ["traces"]}
        given |= more
        answer = self.ask("POST", **given)
        assert answer.status_code == 201, answer.text
        self.await_collector(lambda one: bool(one["signals"]))
        return answer.json()

    def change(self, **document: Any) -> dict[str, Any]:
        answer = self.ask("PATCH", "/there", **document)
        assert answer.status_code == 200, answer.text
        time.sleep(2.5)  # the collector looks once a second
        return answer.json()

    def forwards(self) -> list[dict[str, Any]]:
        return self.ask("GET").json()["forwards"]

    def await_collector(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        wait(lambda: condition(self.forwards()[0]))

    def send(self, *numbers: int) -> None:
        for number in numbers:
            content = otlp.traces(otlp.span(number)).SerializeToString()
            answer = self.server.client.post(
                f"{self.server.http}/v1/traces", content=content,
                headers=self.headers | {"content-type": "application/x-protobuf"},
            )  # fmt: skip
            assert answer.status_code == 200


def wait(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_from_then_on_it_gets_what_the_workspace_gets_without_a_restart(
    server: Server, destination: Destination
) -> None:
    mine, theirs = Workspace(server, "mine"), Workspace(server, "theirs")
    mine.send(1)
    mine.make(destination, headers={"x-api-key": SECRET})
    theirs.send(2)
    mine.send(3)
    wait(lambda: destination.took == [3])
    assert destination.headers["x-api-key"] == SECRET
    assert theirs.forwards() == []
    mine.await_collector(lambda one: one["signals"][0]["sent_requests"] == 1)
    (shown,) = mine.forwards()
    assert (shown["origin"], shown["paused"], shown["takes"]) == ("api", False, ["traces"])
    assert shown["header_names"] == ["x-api-key"]
    assert shown["signals"][0]["backlog_bytes"] is None, "it would tell what others send"


def test_it_is_paused_led_elsewhere_and_taken_back(
    server: Server, destination: Destination
) -> None:
    workspace, other = Workspace(server, "changing"), Destination()
    workspace.make(destination)
    workspace.send(1)
    wait(lambda: destination.took == [1])
    assert workspace.change(paused=True)["paused"]
    workspace.send(2)
    time.sleep(1)
    assert destination.took == [1]
    workspace.change(paused=False, url=other.url)
    wait(lambda: other.took == [2])
    assert workspace.ask("DELETE", "/there").status_code == 204
    time.sleep(2.5)
    workspace.send(3)
    server.settle()
    time.sleep(1)
    assert (destination.took, other.took) == ([1], [2])
    assert workspace.forwards() == []
    left = list((server.data_dir / "spool").rglob("forward.*.cursor"))
    assert len(left) == sum(len(one["signals"]) for one in Workspace(server, "mine").forwards())
    other.server.shutdown()


def test_it_is_there_after_a_crash_and_goes_on_where_it_was(
    server: Server, destination: Destination
) -> None:
    workspace = Workspace(server, "crashing")
    workspace.make(destination)
    destination.statuses = [503] * 100
    workspace.send(1, 2)
    workspace.await_collector(lambda one: one["signals"][0]["problem"] is not None)
    server.kill()
    server.start(**server.ports)
    destination.statuses = []
    workspace.send(3)
    wait(lambda: list(dict.fromkeys(destination.took)) == [1, 2, 3])


def test_what_signs_in_there_is_encrypted_and_shown_to_nobody(
    server: Server, destination: Destination
) -> None:
    workspace = Workspace(server, "secretive")
    url = destination.url.replace("http://", f"http://user:{SECRET}@") + f"/x?key={SECRET}"
    made = workspace.make(
        destination, url=url, headers={"authorization": SECRET}, public_key="pk",
        secret_key=SECRET,
    )  # fmt: skip
    assert made["url"] == f"{destination.url}/x"
    assert made["has_key"]
    for text in (str(made), str(workspace.forwards()), workspace.ask("PATCH", "/there").text):
        assert SECRET not in text
    for file in server.data_dir.glob("meta.db*"):
        assert SECRET.encode() not in file.read_bytes(), file
    with sqlite3.connect(server.data_dir / "meta.db") as database:
        noted = database.execute("SELECT detail FROM audit_log WHERE act = 'forward.create'")
        assert not any(SECRET in detail for (detail,) in noted)
        (row,) = database.execute(
            "SELECT encrypted FROM forwards WHERE workspace = 'secretive'"
        ).fetchall()
    assert destination.url not in row[0]


def test_another_host_gets_a_key_only_from_who_has_it(
    server: Server, destination: Destination
) -> None:
    workspace = Workspace(server, "keeping")
    workspace.make(destination, secret_key=SECRET, public_key="pk", paused=True)
    elsewhere = "http://127.0.0.1:9"
    answer = workspace.ask("PATCH", "/there", url=elsewhere)
    assert answer.status_code == 422
    assert "secret_key" in answer.json()["detail"]
    same_host = workspace.ask("PATCH", "/there", url=f"{destination.url}/below")
    assert same_host.json()["url"].endswith("/below")
    given = {"secret_key": "another", "public_key": "pk"}
    assert workspace.ask("PATCH", "/there", url=elsewhere, **given).status_code == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": None}, "name"),
        ({"name": "With Spaces"}, "name"),
        ({"url": "ftp://example.com"}, "http"),
        ({"url": "http://127.0.0.1:99999"}, "url"),
        ({"url": "http://a..b"}, "url"),
        ({"kind": "carrier pigeon"}, "kind"),
        ({"kind": "langfuse", "protocol": "grpc"}, "HTTP only"),
        ({"signals": ["smoke"]}, "signals"),
        ({"headers": {"x": "a\r\nb: c"}}, "headers"),
        ({"headers": {"a b": "c"}}, "headers"),
        ({"services": ["x"] * 51}, "services"),
        ({"drop_attributes": ["x" * 1001]}, "drop_attributes"),
        ({"allow_private": True}, "allow_private"),
        ({"workspace": "default"}, "workspace"),
        ({"paused": "yes"}, "paused"),
    ],
)
def test_what_cannot_be_says_why(server: Server, given: dict[str, Any], says: str) -> None:
    workspace = Workspace(server, "mistaken")
    document = {"name": "there", "url": "http://127.0.0.1:9"} | given
    answer = workspace.ask("POST", **document)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]
    assert workspace.forwards() == []


def test_a_name_is_there_once_and_there_are_so_many(server: Server) -> None:
    workspace = Workspace(server, "many")
    for number in range(10):
        made = workspace.ask("POST", name=f"n{number}", url="http://127.0.0.1:9", paused=True)
        assert made.status_code == 201
        again = workspace.ask("POST", name="n0", url="http://127.0.0.1:9")
        assert again.status_code == 409
    more = workspace.ask("POST", name="more", url="http://127.0.0.1:9")
    assert more.status_code == 409
    assert "10" in more.json()["detail"]
    assert workspace.ask("PATCH", "/n0", name="n99").status_code == 422
    assert workspace.ask("PATCH", "/nothing", paused=True).status_code == 404
    assert workspace.ask("DELETE", "/nothing").status_code == 404
    for number in range(10):
        assert workspace.ask("DELETE", f"/n{number}").status_code == 204


def test_a_private_address_is_refused_where_the_server_does_not_allow_it(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        workspace = Workspace(server, "default")
        for url in ("http://127.0.0.1:9", "http://localhost", "http://169.254.169.254/latest"):
            answer = workspace.ask("POST", name="there", url=url)
            assert answer.status_code == 422
            assert "private network" in answer.json()["detail"]
        answer = workspace.ask("POST", name="there", url="http://no-such-host.invalid")
        assert answer.status_code == 422
        assert "looked up" in answer.json()["detail"]
        assert workspace.ask("POST", name="there", url="https://1.1.1.1", paused=True).is_success
        answer = workspace.ask("PATCH", "/there", url="http://10.0.0.1")
        assert answer.status_code == 422
        audit = server.get("/v1/audit").json()["audit"]
        assert [one["act"] for one in audit if one["act"].startswith("forward.")] == [
            "forward.create"
        ]


def test_a_collector_sees_what_was_asked_of_the_api(
    tmp_path: Path, destination: Destination
) -> None:
    """Two processes on one metadata database: what one is told, the other does."""
    shared = tmp_path / "shared.db"
    with ClickHouseHttp(tmp_path / "clickhouse") as clickhouse:
        both = (
            *("--clickhouse-url", clickhouse.url, "--meta-url", f"sqlite:///{shared}"),
            "--private-forwards",
        )
        with (
            Server(tmp_path / "collector", "--role", "collector", *both) as collector,
            Server(tmp_path / "api", "--role", "api", *both) as api,
        ):
            asked = api.client.post(
                f"{api.http}/v1/forwards", headers=collector.headers,
                json={"name": "there", "url": destination.url, "signals": ["traces"]},
            )  # fmt: skip
            assert asked.status_code == 201, asked.text
            assert asked.json()["signals"] == [], "how far it is, the collector knows"
            wait(lambda: bool(collector.get("/v1/forwards").json()["forwards"][0]["signals"]))
            request = otlp.traces(otlp.span(7)).SerializeToString()
            assert collector.post("traces", request).status_code == 200
            wait(lambda: destination.took == [7])
            gone = api.client.delete(f"{api.http}/v1/forwards/there", headers=collector.headers)
            assert gone.status_code == 204
            folder = collector.data_dir / "spool"
            wait(lambda: not list(folder.rglob("forward.*.cursor")))
