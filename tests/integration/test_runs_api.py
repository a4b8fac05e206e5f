"""`/v1/runs` by requests alone: filters, order, paging, history, media, edits, deletion."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Stored
from tests.support import otlp

START = "2026-09-01T00:00:00Z"


class Api:
    """Calls as a client of the REST wire makes them."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.server = stored.server

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.server.headers | more.pop("headers", {})
        return self.server.client.request(
            method, self.server.http + path, headers=headers, timeout=30, **more
        )

    def ok(self, method: str, path: str, **more: Any) -> Any:
        answer = self.call(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def run(self, name: str, project: str, **more: Any) -> str:
        body = {"name": name, "client_run_id": f"{project}/{name}", "project": project, **more}
        return self.ok("POST", "/v1/runs", json={"started_at": START, **body})["id"]

    def log(self, run: str, key: str, values: dict[int, Any]) -> None:
        points = [
            {"key": key, "step": step, "value": value, "wall_time": 1_790_000_000 + step}
            for step, value in values.items()
        ]
        self.ok("POST", f"/v1/runs/{run}/metrics", json={"points": points})

    def names(self, **parameters: Any) -> list[str]:
        self.server.settle()
        return [run["name"] for run in self.stored.get("/v1/runs", **parameters)["runs"]]


@pytest.fixture
def api(stored_server: Stored) -> Api:
    return Api(stored_server)


def test_filters_and_order(api: Api) -> None:
    for number, name in enumerate(("a", "b", "c", "d")):
        config = {"lr": 10.0**-number, "model": f"m{number % 2}", "opt": {"beta": number}}
        run = api.run(name, "filters", config=config, started_at=f"2026-09-0{number + 1}T00:00:00Z")
        if name != "d":
            api.log(run, "acc", {0: 0.0, 5: number / 10})
    assert api.names(project="filters") == ["d", "c", "b", "a"]
    assert api.names(project="filters", sort="start_time") == ["a", "b", "c", "d"]
    assert api.names(project="filters", sort="name") == ["a", "b", "c", "d"]
    assert api.names(project="filters", sort="config.lr") == ["d", "c", "b", "a"]
    assert api.names(project="filters", sort="-summary.acc") == ["c", "b", "a", "d"]
    assert api.names(project="filters", **{"config.model": "m1"}, sort="name") == ["b", "d"]
    assert api.names(project="filters", **{"config.model": "!=m1"}, sort="name") == ["a", "c"]
    assert api.names(project="filters", **{"config.lr": ">=0.1"}, sort="name") == ["a", "b"]
    assert api.names(project="filters", **{"config.opt.beta": "2"}) == ["c"]
    assert api.names(project="filters", **{"summary.acc": ">0"}, sort="name") == ["b", "c"]
    assert api.names(project="filters", **{"summary.acc": "0.2"}) == ["c"]
    assert api.names(project="filters", name="B") == ["b"]
    assert api.names(project="filters", **{"from": "2026-09-02", "to": "2026-09-04"}) == ["c", "b"]
    assert api.names(project="filters", status="running", sort="name") == ["a", "b", "c", "d"]
    assert api.names(project="nowhere") == []


@pytest.mark.parametrize("sort", ["-start_time", "name", "config.n", "-summary.x", "-duration"])
def test_pages_hold_every_run_once(api: Api, sort: str) -> None:
    for number in range(7):
        run = api.run(f"r{number}", "pages", config={"n": number // 2})
        api.log(run, "x", {0: number % 3})
    api.server.settle()
    whole = [run["id"] for run in api.stored.get("/v1/runs", project="pages", sort=sort)["runs"]]
    paged = [
        run["id"]
        for page in api.stored.pages("/v1/runs", "runs", project="pages", sort=sort, limit=2)
        for run in page
    ]
    assert len(set(whole)) == 7
    assert paged == whole


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"sort": "nonsense"}, "choose one of"),
        ({"config.lr": ">high"}, "compares numbers"),
        ({"summary.acc": "high"}, "compared with a number"),
        ({"cursor": "x"}, "cursor"),
        ({"stat": "running"}, "no such parameter"),
        ({"status": "odd"}, "status"),
    ],
)
def test_wrong_parameters(api: Api, parameters: dict[str, str], said: str) -> None:
    answer = api.server.get("/v1/runs", **parameters)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_history_is_exact_or_in_buckets_that_keep_spikes(api: Api) -> None:
    run = api.run("h", "history")
    values = {step: float(step) for step in range(1000)} | {500: 9999.0}
    api.log(run, "loss", values)
    api.log(run, "epoch", {step: step / 100 for step in range(0, 1000, 10)})
    api.log(run, "loss", {7: -1.0})
    api.server.settle()
    path = f"/v1/runs/{run}/history"
    (exact,) = api.stored.get(path, keys="loss", max_points=1000)["series"]
    assert (exact["exact"], exact["count"]) == (True, 1000)
    assert dict(zip(exact["x"], exact["last"], strict=True)) == values | {7: -1.0}
    (rough,) = api.stored.get(path, keys="loss", max_points=10)["series"]
    assert (rough["exact"], rough["count"], len(rough["x"])) == (False, 1000, 10)
    assert (max(rough["max"]), min(rough["min"])) == (9999.0, -1.0)
    assert rough["last"][-1] == 999.0
    assert sum(rough["mean"]) / 10 == pytest.approx(sum((values | {7: -1.0}).values()) / 1000, 0.01)
    (over,) = api.stored.get(path, keys="loss", x="epoch", max_points=1000)["series"]
    assert (over["x"][:3], over["last"][:3]) == ([0, 0.1, 0.2], [0.0, 10.0, 20.0])
    (timed,) = api.stored.get(path, keys="loss", x="time", max_points=1000)["series"]
    assert timed["x"][1] == "2026-09-21T14:13:21.000000000Z"
    (zoomed,) = api.stored.get(path, keys="loss", min_x=10, max_x=12)["series"]
    assert zoomed["x"] == [10, 11, 12]
    both = api.stored.get(path, max_points=5)["series"]
    assert [series["key"] for series in both] == ["epoch", "loss"]
    assert api.stored.get(path, keys="nothing")["series"] == []
    assert api.server.get("/v1/runs/nope/history").status_code == 404


def test_history_as_arrow(api: Api) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    run = api.run("arrow", "arrow")
    api.log(run, "a", {0: 1.5, 1: 2.5})
    api.server.settle()
    body = api.server.get(f"/v1/runs/{run}/history", format="arrow").content
    table = pyarrow.ipc.open_stream(io.BytesIO(body)).read_all()
    assert table.column("last").to_pylist() == [1.5, 2.5]


def test_the_last_write_of_a_step_wins_and_a_repetition_changes_nothing(api: Api) -> None:
    run = api.run("twice", "idempotent")
    for value in (1.0, 2.0, 2.0):
        point = {"key": "a", "step": 3, "value": value, "wall_time": 1_790_000_000 + value}
        api.ok("POST", f"/v1/runs/{run}/metrics", json={"points": [point]})
    api.server.settle()
    (series,) = api.stored.get(f"/v1/runs/{run}/history", keys="a")["series"]
    assert (series["count"], series["last"]) == (1, [2.0])
    assert api.stored.get(f"/v1/runs/{run}")["summary"] == {"a": 2.0}


def test_edits_outweigh_what_the_run_says(api: Api) -> None:
    run = api.run("before", "edits", config={"lr": 1, "kept": True})
    edits = {
        "name": "after", "notes": "warm", "tags": ["x", "y"], "config_patch": {"lr": 2, "new": [1]},
        "status": "finished", "ended_at": "2026-09-01T00:01:00Z",
    }  # fmt: skip
    assert api.ok("PATCH", f"/v1/runs/{run}", json=edits) == {"id": run}
    api.server.settle()
    found = api.stored.get(f"/v1/runs/{run}")
    assert (found["name"], found["notes"], found["tags"]) == ("after", "warm", ["x", "y"])
    assert found["config"] == {"lr": 2, "kept": True, "new": [1]}
    assert (found["status"], found["duration_ms"]) == ("finished", 60_000)
    assert api.names(project="edits", tag="y", name="aft", **{"config.lr": "2"}) == ["after"]
    for wrong in ({"tags": "x"}, {"status": "odd"}, {"config_patch": 1}, {"colour": 1}):
        assert api.call("PATCH", f"/v1/runs/{run}", json=wrong).status_code == 422


def test_a_deleted_run_is_gone(api: Api) -> None:
    run, other = api.run("gone", "deletion"), api.run("stays", "deletion")
    for each in (run, other):
        api.log(each, "a", {0: 1.0})
    api.server.settle()
    assert api.call("DELETE", f"/v1/runs/{run}").status_code == 200
    assert api.names(project="deletion") == ["stays"]
    assert api.call("GET", f"/v1/runs/{run}").status_code == 404
    assert api.call("DELETE", "/v1/runs/nope").status_code == 404
    assert api.stored.get(f"/v1/runs/{other}")["summary"] == {"a": 1.0}


def test_comparison(api: Api) -> None:
    runs = [api.run(name, "compare", config={"lr": n, "same": 1}) for n, name in enumerate("ab")]
    api.log(runs[0], "acc", {0: 0.5})
    api.server.settle()
    found = api.stored.get("/v1/compare", runs=",".join(runs))
    assert [run["name"] for run in found["runs"]] == ["a", "b"]
    assert found["config"] == [
        {"key": "lr", "values": [0, 1], "differs": True},
        {"key": "same", "values": [1, 1], "differs": False},
    ]
    assert found["summary"] == [{"key": "acc", "values": [0.5, None], "differs": True}]
    assert api.server.get("/v1/compare", runs="nope").status_code == 404


class TestFiles:
    """Media and blobs: bytes as they came, in parts, and never as a page of ours."""

    def media(self, api: Api, run: str, content: bytes, mime: str) -> str:
        query = {"key": "k/x", "media_type": "image", "step": "1"}
        path = f"/v1/runs/{run}/media"
        api.ok("POST", path, params=query, content=content, headers={"content-type": mime})
        api.server.settle()
        return api.stored.get(path)["media"][-1]["url"]

    def test_ranges(self, api: Api) -> None:
        content = bytes(range(256)) * 10
        url = self.media(api, api.run("ranges", "files"), content, "image/png")
        whole = api.call("GET", url)
        assert (whole.content, whole.headers["accept-ranges"]) == (content, "bytes")
        for asked, part in (
            ("bytes=0-0", content[:1]), ("bytes=10-19", content[10:20]),
            ("bytes=2550-", content[2550:]), ("bytes=-5", content[-5:]),
            ("bytes=2550-9999", content[2550:]),
        ):  # fmt: skip
            answer = api.call("GET", url, headers={"range": asked})
            assert (answer.status_code, answer.content) == (206, part), asked
            assert answer.headers["content-range"].endswith(f"/{len(content)}")
        assert api.call("GET", url, headers={"range": "bytes=9999-"}).status_code == 416
        assert api.call("GET", url, headers={"range": "lines=1-2"}).content == content

    @pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "text/javascript", "", "a b"])
    def test_what_could_run_is_a_download(self, api: Api, mime: str) -> None:
        html = b"<script>alert(1)</script>"
        answer = api.call("GET", self.media(api, api.run(f"m{mime}", "files"), html, mime or "x/y"))
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]

    def test_the_bound_and_wrong_hashes(self, api: Api) -> None:
        large = bytes(25_000_001)
        for content, sha256, status in (
            (b"x", hashlib.sha256(b"x").hexdigest(), 201),
            (b"x", hashlib.sha256(b"x").hexdigest(), 201),
            (b"y", hashlib.sha256(b"x").hexdigest(), 422),
            (large, hashlib.sha256(large).hexdigest(), 413),
            (b"x", "../../etc/passwd", 404),
            (b"x", "A" * 64, 422),
        ):
            answer = api.call("PUT", f"/v1/blobs/{sha256}", content=content)
            assert answer.status_code == status, (sha256, answer.text)
        run = api.run("bound", "files")
        answer = api.call("POST", f"/v1/runs/{run}/media?key=k&media_type=image", content=large)
        assert answer.status_code == 413
        assert "25,000,000" in answer.json()["detail"]

    def test_a_reference_without_its_file_says_so(self, api: Api) -> None:
        answer = api.call("GET", f"/v1/runs/{api.run('none', 'files')}/media/0000")
        assert answer.status_code == 404


def test_otlp_json_and_sessions_share_a_door(api: Api) -> None:
    span = {
        "traceId": "0" * 31 + "7", "spanId": "0" * 15 + "7", "name": "otlp",
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000000000001",
        "attributes": [{"key": "session_id", "value": {"stringValue": "x"}}],
    }  # fmt: skip
    otlp = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert api.ok("POST", "/v1/traces", json=otlp) == {}
    assert api.ok("POST", "/v1/traces", json={}) == {}
    session = api.ok("POST", "/v1/traces", json={"session_id": "rest", "started_at": START})
    assert session["created"] is True
    again = api.ok("POST", "/v1/traces", json={"session_id": "rest", "started_at": START})
    assert again == {"id": session["id"], "created": False}
    api.server.settle()
    assert api.stored.get(f"/v1/traces/{'0' * 31}7")["name"] == "otlp"
    assert api.stored.get(f"/v1/traces/{session['id']}")["name"] == "rest"


# --- what is neither a scalar nor a file ----------------------------------------------------------


def log_value(api: Api, run: str, key: str, step: int, value: Any) -> None:
    attributes = {"tracehouse.run.id": run, "tracehouse.key": key, "tracehouse.step": step}
    record = otlp.logs(
        json.dumps(value),
        event_name="tracehouse.run.value",
        attributes=otlp.key_values(attributes),
    )
    assert api.server.post("logs", record.SerializeToString()).status_code == 200


def test_values_are_listed_by_key_and_read_one_by_one(api: Api) -> None:
    run = api.run("values", "values")
    for step in (20, 0, 10):
        log_value(
            api, run, "table/a b", step, {"_type": "table", "columns": ["n"], "data": [[step]]}
        )
    log_value(api, run, "list", 3, [1, 2])
    api.server.settle()
    assert api.stored.get(f"/v1/runs/{run}/values") == {
        "values": [
            {"key": "list", "type": "", "count": 1, "steps": [3]},
            {"key": "table/a b", "type": "table", "count": 3, "steps": [0, 10, 20]},
        ],
        "next_cursor": None,
    }
    found = api.stored.get(f"/v1/runs/{run}/value", key="table/a b", step=10)
    assert (found["step"], found["value"]["data"]) == (10, [[10]])
    for wrong, status in (({"step": 11}, 404), ({"key": "none", "step": 1}, 404), ({}, 422)):
        answer = api.server.get(f"/v1/runs/{run}/value", **{"key": "list", **wrong})
        assert answer.status_code == status


def test_histograms_over_steps_keep_the_first_and_the_last(api: Api) -> None:
    run = api.run("histograms", "values")
    for step in range(10):
        log_value(api, run, "h", step, {"_type": "histogram", "counts": [step], "bins": [0, 1]})
    log_value(api, run, "h", 5, {"_type": "histogram", "counts": [1, 2], "bins": [0, 1]})
    log_value(api, run, "h", 6, "a text")
    api.server.settle()
    path = f"/v1/runs/{run}/histograms"
    whole = api.stored.get(path, key="h")["histograms"]
    assert [one["step"] for one in whole] == [0, 1, 2, 3, 4, 7, 8, 9], "what is none is left out"
    assert (whole[-1]["counts"], whole[-1]["bins"]) == ([9], [0, 1])
    some = api.stored.get(path, key="h", max_steps=4)["histograms"]
    assert [one["step"] for one in some] == [0, 3, 9]
    assert [one["step"] for one in api.stored.get(path, key="h", max_steps=1)["histograms"]] == [9]
    assert api.stored.get(path, key="nothing")["histograms"] == []


def test_a_file_in_a_cell_is_had_through_its_table_alone(api: Api) -> None:
    run = api.run("files", "values")
    content = b"\x89PNG\r\n\x1a\n of a cell"
    sha256 = hashlib.sha256(content).hexdigest()
    api.ok("PUT", f"/v1/blobs/{sha256}", content=content)
    cell = {"type": "image", "sha256": sha256, "mime": "image/png"}
    log_value(api, run, "t", 1, {"_type": "table", "columns": ["a"], "data": [[[cell]]]})
    log_value(api, run, "other", 1, {"a": 1})
    api.server.settle()
    path = f"/v1/runs/{run}/value/files/{sha256}"
    answer = api.server.get(path, key="t", step=1)
    assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert api.server.get(path, key="other", step=1).status_code == 404
    assert api.server.get(path, key="t", step=2).status_code == 404
    assert api.server.get(path.replace(sha256, "../meta"), key="t", step=1).status_code == 404


def test_a_history_can_begin_behind_a_step(api: Api) -> None:
    run = api.run("tail", "history")
    api.log(run, "loss", {step: float(step) for step in range(100)})
    api.log(run, "acc", {step: step / 1000 for step in range(0, 100, 7)})
    api.server.settle()
    path = f"/v1/runs/{run}/history"
    loss, acc = api.stored.get(path, keys="loss,acc", after_step=90)["series"]
    assert (loss["step"], loss["exact"]) == (list(range(91, 100)), True)
    assert acc["step"] == [91, 98]
    rough, other = api.stored.get(path, keys="loss,acc", after_step=59, max_points=4)["series"]
    assert (rough["count"], rough["step"], rough["min"]) == (40, [69, 79, 89, 99], [60, 70, 80, 90])
    assert (other["count"], other["step"][-1]) == (6, 98), "keys of unequal steps, each in its own"
    (over,) = api.stored.get(path, keys="acc", x="loss", after_step=90)["series"]
    assert over["x"] == [91, 98]
    assert api.stored.get(path, keys="loss", after_step=99)["series"] == []
