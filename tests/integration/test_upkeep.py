"""What a server does by itself: data goes when its project's time is over, files when nobody names
them, and what was deleted leaves the disk."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support import otlp
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.server import Server
from tracehouse_agent.upkeep import Upkeep
from tracehouse_api.access import House as TracehouseHouse
from tracehouse_api.blobs import Blobs
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.identity.tables import workspaces
from tracehouse_api.lifecycle.retention import apply_project_retention
from tracehouse_api.lifecycle.sweep import remove_unreferenced
from tracehouse_api.meta.database import Meta
from tracehouse_api.store import Store
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.keys import DEFAULT_WORKSPACE
from tracehouse_collector.schema.deleted import purge_deleted
from tracehouse_collector.settings import load_settings
from tracehouse_collector.telemetry import Telemetry

DAY_NS = 86_400 * 1_000_000_000
# The first minute of an hour.
NOW_NS = 1_790_000_000_000_000_000 // (3600 * 1_000_000_000) * (3600 * 1_000_000_000)


@dataclass
class House:
    """A server, and what it stands on, so that a test can be its upkeep at another time."""

    server: Server
    database: Database
    meta: Meta
    blobs: Blobs

    @property
    def rows(self) -> Store:
        return Store(self.database, DEFAULT_WORKSPACE)

    def send(self, signal: str, *requests: Any) -> None:
        for request in requests:
            assert self.server.post(signal, request.SerializeToString()).status_code == 200
        self.server.settle()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("upkeep")
    with (
        ClickHouseHttp(home / "clickhouse") as clickhouse,
        Server(home, "--clickhouse-url", clickhouse.url, "--anonymous") as server,
    ):
        database = Database(clickhouse.url, "tracehouse")
        meta = Meta("", server.data_dir / "meta.db")
        yield House(server, database, meta, Blobs("", server.data_dir / "blobs"))
        meta.close()
        database.close()


def old_and_new(project: str, number: int) -> list[Any]:
    """A trace and a log record of 31 days ago, and of 29; a trace that lies on both sides."""
    resource = {"tracehouse.project": project}
    made: list[Any] = []
    for place, days in enumerate((31, 29)):
        at = NOW_NS - days * DAY_NS
        tagged = {"tracehouse.subject.id": f"{project}-{days}"}
        span = otlp.span(number + place, start=at, attributes=tagged)
        made.append(otlp.traces(span, resource=resource))
    across = [otlp.span(number + 2, n, start=NOW_NS - d * DAY_NS) for n, d in ((1, 31), (2, 29))]
    return [*made, otlp.traces(*across, resource=resource)]


def set_days(house: House, project: str, days: int | None) -> None:
    server = house.server
    answer = server.client.put(
        f"{server.http}/v1/projects/{project}/retention", json={"days": days},
        headers=server.headers,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


def test_what_is_older_than_its_project_keeps_goes(house: House) -> None:
    house.send("traces", *old_and_new("short", 0xD00), *old_and_new("long", 0xD10))
    for days in (31, 29):
        at = NOW_NS - days * DAY_NS
        house.send(
            "logs",
            otlp.logs(f"{days}", resource={"tracehouse.project": "short"}, time_unix_nano=at),
        )
    set_days(house, "short", 30)
    counts = apply_project_retention(house.database, house.meta, NOW_NS)
    assert counts == {"traces": 2, "spans": 2, "logs": 1, "cohorts": 1}
    get = house.server.get
    assert get(f"/v1/traces/{0xD00:032x}").status_code == 404
    assert get(f"/v1/traces/{0xD01:032x}").status_code == 200
    assert get(f"/v1/traces/{0xD02:032x}").json()["span_count"] == 1, "only its older half went"
    assert get("/v1/subjects/short-31").status_code == 404
    assert get("/v1/subjects/short-29").status_code == 200
    for number in (0xD10, 0xD11):
        assert get(f"/v1/traces/{number:032x}").status_code == 200, "another project keeps all"
    assert apply_project_retention(house.database, house.meta, NOW_NS) == {}
    set_days(house, "short", None)
    assert apply_project_retention(house.database, house.meta, NOW_NS + 99 * DAY_NS) == {}


def test_a_run_goes_whole_when_it_was_last_heard_of_before_that(house: House) -> None:
    of_run: dict[str, Any] = {"tracehouse.run.id": "old", "tracehouse.run.name": "old"}
    run = otlp.span(0xD20, name="tracehouse.run", attributes=of_run)
    house.send("traces", otlp.traces(run, resource={"tracehouse.project": "runs"}))
    set_days(house, "runs", 10)
    now_ns = time.time_ns()
    apply_project_retention(house.database, house.meta, now_ns)
    assert house.server.get("/v1/runs/old").status_code == 200, "it was heard of just now"
    apply_project_retention(house.database, house.meta, now_ns + 11 * DAY_NS)
    assert house.server.get("/v1/runs/old").status_code == 404


def put_blob(house: House, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    house.blobs.put(DEFAULT_WORKSPACE, sha256, content)
    return sha256


def sweep(house: House, now: float, workspace: str = DEFAULT_WORKSPACE) -> int:
    rows = Store(house.database, workspace)
    return remove_unreferenced(house.blobs, rows, house.meta, workspace, now=now)


def test_a_file_that_nothing_names_goes_after_a_day(house: House) -> None:
    named, orphan = put_blob(house, b"named"), put_blob(house, b"orphan")
    attributes = {"tracehouse.run.id": "r", "tracehouse.key": "model"}
    artifact = otlp.logs(
        f'{{"files": [{{"path": "a", "pieces": ["{named}"]}}]}}',
        event_name="tracehouse.run.artifact", attributes=otlp.key_values(attributes),
    )  # fmt: skip
    house.send("logs", artifact)
    others = "another-workspace"
    house.blobs.put(others, orphan, b"orphan")
    assert sweep(house, time.time() + 3600) == 0, "its record may be on its way"
    assert sweep(house, time.time() + 90_000) == 1
    assert house.blobs.size(DEFAULT_WORKSPACE, named) == 5
    assert house.blobs.size(DEFAULT_WORKSPACE, orphan) is None
    assert house.blobs.size(others, orphan) == 6, "another workspace's is its own"
    assert house.blobs.workspaces() == ["another-workspace", DEFAULT_WORKSPACE]


def test_what_a_checkpoint_keeps_stays_as_long_as_its_trace(house: House) -> None:
    kept = put_blob(house, b"kept by a checkpoint")
    files = json.dumps({"files": [{"path": "a", "sha256": kept, "kept": True}]})
    said = {"langfuse.observation.output": files}
    house.send("traces", otlp.traces(otlp.span(0xD33, name="checkpoint one", attributes=said)))
    assert sweep(house, time.time() + 90_000) == 0
    server = house.server
    path = f"{server.http}/v1/traces/{0xD33:032x}"
    assert server.client.delete(path, headers=server.headers).status_code == 204
    assert sweep(house, time.time() + 90_000) == 1
    assert house.blobs.size(DEFAULT_WORKSPACE, kept) is None


def test_what_was_deleted_leaves_the_disk(house: House) -> None:
    house.send("traces", otlp.traces(otlp.span(0xD30), otlp.span(0xD31)))
    server = house.server
    path = f"{server.http}/v1/traces/{0xD30:032x}"
    assert server.client.delete(path, headers=server.headers).status_code == 204
    assert "spans" in purge_deleted(house.database, "tracehouse")
    assert purge_deleted(house.database, "tracehouse") == []
    assert server.get(f"/v1/traces/{0xD31:032x}").status_code == 200


def test_what_nobody_claimed_is_deleted(house: House) -> None:
    server = house.server
    begun = server.client.post(f"{server.http}/v1/anon/session").json()
    token = begun["token"]
    request = otlp.traces(otlp.span(0xD40))
    headers = {"x-api-key": token, "content-type": "application/x-protobuf"}
    sent = server.client.post(
        f"{server.http}/v1/traces", content=request.SerializeToString(), headers=headers
    )
    assert sent.status_code == 200, sent.text
    server.settle()
    keys = ApiKeys(house.meta)
    principal = keys.principal(token)
    assert principal is not None
    rows = Store(house.database, principal.workspace)
    house.blobs.put(principal.workspace, hashlib.sha256(b"x").hexdigest(), b"x")
    settings = load_settings(data_dir=server.data_dir)
    upkeep = Upkeep(
        TracehouseHouse(house.database, keys, Telemetry(), None, house.blobs, house.meta, settings)
    )
    upkeep.expire_workspaces()
    count = rows.select("count() AS n", "spans")
    assert rows.rows(count)[0]["n"] == 1, "it may still be claimed"
    with house.meta.begin() as connection:
        connection.execute(
            update(workspaces).where(workspaces.c.id == principal.workspace).values(expires_at=1.0)
        )
    upkeep.expire_workspaces()
    assert rows.rows(count)[0]["n"] == 0
    assert list(house.blobs.list(principal.workspace)) == []
    assert ApiKeys(house.meta).principal(token) is None
    assert house.server.get(f"/v1/traces/{0xD31:032x}").status_code == 200, "others' stay"
