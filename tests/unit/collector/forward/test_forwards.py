"""Destinations that workspaces make, change and take back while the collector runs."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support import otlp
from tracehouse_collector.forward.forwards import Forwards, WorkspaceForward
from tracehouse_collector.load.dead_letters import DeadLetters
from tracehouse_collector.load.loader import stop_all
from tracehouse_collector.settings import Forward
from tracehouse_collector.spool.cursor import Cursor, Position
from tracehouse_collector.spool.files import OsFiles
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import Segments
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal, encode


class Destination:
    """Takes what it is sent, or answers as it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.took: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                body = gzip.decompress(body)
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()
                if outer.status == 200:
                    message = ExportTraceServiceRequest.FromString(body)
                    outer.took.append(message.resource_spans[0].scope_spans[0].spans[0].name)

            def log_message(self, format: str, *args: object) -> None:
                """Be silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


class Collector:
    """A spool of traces that ClickHouse has taken everything of, and what is forwarded of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.directory = self.folder / "spool"
        files = OsFiles()
        letters = DeadLetters(self.folder / "dead", files, Telemetry())
        segments = Segments(
            self.directory / "traces", files, segment_bytes=1 << 20, max_bytes=1 << 24,
            keep_torn=lambda *_: None,
        )  # fmt: skip
        self.spool = GroupCommit(segments)
        self.clickhouse = Cursor(self.directory / "traces", "clickhouse", files)
        self.spool.subscribe(self.clickhouse)
        spools = {Signal.traces: self.spool}
        self.forwards = Forwards(spools, self.directory, files, letters, Telemetry())

    def stop(self) -> None:
        """What is forwarded ends in the middle of what it does."""
        self.forwards.set_of_workspaces([])

    def send(self, *names: str, workspace: str = "mine") -> None:
        """Spool a span each; ClickHouse takes them at once."""

        async def append() -> None:
            for name in names:
                payload = otlp.traces(otlp.span(name=name)).SerializeToString()
                await self.spool.append(
                    encode(
                        Signal.traces, payload, workspace=workspace, received_ns=time.time_ns(),
                        request_id=hash(name) & 0xFFFF,
                    )
                )  # fmt: skip

        asyncio.run(append())
        self.spool.seal()
        self.clickhouse.save(Position(self.spool.next_number))
        self.spool.release()

    @property
    def files(self) -> set[str]:
        return {file.name for file in (self.directory / "traces").iterdir()}

    @property
    def segments(self) -> int:
        return sum(name.endswith(".seg") for name in self.files)


@pytest.fixture
def destination() -> Iterator[Destination]:
    made = Destination()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path)
    made.forwards.start()
    yield made
    made.stop()
    made.spool.close()


def forward(destination: Destination, revision: str = "1", **settings: Any) -> WorkspaceForward:
    paused = settings.pop("paused", False)
    given: dict[str, Any] = {
        "workspace": "mine",
        "url": destination.url,
        "signals": ["traces"],
    } | settings
    return WorkspaceForward("f", Forward(name="x", allow_private=True, **given), paused, revision)


def wait(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def test_it_gets_what_its_workspace_gets_and_nothing_else(
    collector: Collector, destination: Destination
) -> None:
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("theirs", workspace="theirs")
    collector.send("first", "second")
    collector.send("theirs too", workspace="min")
    collector.send("third")
    wait(lambda: len(destination.took) >= 3)
    wait(lambda: collector.segments == 0)
    assert destination.took == ["first", "second", "third"]
    state = collector.forwards.of_workspace("f", letters=1)
    assert state is not None
    assert state.progress["traces"].sent_requests == 3, "what others sent is not counted either"


def test_one_that_names_no_workspace_is_refused(
    collector: Collector, destination: Destination
) -> None:
    with pytest.raises(ValueError, match="everything"):
        collector.forwards.set_of_workspaces([forward(destination, workspace="")])


def test_it_begins_with_what_comes_next(collector: Collector, destination: Destination) -> None:
    collector.forwards.set_of_workspaces([])

    async def append() -> None:
        payload = otlp.traces(otlp.span(name="before")).SerializeToString()
        record = encode(Signal.traces, payload, workspace="mine", received_ns=1, request_id=1)
        await collector.spool.append(record)

    asyncio.run(append())  # it lies in a segment that is open still
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("after")
    wait(lambda: destination.took == ["after"])


def test_after_a_restart_it_goes_on_where_it_was(tmp_path: Path, destination: Destination) -> None:
    collector = Collector(tmp_path)
    destination.status = 503
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.forwards.start()
    collector.send("waits")
    assert stop_all(collector.forwards.end()), "the process ends"
    collector.spool.close()

    # As in `server.py`: what forwards there are is known before anything is removed.
    again = Collector(tmp_path)
    again.forwards.set_of_workspaces([forward(destination)])
    again.spool.release()
    destination.status = 200
    again.forwards.start()
    again.send("next")
    wait(lambda: destination.took[-1:] == ["next"])
    assert destination.took[0] == "waits"
    again.stop()
    again.spool.close()


def test_one_that_is_paused_gets_later_what_came_meanwhile(
    collector: Collector, destination: Destination
) -> None:
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("before")
    wait(lambda: destination.took == ["before"])
    collector.forwards.set_of_workspaces([forward(destination, "2", paused=True)])
    collector.send("meanwhile")
    time.sleep(0.5)
    assert destination.took == ["before"]
    assert collector.segments == 1, "it is kept for then"
    collector.forwards.set_of_workspaces([forward(destination, "3")])
    wait(lambda: destination.took == ["before", "meanwhile"])


def test_one_that_is_led_elsewhere_goes_on_there(
    collector: Collector, destination: Destination
) -> None:
    destination.status = 503
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("waits")
    time.sleep(0.3)
    other = Destination()
    collector.forwards.set_of_workspaces([forward(other, "2")])
    collector.send("next")
    wait(lambda: other.took == ["waits", "next"])
    assert destination.took == []
    other.server.shutdown()


def test_one_that_is_gone_gives_up_its_cursor_and_what_waits(
    collector: Collector, destination: Destination
) -> None:
    destination.status = 503
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("waits")
    time.sleep(0.3)
    assert collector.segments == 1
    assert "forward.f.cursor" in collector.files
    collector.forwards.set_of_workspaces([])
    assert collector.segments == 0
    assert "forward.f.cursor" not in collector.files
    destination.status = 200
    time.sleep(0.5)
    assert destination.took == []
    assert collector.forwards.of_workspace("f", letters=1) is None


def test_a_cursor_that_a_crash_left_behind_is_removed(
    tmp_path: Path, destination: Destination
) -> None:
    folder = tmp_path / "spool/traces"
    folder.mkdir(parents=True)
    (folder / "forward.gone.cursor").write_text('{"segment": 3, "record": 0}')
    (folder / "forward-of-settings.cursor").write_text('{"segment": 3, "record": 0}')
    collector = Collector(tmp_path)
    collector.forwards.set_of_workspaces([forward(destination)])
    names = {name for name in collector.files if name.startswith("forward")}
    assert names == {"forward.f.cursor", "forward-of-settings.cursor"}
    collector.stop()
    collector.spool.close()


def test_what_is_refused_for_good_holds_up_nothing_and_goes_with_it(
    collector: Collector, destination: Destination
) -> None:
    destination.status = 400
    collector.forwards.set_of_workspaces([forward(destination)])
    collector.send("bad")

    def refused() -> bool:
        state = collector.forwards.of_workspace("f", letters=1)
        return state is not None and state.dead_letter_count == 1

    wait(refused)
    destination.status = 200
    collector.send("good")
    wait(lambda: destination.took == ["good"])
    collector.forwards.set_of_workspaces([])
    assert list((collector.folder / "dead").iterdir()) == []
