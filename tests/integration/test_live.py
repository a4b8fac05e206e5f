"""What is new is told while it comes in: streams of Server-Sent Events, and what they cost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import otlp
from tests.support.keys import add_key
from tests.support.person import Person
from tests.support.runs import begin_run, log_line, points, reading
from tests.support.server import Server

SECONDS = 10.0


@dataclass
class Reader:
    """What a stream has sent: (event, data, id), and how often it said that it is there."""

    events: list[tuple[str, Any, str]] = field(default_factory=list[tuple[str, Any, str]])
    ended: threading.Event = field(default_factory=threading.Event)

    def until(self, name: str, **wanted: Any) -> tuple[Any, str]:
        """The data and id of the first event of that name that holds a row like that."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for event, data, cursor in list(self.events):
                rows = data.get(name, [data]) if isinstance(data.get(name), list) else [data]
                for row in rows:
                    if event == name and wanted.items() <= row.items():
                        return row, cursor
            time.sleep(0.02)
        raise AssertionError(f"no {name} like {wanted} in {self.events}")

    def first(self, name: str) -> tuple[Any, str]:
        """The data and id of the first event of that name."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for event, data, cursor in list(self.events):
                if event == name:
                    return data, cursor
            time.sleep(0.02)
        raise AssertionError(f"no {name} in {self.events}")

    def points(self, run: str, key: str) -> Any:
        """The first points of a key of a run that were told."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for event, data, _ in list(self.events):
                for one in data["series"] if event == "points" and data["run_id"] == run else ():
                    if one["key"] == key and one["step"]:
                        return one
            time.sleep(0.02)
        raise AssertionError(f"no points of {key} in {self.events}")


@contextmanager
def watching(
    server: Server, path: str, headers: dict[str, str] | None = None, **parameters: Any
) -> Iterator[Reader]:
    reader = Reader()
    begun = threading.Event()
    stop = threading.Event()

    def read() -> None:
        with (
            suppress(httpx.RemoteProtocolError),
            server.client.stream(
                "GET",
                server.http + path,
                params={"seconds": 20} | parameters,
                headers=headers or server.headers,
            ) as answer,
        ):
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            begun.set()
            told: dict[str, str] = {}
            for line in answer.iter_lines():
                if stop.is_set():
                    break
                name, _, value = line.partition(": ")
                if name and value:
                    told[name] = value
                elif "data" in told:
                    reader.events.append((told["event"], json.loads(told["data"]), told["id"]))
                    told = {}
                else:
                    told = {}
            reader.ended.set()  # and was not cut off

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert begun.wait(SECONDS)
    yield reader
    stop.set()


def events_now(server: Server, path: str, **parameters: Any) -> list[tuple[str, Any, str]]:
    """What is new now."""
    with watching(server, path, seconds=0, **parameters) as reader:
        assert reader.ended.wait(SECONDS)
    return reader.events


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("live")) as started:
        yield started


def send(server: Server, *spans: Any, service: str = "tests", **headers: str) -> None:
    body = otlp.traces(*spans, resource={"service.name": service}).SerializeToString()
    assert server.post("traces", body, **headers).status_code == 200


def test_a_list_is_told_of_a_trace_that_begins_and_of_its_end(server: Server) -> None:
    now = time.time_ns()
    with watching(server, "/v1/traces/live") as reader:
        send(server, otlp.span(0x11, name="moves", start=now, duration=-1))
        begun, _ = reader.until("traces", trace_id=f"{0x11:032x}", pending=True)
        assert begun["name"] == "moves"
        send(server, otlp.span(0x11, name="moves", start=now, duration=5_000_000))
        ended, _ = reader.until("traces", trace_id=f"{0x11:032x}", pending=False)
        assert ended["duration_ms"] == 5
        told = [row["pending"] for _, data, _ in reader.events for row in data["traces"]]
        assert told == [True, False], "each change is told once"


def test_filters_hold_for_what_is_new(server: Server) -> None:
    now = time.time_ns()
    with watching(server, "/v1/traces/live", service="wanted", status="error") as reader:
        send(server, otlp.span(0x21, start=now, status={"code": 2}), service="unwanted")
        send(server, otlp.span(0x22, start=now), service="wanted")
        send(server, otlp.span(0x23, start=now, status={"code": 2}), service="wanted")
        reader.until("traces", trace_id=f"{0x23:032x}")
        assert [len(data["traces"]) for _, data, _ in reader.events] == [1]


def test_who_comes_back_with_the_last_id_gets_what_was_missed(server: Server) -> None:
    now = time.time_ns()
    with watching(server, "/v1/traces/live", service="missed") as reader:
        send(server, otlp.span(0x31, start=now), service="missed")
        _, cursor = reader.until("traces", trace_id=f"{0x31:032x}")
    send(server, otlp.span(0x32, start=now), service="missed")
    server.settle()
    back = server.headers | {"last-event-id": cursor}
    with watching(server, "/v1/traces/live", back, service="missed") as reader:
        reader.until("traces", trace_id=f"{0x32:032x}")


def test_a_trace_is_told_of_its_new_spans_alone(server: Server) -> None:
    now = time.time_ns()
    trace = f"{0x41:032x}"
    send(
        server,
        otlp.span(0x41, 1, name="root", start=now, duration=-1),
        otlp.span(0x41, 2, parent=1, start=now, attributes={"gen_ai.operation.name": "chat"}),
    )
    server.settle()
    outline = server.get(f"/v1/traces/{trace}/outline").json()
    with watching(server, f"/v1/traces/{trace}/live", cursor=outline["next_cursor"]) as reader:
        send(
            server,
            otlp.span(
                0x41, 3, parent=2, start=now, kind=3, attributes={"http.request.method": "POST"}
            ),
        )
        span, _ = reader.until("spans", span_id=f"{3:016x}")
        assert span["parent_span_id"] == f"{2:016x}"
        assert span["noise"], "it lies in a trace with a model, though it came alone"
        send(server, otlp.span(0x41, 1, name="root", start=now, duration=9_000_000))
        ended, _ = reader.until("spans", span_id=f"{1:016x}", pending=False)
        assert ended["duration_ms"] == 9
        told = [row["version"] for _, data, _ in reader.events for row in data["spans"]]
        assert len(told) == len(set(told)), "each version is told once"


def test_a_run_is_told_of_its_points_lines_and_end(server: Server) -> None:
    run = begin_run(server, "learns")
    assert server.post("metrics", points(run, "loss", {0: 3.0, 1: 2.0})).status_code == 200
    server.settle()
    with watching(server, f"/v1/runs/{run}/live", points=True, console=True) as reader:
        shown, _ = reader.until("run", id=run)
        assert shown["keys"] == ["loss"]
        server.post("metrics", points(run, "loss", {2: 1.5, 3: float("nan")}))
        server.post("metrics", points(run, "acc", {2: 0.5}))
        deadline = time.monotonic() + SECONDS
        series: dict[str, Any] = {}
        while len(series) < 2 and time.monotonic() < deadline:
            for event, data, _ in reader.events:
                if event == "points":
                    series |= {one["key"]: one for one in data["series"] if one["step"]}
            time.sleep(0.02)
        assert series["loss"]["after"] == 1
        assert (series["loss"]["step"], series["loss"]["value"]) == ([2, 3], [1.5, "NaN"])
        assert (series["acc"]["after"], series["acc"]["step"]) == (None, [2])
        log_line(server, run, 7, "\x1b[32mhello")
        told, _ = reader.until("lines", line=7)
        assert told["text"] == "\x1b[32mhello"
        server.client.patch(
            f"{server.http}/v1/runs/{run}", json={"status": "finished"}, headers=server.headers
        )
        reader.until("run", status="finished")


def test_a_run_is_told_of_its_machine(server: Server) -> None:
    run = begin_run(server, "heats up")
    server.post("metrics", reading(run, "cpu", 10.0))
    server.settle()
    with watching(server, f"/v1/runs/{run}/live", system=True) as reader:
        first, _ = reader.first("readings")
        assert first["readings"] == [], "at first it is told where they end"
        server.post("metrics", reading(run, "cpu", 20.0))
        server.post("metrics", points(run, "loss", {1: 1.0}))
        told, cursor = reader.until("readings", key="cpu")
        assert (told["value"], len(told["time"])) == ([20.0], 1)
        assert told["time"][0] > first["after"]
    server.post("metrics", reading(run, "gpu", 30.0))
    server.settle()
    back = server.headers | {"last-event-id": cursor}
    with watching(server, f"/v1/runs/{run}/live", back, system=True) as reader:
        told, _ = reader.until("readings", key="gpu")
        assert told["value"] == [30.0]


def test_runs_side_by_side_are_told_of_by_one_stream(server: Server) -> None:
    runs = [begin_run(server, f"beside {number}") for number in range(4)]
    for run in runs:
        server.post("metrics", points(run, "loss", {0: 1.0, 1: 2.0}))
    server.settle()
    ids = ",".join(runs)
    with watching(server, "/v1/compare/live", runs=ids) as reader:
        for run in runs:
            reader.until("run", id=run)
            told, _ = reader.until("points", run_id=run)
            assert [(one["after"], one["step"]) for one in told["series"]] == [(1, [])]
        server.post("metrics", points(runs[2], "loss", {2: 3.0}))
        server.post("metrics", points(runs[3], "acc", {7: 0.5}))
        loss = reader.points(runs[2], "loss")
        assert (loss["after"], loss["step"], loss["value"]) == (1, [2], [3.0])
        acc = reader.points(runs[3], "acc")
        assert (acc["after"], acc["step"]) == (None, [7])
        server.client.patch(
            f"{server.http}/v1/runs/{runs[0]}", json={"status": "failed"}, headers=server.headers
        )
        _, cursor = reader.until("run", id=runs[0], status="failed")
    server.post("metrics", points(runs[1], "loss", {2: 4.0, 3: 5.0}))
    server.settle()
    back = server.headers | {"last-event-id": cursor}
    with watching(server, "/v1/compare/live", back, runs=ids) as reader:
        missed = reader.points(runs[1], "loss")
        assert (missed["after"], missed["step"]) == (1, [2, 3])
    for wrong in ("", ",".join(str(number) for number in range(101))):
        answer = server.get("/v1/compare/live", runs=wrong, seconds=0)
        assert (answer.status_code, "1 to 100" in answer.text) == (422, True)


def test_a_list_of_runs_is_told_of_one_that_begins(server: Server) -> None:
    with watching(server, "/v1/runs/live", name="newcomer") as reader:
        run = begin_run(server, "newcomer")
        told, cursor = reader.until("runs", id=run)
        assert told["status"] == "running"
        assert cursor


def test_nobody_is_told_of_another_workspace(server: Server) -> None:
    other = {"x-api-key": add_key(server, workspace="other")}
    now = time.time_ns()
    with watching(server, "/v1/traces/live", other) as reader:
        send(server, otlp.span(0x51, start=now))
        send(server, otlp.span(0x52, start=now), x_api_key=other["x-api-key"])
        reader.until("traces", trace_id=f"{0x52:032x}")
        assert len(reader.events) == 1


def test_somebody_signed_in_may_watch_and_a_revoked_key_no_longer(server: Server) -> None:
    owner = Person(server)
    owner.follow(server.sign_in_link)
    cookie = {"cookie": f"tracehouse_session={owner.browser.cookies['tracehouse_session']}"}
    with watching(server, "/v1/traces/live", cookie) as reader:
        send(server, otlp.span(0x61, start=time.time_ns()))
        reader.until("traces", trace_id=f"{0x61:032x}")
    made = owner.post("/v1/api_keys", name="watcher").json()
    server.planted.add(made["key"])
    with watching(server, "/v1/traces/live", {"x-api-key": made["key"]}) as reader:
        assert owner.request("DELETE", f"/v1/api_keys/{made['id']}").status_code == 204
        assert reader.ended.wait(12), "it ends within seconds"


def test_a_server_that_stops_ends_its_streams_at_once(tmp_path: Path) -> None:
    with Server(tmp_path) as server, watching(server, "/v1/traces/live") as reader:
        begun = time.monotonic()
        assert server.stop() == 0
        assert reader.ended.wait(5)
        assert time.monotonic() - begun < 5


def test_a_cursor_that_is_none_is_told(server: Server) -> None:
    answer = server.get("/v1/traces/live", cursor="nonsense", seconds=0)
    assert answer.status_code == 422
    assert "next_cursor" in answer.json()["detail"]


def test_what_is_new_now_is_asked_for_without_waiting(server: Server) -> None:
    send(server, otlp.span(0x71, start=time.time_ns()), service="now")
    server.settle()
    ((name, data, _),) = events_now(server, "/v1/traces/live", service="now")
    assert name == "traces"
    assert data["traces"][0]["trace_id"] == f"{0x71:032x}"
