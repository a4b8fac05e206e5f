"""Nobody sees what isn't theirs: every route, asked with real ids of one workspace by all others.

The first tenant's data is marked: no answer to anybody else may hold the mark or an id of it, be it
in a list, a count, an error or a file, and nothing that anybody else sends may change it.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conformance.test_access import OPEN, PERSONAL, READING_POSTS, routes
from tests.support.keys import add_key
from tests.support.person import Person
from tests.support.server import Server

MARK = "xyzzy-of-the-first-tenant"
# Made from what one asks with, or too short to tell.
GUESSABLE = {"price_id", "path", "version"}
STRANGERS = ["another tenant", "another tenant's owner", "anonymous", "revoked", "nobody", "a link"]


@dataclass
class Walls:
    server: Server
    ids: dict[str, str]
    headers: dict[str, dict[str, str]]
    parameters: dict[str, dict[str, str]]

    def fill(self, path: str) -> str:
        """A route's path with ids of the first tenant; what is a stream is to end at once."""
        filled = re.sub(r"{(\w+)}", lambda m: self.ids.get(m[1], MARK), path)
        return f"{filled}?seconds=0" if path.endswith("/live") else filled

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        return self.server.client.request(
            method,
            self.server.http + path,
            headers=self.headers[who],
            params=self.parameters.get(who),
            **more,
        )

    def snapshot(self) -> dict[str, Any]:
        """What the first tenant sees."""
        paths = (
            "/v1/traces", "/v1/spans", "/v1/runs", "/v1/scores", "/v1/prompts", "/v1/datasets",
            "/v1/prices", "/v1/logs", "/v1/sessions", "/v1/users", "/v1/artifacts",
            "/v1/share_links", "/v1/api_keys", "/v1/members", f"/v1/runs/{self.ids['run_id']}",
            f"/v1/runs/{self.ids['run_id']}/media", f"/v1/prompts/{MARK}",
            f"/v1/datasets/{MARK}/items", f"/v1/datasets/{MARK}/runs", "/v1/sql/queries",
            "/v1/forwards",
        )  # fmt: skip
        found = {path: self.server.get(path).json() for path in paths}
        for key in found["/v1/api_keys"]["api_keys"]:
            key.pop("last_used_at")
        for forward in found["/v1/forwards"]["forwards"]:
            forward.pop("signals")  # how far it is
        return found


def spans(trace_id: str, mark: str) -> bytes:
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = mark
    group.resource.attributes.add(key="tracehouse.project").value.string_value = mark
    span = group.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex(trace_id[:16]),
        name=mark,
        start_time_unix_nano=time.time_ns(),
        end_time_unix_nano=time.time_ns(),
    )
    for key in (
        "session.id", "user.id", "gen_ai.request.model", "tracehouse.subject.id",
        "tracehouse.experiment.name", "tracehouse.experiment.variant", "gen_ai.prompt.name",
    ):  # fmt: skip
        span.attributes.add(key=key).value.string_value = mark
    span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 7
    return message.SerializeToString()


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walls]:
    with Server(tmp_path_factory.mktemp("walls"), "--anonymous") as server:

        def ours(method: str, path: str, **document: Any) -> Any:
            answer = server.client.request(
                method, server.http + path, json=document, headers=server.headers
            )
            assert answer.status_code < 300, f"{path}: {answer.text}"
            return answer.json() if answer.content else None

        trace_id = hashlib.md5(MARK.encode()).hexdigest()
        server.post("traces", spans(trace_id, MARK))
        run_id = ours("POST", "/v1/runs", name=MARK, client_run_id=MARK, project=MARK)["id"]
        ours("POST", f"/v1/runs/{run_id}/artifacts", name=MARK, kind="text", data=MARK)
        server.client.post(
            f"{server.http}/v1/runs/{run_id}/media?key={MARK}&media_type=image",
            content=MARK.encode(),
            headers=server.headers | {"content-type": "image/png"},
        )
        score = ours("POST", "/v1/scores", trace_id=trace_id, name=MARK, value=1)
        ours("POST", "/v1/prompts", name=MARK, prompt=MARK, labels=["production"])
        ours("POST", "/v1/datasets", name=MARK)
        (item,) = ours("POST", f"/v1/datasets/{MARK}/items", input=MARK)["items"]
        ours("POST", f"/v1/datasets/{MARK}/runs", name=MARK)
        price = ours("PUT", "/v1/prices", model=MARK, input_mtok=1, output_mtok=1)
        ours("PUT", f"/v1/sql/queries/{MARK}", query=f"SELECT '{MARK}'")
        # Paused: nothing is sent there.
        ours("POST", "/v1/forwards", name=MARK, url=f"https://1.1.1.1/{MARK}", paused=True)
        link = ours("POST", "/v1/share_links", kind="trace", id=trace_id)
        sweep = ours("POST", "/v1/sweeps", config={
            "method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}},
            "metric": {"name": MARK, "goal": "minimize"},
        })  # fmt: skip
        other_run = ours("POST", "/v1/runs", name="shared", client_run_id="shared")["id"]
        server.settle()
        (media,) = server.get(f"/v1/runs/{run_id}/media").json()["media"]
        shared = ours("POST", "/v1/share_links", kind="run", id=other_run)
        revoked = ours("POST", "/v1/api_keys", name="revoked")
        ours("DELETE", f"/v1/api_keys/{revoked['id']}")

        owner = Person(server)
        owner.follow(server.sign_in_link)
        invited = owner.post("/v1/members", email="viewer@example.com", role="viewer").json()
        viewer = Person(server)
        viewer.follow(invited["invite_url"])
        anonymous = server.client.post(f"{server.http}/v1/anon/session", json={}).json()["token"]
        yield Walls(
            server,
            {
                "trace_id": trace_id, "span_id": trace_id[:16], "run_id": run_id,
                "media_id": media["id"], "score_id": score["id"], "item_id": item["id"],
                "price_id": price["id"], "link_id": link["id"], "sweep_id": sweep["id"],
                "sha256": hashlib.sha256(MARK.encode()).hexdigest(), "path": "data.txt",
                "user": invited["user"], "version": "1",
            },
            {
                "another tenant": {"x-api-key": add_key(server, workspace="other")},
                "another tenant's owner": {
                    "x-api-key": add_key(server, workspace="other"),
                    "x-tracehouse-workspace": "default",
                },
                "a newcomer": {"x-api-key": add_key(server, workspace="new")},
                "anonymous": {"authorization": f"Bearer {anonymous}"},
                "revoked": {"x-api-key": revoked["key"]},
                "nobody": {},
                "a link": {},
                "viewer": {
                    "cookie": f"tracehouse_session={viewer.browser.cookies['tracehouse_session']}",
                    "x-csrf-token": viewer.csrf,
                },
            },
            {"a link": {"t": shared["token"]}},
        )  # fmt: skip


def templates(method_is_get: bool) -> list[tuple[str, str]]:
    return sorted(
        (method, path)
        for method, path in routes(filled=False)
        if (method == "GET") == method_is_get and (method, path) not in OPEN
    )


def leaks(walls: Walls, text: str, asked: str) -> list[str]:
    """What of the first tenant's is in an answer and was not in the question."""
    secrets = [MARK, *(walls.ids[name] for name in walls.ids.keys() - GUESSABLE)]
    return [secret for secret in secrets if secret in text and secret not in asked]


def test_the_first_tenant_sees_it_all(walls: Walls) -> None:
    """Else the tests below would find nothing for the wrong reason."""
    seen = 0
    for method, path in templates(True):
        answer = walls.server.client.get(
            walls.server.http + walls.fill(path), headers=walls.server.headers
        )
        seen += answer.status_code == 200 and bool(leaks(walls, answer.text, ""))
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
    assert seen >= 35


@pytest.mark.parametrize("who", STRANGERS)
def test_no_route_shows_a_stranger_anything(walls: Walls, who: str) -> None:
    for method, path in templates(True):
        asked = walls.fill(path)
        answer = walls.ask(who, method, asked)
        assert answer.status_code < 500, f"{path}: {answer.text}"
        assert leaks(walls, answer.text, asked) == [], f"{path}: {answer.text[:500]}"
        if who in ("revoked", "nobody", "a link") and (method, path) not in OPEN:
            assert answer.status_code == 401, path


@pytest.mark.parametrize("who", STRANGERS)
def test_filters_do_not_ask_past_the_wall(walls: Walls, who: str) -> None:
    for path, parameters in {
        "/v1/traces": {"project": MARK}, "/v1/spans": {"trace_id": walls.ids["trace_id"]},
        "/v1/logs": {"trace_id": walls.ids["trace_id"]}, "/v1/sessions": {"q": MARK},
        "/v1/scores": {"name": MARK}, "/v1/usage": {"project": MARK},
        "/v1/compare": {"runs": walls.ids["run_id"]}, "/api/public/traces": {"userId": MARK},
        "/api/public/v2/scores": {"traceId": walls.ids["trace_id"]},
    }.items():  # fmt: skip
        given = parameters | walls.parameters.get(who, {})
        answer = walls.server.client.get(
            walls.server.http + path, params=given, headers=walls.headers[who]
        )
        assert answer.status_code < 500, path
        assert leaks(walls, answer.text, str(parameters)) == [], f"{path}: {answer.text[:500]}"


@pytest.mark.parametrize("who", [*STRANGERS, "viewer"])
def test_nothing_that_a_stranger_sends_changes_anything(walls: Walls, who: str) -> None:
    before = walls.snapshot()
    bodies: list[dict[str, Any]] = [
        {},
        {
            "name": MARK, "prompt": "changed", "id": walls.ids["trace_id"], "kind": "trace",
            "traceId": walls.ids["trace_id"], "trace_id": walls.ids["trace_id"], "value": 0,
            "model": MARK, "input_mtok": 9, "output_mtok": 9, "input": "changed",
            "email": "intruder@example.com", "role": "owner", "scopes": ["admin"],
            "session_id": MARK, "status": "crashed", "datasetName": MARK, "labels": ["production"],
        },
    ]  # fmt: skip
    for method, path in templates(False):
        if who == "viewer" and (method, path) in PERSONAL | READING_POSTS:
            continue  # their own account, and what they may see anyway
        for body in bodies:
            asked = walls.fill(path)
            answer = walls.ask(who, method, asked, json=body)
            assert answer.status_code < 500, f"{method} {path}: {answer.text}"
            assert leaks(walls, answer.text, asked + str(body)) == [], f"{path}: {answer.text}"
            if who == "viewer":
                assert answer.status_code in (403, 401), f"{method} {path}: {answer.status_code}"
    walls.server.settle()
    assert walls.snapshot() == before


def test_what_is_not_there_and_what_is_not_theirs_answer_alike(walls: Walls) -> None:
    for method, path in templates(True):
        if "{" not in path:
            continue
        real = walls.ask("a newcomer", method, walls.fill(path))
        made_up = {
            name: hashlib.sha256(name.encode()).hexdigest()[: len(value)]
            for name, value in walls.ids.items()
        }
        asked = re.sub(r"{(\w+)}", lambda m, ids=made_up: ids.get(m[1], "nothing"), path)
        asked += "?seconds=0" if path.endswith("/live") else ""
        unreal = walls.ask("a newcomer", method, asked)
        assert real.status_code == unreal.status_code, path


def test_files_are_each_workspaces_own(walls: Walls) -> None:
    """The blob store knows files by their hash: whoever knows a hash has not got the file."""
    body, who = MARK.encode(), "another tenant"
    listed = walls.ask(who, "GET", f"/v1/runs/{walls.ids['run_id']}/media").status_code
    assert listed == 404
    sent = walls.server.client.put(
        f"{walls.server.http}/v1/blobs/{'0' * 64}", content=body, headers=walls.headers[who]
    )
    assert sent.status_code in (400, 422), "the hash must be that of the content"
