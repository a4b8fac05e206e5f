"""Start without an account, show what was sent by a link, and make it yours later."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.sdk.test_training import QUIET
from tests.support.person import Person
from tests.support.sdk import Machine
from tests.support.server import Server

OLD_CLIENT = Path(sys.prefix) / "old-client"
OLD_HEAD = f"import sys; sys.path.insert(0, {str(OLD_CLIENT)!r})\nimport tracehouse as cm\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), "--anonymous") as started:
        yield started


def stranger(server: Server, home: Path) -> Machine:
    """A machine that knows the server's address and no key."""
    return Machine(home, environment={"TRACEHOUSE_API_BASE": server.http})


def tokens(machine: Machine) -> dict[str, str]:
    (kept,) = (machine.home / "cache/tracehouse").glob("anon-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    return json.loads(kept.read_text())


def test_a_program_without_a_key_sends_and_its_owner_claims(server: Server, tmp_path: Path) -> None:
    machine = stranger(server, tmp_path)
    said = machine.run(f"""
        run = cm.init_run(project="stranger", name="first", {QUIET})
        run.log({{"loss": 0.5}}, step=0)
        run.finish()
        print(run.url)
    """)
    kept = tokens(machine)
    assert "NOT LOGGED IN" in said.err
    assert f"/claim?token={kept['claim_token']}" in said.err
    server.settle()

    # Whoever has the link reads, and nobody else does, the server's owner included.
    reader = {"t": kept["read_token"]}
    (run,) = httpx.get(f"{server.http}/v1/runs", params=reader).json()["runs"]
    assert (run["name"], run["status"]) == ("first", "finished")
    assert said.out.strip() == f"{server.http}/runs/{run['id']}?t={kept['read_token']}"
    assert httpx.get(f"{server.http}/v1/runs/{run['id']}").status_code == 401
    assert server.get(f"/v1/runs/{run['id']}").status_code == 404
    assert server.get("/v1/runs", project="stranger").json()["runs"] == []

    owner = Person(server)
    owner.follow(server.sign_in_link)
    claimed = owner.post("/v1/claim", token=kept["claim_token"], name="Mine now")
    assert claimed.status_code == 200, claimed.text
    owner.workspace = claimed.json()["id"]
    assert owner.get(f"/v1/runs/{run['id']}").json()["name"] == "first"
    again = owner.post("/v1/claim", token=kept["claim_token"])
    assert again.status_code == 404

    # The next program of that machine goes on where the first one was.
    machine.run(f"cm.init_run(project='stranger', name='second', {QUIET}).finish()")
    server.settle()
    assert {r["name"] for r in owner.get("/v1/runs").json()["runs"]} == {"first", "second"}


def test_a_read_token_only_reads(server: Server, tmp_path: Path) -> None:
    machine = stranger(server, tmp_path)
    machine.run(f"cm.init_run({QUIET}).finish()")
    kept = tokens(machine)
    answer = httpx.post(
        f"{server.http}/v1/scores",
        json={"trace_id": "a" * 32, "name": "x", "value": 1},
        headers={"authorization": f"Bearer {kept['read_token']}"},
    )
    assert answer.status_code == 403
    sender = httpx.get(f"{server.http}/v1/runs", params={"t": kept["token"]})
    assert sender.status_code == 401, "what can send does not belong into an address"


@pytest.mark.skipif(not OLD_CLIENT.exists(), reason="make test installs the older client")
def test_the_older_client_unmodified(server: Server, tmp_path: Path) -> None:
    machine = stranger(server, tmp_path)
    said = machine.run(
        """
        run = cm.init_run(project="older", name="older")
        run.log({"loss": 1.0}, step=0)
        run.finish()
        """,
        head=OLD_HEAD,
    )
    assert "NOT LOGGED IN" in said.err
    (kept,) = (machine.home / "cache/tracehouse").glob("anon-*.json")
    server.settle()
    reader = {"t": json.loads(kept.read_text())["read_token"]}
    (run,) = httpx.get(f"{server.http}/v1/runs", params=reader).json()["runs"]
    assert run["name"] == "older"


def test_where_it_is_forbidden(server: Server, tmp_path: Path) -> None:
    machine = stranger(server, tmp_path)
    machine.environment["TRACEHOUSE_ANON"] = "0"
    said = machine.run(f"cm.init_run({QUIET}).finish(timeout=3)")
    assert "TRACEHOUSE_API_KEY" in said.err
    assert not (machine.home / "cache").exists()
    assert len(machine.buffers()) == 1


def test_sessions_are_counted_by_address(server: Server) -> None:
    codes = [httpx.post(f"{server.http}/v1/anon/session", json={}).status_code for _ in range(61)]
    assert codes[0] == 200
    assert codes[-1] == 429
