"""With Langfuse's variables set, spans go there as well, and neither waits for the other."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.sdk import Machine
from tests.support.server import Server

CHAT = """
run = cm.init(project="p", session_id="mirrored", task_name="help", subject_id="ada")
run.log_user("hello")
run.log_tool_use("search", {"q": 1})
run.log_tool_result("found")
run.log_assistant("yo")
cm.finish(outcome="good")
"""


class Langfuse:
    """What takes OTLP where Langfuse does, and keeps what came."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kept.requests.append((self.path, dict(self.headers.items()), body))
                self.send_response(kept.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def variables(self) -> dict[str, str]:
        keys = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}
        return keys | {"LANGFUSE_HOST": self.url}

    def spans(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _, _, body in self.requests:
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                for span in group.scope_spans[0].spans:
                    assert span.span_id not in found, "Langfuse keeps what came first"
                    assert span.end_time_unix_nano
                    found[span.name] = {kv.key: kv.value.string_value for kv in span.attributes}
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    opened = Langfuse()
    yield opened
    opened.close()


def test_spans_go_to_both(machine: Machine, langfuse: Langfuse) -> None:
    machine.run(CHAT, **langfuse.variables)
    spans = langfuse.spans()
    assert set(spans) == {"help", "user_msg", "search", "tool_result", "assistant_msg"}
    path, headers, _ = langfuse.requests[0]
    assert path == "/api/public/otel/v1/traces"
    basic = base64.b64encode(b"pk-lf-1:sk-lf-1").decode()
    assert headers["Authorization"] == f"Basic {basic}"
    assert headers["x-langfuse-ingestion-version"] == "4"
    assert spans["help"]["langfuse.observation.type"] == "agent"
    assert (spans["help"]["session.id"], spans["help"]["user.id"]) == ("mirrored", "ada")
    assert spans["search"]["langfuse.observation.type"] == "tool"
    assert spans["search"]["langfuse.observation.output"] == "found"
    assert "yo" in spans["assistant_msg"]["langfuse.observation.output"]
    assert machine.server is not None
    machine.server.settle()
    (trace,) = machine.get("/v1/traces", session="mirrored")["traces"]
    assert trace["span_count"] == 5
    assert machine.buffers() == []


def test_an_outage_there_keeps_what_is_for_there_and_nothing_else(
    machine: Machine, langfuse: Langfuse
) -> None:
    langfuse.status = 503
    machine.run(CHAT, **langfuse.variables)
    assert machine.server is not None
    machine.server.settle()
    assert len(machine.get("/v1/traces", session="mirrored")["traces"]) == 1
    (left,) = machine.buffers()
    assert langfuse.url in (left / "destination.json").read_text()
    # Nobody sends it to our server by mistake, and the next program sends it where it belongs.
    langfuse.requests.clear()
    langfuse.status = 200
    machine.run("cm.init(session_id='next'); cm.finish(); time.sleep(1)", **langfuse.variables)
    assert {"help", "next"} <= set(langfuse.spans())
    assert machine.buffers() == []


def test_our_own_server_is_no_second_home(tmp_path: Path, server: Server) -> None:
    machine = Machine(tmp_path, server)
    for secret in (server.key, "sk-lf-2"):
        variables = {
            "LANGFUSE_PUBLIC_KEY": "pk",
            "LANGFUSE_SECRET_KEY": secret,
            "LANGFUSE_HOST": server.http,
        }  # fmt: skip
        out = machine.run(
            "run = cm.Run()\nrun.finish()\nprint(run._recorder._mirrors)", **variables
        ).out
        assert out.strip() == "()"
