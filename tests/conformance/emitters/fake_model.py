"""A server that stands in for the model's: OpenAI's and Anthropic's APIs, with fixed answers.

It calls the tool `get_weather` once where it is offered, and then says what the weather is. Each
call uses the same number of tokens, and is noted under the API key it came with: what was truly
asked, whatever clients say of it. The model `boom` refuses all calls.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.conformance.emitters import fake_anthropic, fake_openai

Json = dict[str, Any]
Events = Iterator[tuple[str, Json | str]]


@dataclass(frozen=True)
class Api:
    """How one path answers: at once, and in pieces where it can."""

    whole: Callable[[Json, int], Json]
    streamed: Callable[[Json, int], Events] | None = None


APIS = {
    "/v1/chat/completions": Api(fake_openai.completion, fake_openai.completion_chunks),
    "/v1/embeddings": Api(fake_openai.embeddings),
    "/v1/responses": Api(fake_openai.response, fake_openai.response_events),
    "/v1/messages": Api(fake_anthropic.message, fake_anthropic.message_events),
}


class FakeModel:
    """Listens on a free port of 127.0.0.1, while in `with`."""

    def __init__(self) -> None:
        # The paths asked with each API key, in order.
        self.asked: defaultdict[str, list[str]] = defaultdict(list)
        self._number = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def note(self, key: str, path: str) -> int:
        """The number of this call, which makes its ids its own."""
        with self._lock:
            self.asked[key].append(path)
            self._number += 1
            return self._number

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, model: FakeModel, *arguments: Any) -> None:
        self._model = model
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.partition("?")[0]
        api = APIS.get(path)
        if api is None:
            self._send(404, "application/json", '{"error": {"message": "no such path"}}', 0)
            return
        if body["model"] == "boom":
            self._send(429, "application/json", '{"error": {"message": "too many"}}', 0)
            return
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        number = self._model.note(self.headers.get("x-api-key") or bearer, path)
        if body.get("stream") and api.streamed is not None:
            content_type = "text/event-stream"
            answer = "".join(map(_event, api.streamed(body, number)))
        else:
            content_type = "application/json"
            answer = json.dumps(api.whole(body, number))
        self._send(200, content_type, answer, number)

    def _send(self, status: int, content_type: str, answer: str, number: int) -> None:
        body = answer.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("request-id", f"req_{number}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def _event(event: tuple[str, Json | str]) -> str:
    name, data = event
    written = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "") + f"data: {written}\n\n"
