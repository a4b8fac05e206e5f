"""`/v1/forwards`: how far each destination is, without what signs in there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.support import otlp
from tests.support.keys import add_key
from tests.support.server import Server

SECRET = "sk-of-the-destination"


class Refusing(BaseHTTPRequestHandler):
    """Takes logs, and says no to all else for good."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200 if self.path.endswith("/logs") else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("forwards")
    picky = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=picky.serve_forever, daemon=True).start()
    folder = home / "config/tracehouse"
    folder.mkdir(parents=True)
    (folder / "tracehouse.toml").write_text(f"""
[[forward]]
name = "away"
url = "http://user:{SECRET}@127.0.0.1:9/base?key={SECRET}"
headers = {{ authorization = "{SECRET}" }}
allow_private = true
signals = ["traces"]
drop_attributes = ["http.*"]

[[forward]]
name = "picky"
url = "http://127.0.0.1:{picky.server_address[1]}"
allow_private = true
""")
    with Server(home) as server:
        sent = otlp.traces(otlp.span(name="sent on")).SerializeToString()
        assert server.post("traces", sent).status_code == 200
        score = {"name": "good", "value": 1, "trace_id": f"{1:032x}"}
        server.client.post(f"{server.http}/v1/scores", headers=server.headers, json=score)
        yield server
    picky.shutdown()
    picky.server_close()


def destinations(server: Server) -> dict[str, dict[str, Any]]:
    answer = server.get("/v1/forwards")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["forwards"]}


def test_one_that_is_away_says_why_and_how_much_waits_for_it(server: Server) -> None:
    deadline = time.monotonic() + 30
    while (way := destinations(server)["away"]["signals"][0])["problem"] is None:
        assert time.monotonic() < deadline, "it was never tried"
        time.sleep(0.1)
    assert way["signal"] == "traces"
    assert "127.0.0.1" in way["problem"]
    assert way["failed_attempts"] >= 1
    assert way["sent_requests"] == 0
    assert way["backlog_bytes"] > 0
    assert way["lag_seconds"] >= 0


def test_what_was_refused_for_good_is_a_dead_letter(server: Server) -> None:
    deadline = time.monotonic() + 30
    while not (picky := destinations(server)["picky"])["dead_letter_count"]:
        assert time.monotonic() < deadline, "nothing was refused"
        time.sleep(0.1)
    (letter,) = picky["dead_letters"]
    assert (letter["signal"], letter["kind"]) == ("traces", "refused")
    assert "400" in letter["detail"]
    ways = {way["signal"]: way for way in picky["signals"]}
    assert ways["traces"]["backlog_bytes"] == 0
    while not ways["logs"]["sent_requests"]:
        assert time.monotonic() < deadline, "the log record was not sent on"
        ways = {way["signal"]: way for way in destinations(server)["picky"]["signals"]}
    assert ways["logs"]["problem"] is None


def test_what_signs_in_there_is_shown_to_nobody(server: Server) -> None:
    answer = server.get("/v1/forwards")
    assert SECRET not in answer.text
    away = destinations(server)["away"]
    assert away["url"] == "http://127.0.0.1:9/base"
    assert away["drop_attributes"] == ["http.*"]


def test_only_an_admin_of_the_first_workspace_sees_those_of_the_settings(server: Server) -> None:
    def ask(workspace: str, *scopes: str) -> httpx.Response:
        key = add_key(server, workspace=workspace, scopes=scopes)
        return server.client.get(f"{server.http}/v1/forwards", headers={"x-api-key": key})

    assert ask("default", "ingest", "read").status_code == 403
    assert ask("another", "read", "admin").json()["forwards"] == []
    assert {one["origin"] for one in destinations(server).values()} == {"settings"}


def test_those_of_the_settings_are_changed_there_alone(server: Server) -> None:
    away = f"{server.http}/v1/forwards/away"
    new = {"name": "away", "url": "https://1.1.1.1"}
    for answer in (
        server.client.patch(away, json={"paused": True}, headers=server.headers),
        server.client.delete(away, headers=server.headers),
        server.client.post(f"{server.http}/v1/forwards", json=new, headers=server.headers),
    ):
        assert answer.status_code == 409
        assert "settings" in answer.json()["detail"]
