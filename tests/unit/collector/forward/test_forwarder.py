"""What a destination's answers lead to: nothing odd holds up what comes after it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support import otlp
from tracehouse_collector.forward.forwarder import Forwarder
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal, encode


class Answers:
    """A destination that answers what it is told to."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.took: list[Any] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.took.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(outer.status)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, format: str, *args: object) -> None:
                """Be silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    yield made
    made.server.shutdown()
    made.server.server_close()


def forwarder(answers: Answers, **settings: Any) -> Forwarder:
    url = f"http://127.0.0.1:{answers.server.server_port}"
    return Forwarder(Forward(name="x", url=url, allow_private=True, **settings), "forward-x")


def record(signal: Signal, message: Any) -> bytes:
    payload = message.SerializeToString()
    return b"".join(encode(signal, payload, workspace="w", received_ns=1, request_id=1))


def score(**said: Any) -> Any:
    attributes = {
        "gen_ai.evaluation.name": "n", "tracehouse.score.id": "s",
        **{key.replace("__", "."): value for key, value in said.items()},
    }  # fmt: skip
    return otlp.logs(
        "", event_name="gen_ai.evaluation.result", trace_id=bytes(15) + b"\x01",
        attributes=otlp.key_values(attributes),
    )  # fmt: skip


def verdict(sender: Forwarder, signal: Signal, message: Any) -> Verdict:
    with pytest.raises(InsertFailed) as failed:
        sender.insert(signal, record(signal, message))
    return failed.value.verdict


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (503, Verdict.retry), (429, Verdict.retry), (401, Verdict.retry),
        (500, Verdict.doubt), (400, Verdict.poison), (413, Verdict.poison),
    ],
)  # fmt: skip
def test_a_status_is_waited_for_doubted_or_given_up(
    answers: Answers, status: int, expected: Verdict
) -> None:
    answers.status = status
    assert verdict(forwarder(answers), Signal.traces, otlp.traces(otlp.span())) is expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"errors": [{"status": "x"}]}'])
def test_an_answer_that_nobody_understands_is_doubted(answers: Answers, body: bytes) -> None:
    answers.body = body
    sender = forwarder(answers, kind="langfuse")
    message = score(gen_ai__evaluation__score__value=1.0)
    assert verdict(sender, Signal.logs, message) is Verdict.doubt


def test_scores_that_langfuse_cannot_hold_are_left_out(answers: Answers) -> None:
    answers.body = b'{"successes": [], "errors": []}'
    sender = forwarder(answers, kind="langfuse")
    sender.insert(
        Signal.logs,
        record(Signal.logs, score(gen_ai__evaluation__score__value=float("nan"))),
    )
    assert answers.took == []
    kept = score(gen_ai__evaluation__score__value=2.0, tracehouse__score__metadata="not JSON")
    sender.insert(Signal.logs, record(Signal.logs, kept))
    (event,) = json.loads(answers.took[0])["batch"]
    assert (event["body"]["value"], event["body"]["metadata"]) == (2.0, "not JSON")
