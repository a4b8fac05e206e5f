"""Everything is also sent on: the other side may be down, slow or wrong, and nothing here waits."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support import otlp
from tests.support.server import Server


class Destination:
    """An OTLP endpoint that answers as it is told to, and remembers what it took."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.refused: set[int] = set()
        self.delay = 0.0
        self.retry_after: str | None = None
        self.took: list[int] = []
        self.asked: list[tuple[float, int]] = []
        self.headers: dict[str, str] = {}
        self.paths: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Be silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        message = ExportTraceServiceRequest.FromString(body)
        number = int.from_bytes(message.resource_spans[0].scope_spans[0].spans[0].trace_id, "big")
        time.sleep(self.delay)
        status = self.statuses.pop(0) if self.statuses else 200
        status = 400 if number in self.refused else status
        self.asked.append((time.monotonic(), status))
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.paths.add(request.path)
        if status == 200:
            self.took.append(number)
        request.send_response(status)
        if self.retry_after and status == 429:
            request.send_header("Retry-After", self.retry_after)
        request.send_header("Content-Length", "0")
        request.end_headers()


@contextmanager
def forwarding(home: Path, url: str, *lines: str) -> Iterator[Server]:
    folder = home / "config/tracehouse"
    folder.mkdir(parents=True, exist_ok=True)
    settings = ["[[forward]]", 'name = "other"', f'url = "{url}"', "allow_private = true", *lines]
    (folder / "tracehouse.toml").write_text("\n".join(settings))
    with Server(home) as server:
        yield server


def send(server: Server, *numbers: int) -> None:
    for number in numbers:
        request = otlp.traces(otlp.span(number, attributes={"session.id": f"s{number}"}))
        assert server.post("traces", request.SerializeToString()).status_code == 200


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def stored(server: Server) -> int:
    server.settle()
    return len(server.get("/v1/traces", limit=200).json()["traces"])


def metric(server: Server, name: str) -> float:
    text = server.client.get(f"{server.http}/metrics", headers=server.headers).text
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith(name) and "forward-other" in line
    )


def test_what_comes_in_is_sent_on_once_and_in_order(tmp_path: Path) -> None:
    destination = Destination()
    with forwarding(tmp_path, destination.url) as server:
        send(server, *range(1, 41))
        wait(lambda: len(destination.took) >= 40)
        assert destination.took == list(range(1, 41))
        assert destination.paths == {"/v1/traces"}
        assert metric(server, "tracehouse_loaded_requests_total") == 40
        assert metric(server, "tracehouse_backlog_bytes") == 0


def test_a_destination_that_is_away_holds_up_nothing_and_gets_all_later(tmp_path: Path) -> None:
    destination = Destination()
    destination.statuses = [503] * 6
    with forwarding(tmp_path, destination.url) as server:
        send(server, *range(1, 21))
        assert stored(server) == 20
        server.kill()
        server.start()
        send(server, 21)
        assert stored(server) == 21
        wait(lambda: set(destination.took) == set(range(1, 22)))
    first = list(dict.fromkeys(destination.took))
    assert first == list(range(1, 22))


def test_a_slow_destination_slows_nothing_here(tmp_path: Path) -> None:
    destination = Destination()
    destination.delay = 2.0
    with forwarding(tmp_path, destination.url) as server:
        send(server, *range(1, 21))
        assert stored(server) == 20
        assert len(destination.took) < 20
        assert metric(server, "tracehouse_backlog_bytes") > 0


def test_it_waits_as_long_as_it_is_asked_to(tmp_path: Path) -> None:
    destination = Destination()
    destination.statuses, destination.retry_after = [429], "3"
    with forwarding(tmp_path, destination.url) as server:
        send(server, 1)
        wait(lambda: destination.took == [1])
    (refused, _), (taken, _) = destination.asked
    assert taken - refused >= 3


def test_a_request_that_is_refused_for_good_costs_only_itself(tmp_path: Path) -> None:
    destination = Destination()
    destination.refused = {3}
    with forwarding(tmp_path, destination.url) as server:
        send(server, *range(1, 6))
        wait(lambda: set(destination.took) == {1, 2, 4, 5})
        assert stored(server) == 5
        wait(lambda: bool(list((tmp_path / "data/dead-letter").glob("forward-other-*.json"))))
    (letter,) = (tmp_path / "data/dead-letter").glob("*.json")
    assert "answered 400" in letter.read_text()


def test_langfuse_gets_what_its_servers_ask_for(tmp_path: Path) -> None:
    destination = Destination()
    keys = ('kind = "langfuse"', 'public_key = "pk"', 'secret_key = "sk"')
    with forwarding(tmp_path, destination.url, *keys) as server:
        send(server, 1)
        wait(lambda: destination.took == [1])
    assert destination.paths == {"/api/public/otel/v1/traces"}
    assert destination.headers["authorization"] == "Basic cGs6c2s="
    assert destination.headers["x-langfuse-ingestion-version"] == "4"


def test_one_tracehouse_forwards_to_another(tmp_path: Path) -> None:
    with Server(tmp_path / "other") as other:
        lines = (f'headers = {{ x-api-key = "{other.key}" }}',)
        with forwarding(tmp_path / "one", other.http, *lines) as server:
            send(server, 1, 2, 3)
            wait(lambda: stored(other) == 3)


def test_a_private_address_is_not_sent_to_unless_allowed(tmp_path: Path) -> None:
    destination = Destination()
    with forwarding(tmp_path, destination.url) as server:
        server.stop()
        toml = tmp_path / "config/tracehouse/tracehouse.toml"
        toml.write_text(toml.read_text().replace("true", "false"))
        server.start()
        send(server, 1)
        assert stored(server) == 1
        wait(lambda: "allow_private" in server.log())
    assert destination.took == []


def test_another_server_gets_all_signals_over_grpc_through_an_outage(tmp_path: Path) -> None:
    with Server(tmp_path / "other") as other:
        lines = [
            'protocol = "grpc"',
            f'headers = {{ x-api-key = "{other.key}" }}',
        ]
        with forwarding(tmp_path / "own", f"http://{other.grpc}", *lines) as server:
            send(server, 1)
            wait(lambda: stored(other) == 1)
            other.kill()
            send(server, 2)
            log = otlp.logs("hello").SerializeToString()
            assert server.post("logs", log).status_code == 200
            point = otlp.gauge("m", 1).SerializeToString()
            assert server.post("metrics", point).status_code == 200
            assert stored(server) == 2
            other.start(**other.ports)
            wait(lambda: stored(other) == 2)
            wait(lambda: len(other.get("/v1/logs").json()["logs"]) == 1)
            wait(lambda: other.get("/v1/metrics/names").json()["metrics"] != [])


def test_scores_follow_their_traces_to_langfuse(tmp_path: Path) -> None:
    """The other side is a server of ours, behind the doors that are Langfuse's."""
    with Server(tmp_path / "other") as other:
        lines = ['kind = "langfuse"', 'public_key = "pk"', f'secret_key = "{other.key}"']
        with forwarding(tmp_path / "own", other.http, *lines) as server:
            send(server, 7)
            trace = f"{7:032x}"
            for score in (
                {"id": "a", "name": "good", "value": True, "trace_id": trace, "comment": "c"},
                {"id": "b", "name": "tone", "value": "dry", "trace_id": trace},
                {"id": "gone", "name": "tone", "value": "wet", "trace_id": trace},
            ):
                answer = server.client.post(
                    f"{server.http}/v1/scores", json=score, headers=server.headers
                )
                assert answer.status_code == 201
            server.client.delete(f"{server.http}/v1/scores/gone", headers=server.headers)

            def scores() -> dict[str, object]:
                other.settle()
                found = other.get("/v1/scores", trace_id=trace).json()["scores"]
                return {score["id"]: (score["name"], score["value"]) for score in found}

            wait(lambda: scores() == {"a": ("good", True), "b": ("tone", "dry")})
            assert stored(other) == 1
