"""Files that spans refer to are sent on once each, beside the spans."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support import otlp
from tracehouse_collector.forward.langfuse_media import MediaForwarder, Medium
from tracehouse_collector.forward.over_http import OverHttp
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal, encode


def media_id(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:22]


def token(content: bytes) -> str:
    return f"@@@langfuseMedia:type=image/png|id={media_id(content)}|source=base64_data_uri@@@"


class Kept:
    """The media of a house: by workspace and content."""

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str], bytes] = {}

    def add(self, content: bytes, workspace: str = "mine") -> str:
        self.contents[workspace, media_id(content)] = content
        return token(content)

    def find(self, workspace: str, media_id: str) -> Medium | None:
        content = self.contents.get((workspace, media_id))
        if content is None:
            return None
        sha256 = hashlib.sha256(content).hexdigest()
        return Medium(sha256, "image/png", len(content), lambda: content)


class Langfuse:
    """Its media doors."""

    def __init__(self) -> None:
        self.announced: list[dict[str, Any]] = []
        self.uploaded: dict[str, bytes] = {}
        self.upload_headers: dict[str, str] = {}
        self.confirmed: list[str] = []
        self.statuses: list[int] = []
        self.upload_url = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                document = json.loads(self.body())
                status = outer.statuses.pop(0) if outer.statuses else 201
                if status != 201:
                    return self.answer(status, {})
                outer.announced.append(document | {"authorized": "authorization" in self.headers})
                known = document["sha256Hash"] in outer.uploaded
                path = f"/upload/{document['sha256Hash'].replace('/', '_')}"
                return self.answer(201, {
                    "mediaId": "known-there",
                    "uploadUrl": None if known else outer.upload_url or outer.url + path,
                })  # fmt: skip

            def do_PUT(self) -> None:
                outer.upload_headers = {name.lower(): v for name, v in self.headers.items()}
                outer.uploaded[outer.upload_headers["x-amz-checksum-sha256"]] = self.body()
                self.answer(200, {})

            def do_PATCH(self) -> None:
                assert json.loads(self.body())["uploadHttpStatus"] == 200
                outer.confirmed.append(self.path)
                self.answer(204, None)

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers["content-length"]))

            def answer(self, status: int, document: Any) -> None:
                body = b"" if document is None else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Be silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    made = Langfuse()
    yield made
    made.server.shutdown()
    made.server.server_close()


def sender(langfuse: Langfuse, kept: Kept, **settings: Any) -> MediaForwarder:
    return MediaForwarder(forward(langfuse.url, **settings), kept, "forward-x.media", "forward-x")


def forward(url: str, **settings: Any) -> Forward:
    given = {"name": "x", "url": url, "kind": "langfuse", "public_key": "pk", "allow_private": True}
    return Forward.model_validate(given | settings)


def record(number: int = 1, workspace: str = "mine", **said: str) -> bytes:
    span = otlp.span(number, attributes={name.replace("__", "."): v for name, v in said.items()})
    payload = otlp.traces(span, resource={"service.name": "s"}).SerializeToString()
    now = time.time_ns()
    return b"".join(
        encode(Signal.traces, payload, workspace=workspace, received_ns=now, request_id=number)
    )


def test_a_file_is_announced_uploaded_and_confirmed(langfuse: Langfuse) -> None:
    kept = Kept()
    text = json.dumps([{"image": kept.add(b"picture")}])
    forwarder = sender(langfuse, kept)
    forwarder.insert(Signal.traces, record(langfuse__observation__input=text))
    (said,) = langfuse.announced
    digest = base64.b64encode(hashlib.sha256(b"picture").digest()).decode()
    assert said == {
        "traceId": f"{1:032x}", "observationId": f"{1:016x}", "field": "input",
        "contentType": "image/png", "contentLength": 7, "sha256Hash": digest, "authorized": True,
    }  # fmt: skip
    assert langfuse.uploaded == {digest: b"picture"}
    assert "authorization" not in langfuse.upload_headers, "the address has its own token"
    assert langfuse.confirmed == ["/api/public/media/known-there"]
    assert forwarder.sent == 1


def test_what_they_have_is_not_uploaded_again(langfuse: Langfuse) -> None:
    kept = Kept()
    shown = kept.add(b"picture")
    forwarder = sender(langfuse, kept)
    for _ in range(2):  # the span begins, and ends
        forwarder.insert(Signal.traces, record(1, output=shown))
    assert len(langfuse.announced) == 1
    forwarder.insert(Signal.traces, record(2, output=shown))
    assert [said["traceId"] for said in langfuse.announced] == [f"{n:032x}" for n in (1, 2)]
    assert len(langfuse.confirmed) == 1


def test_a_file_that_comes_after_its_span_is_waited_for(langfuse: Langfuse) -> None:
    kept = Kept()
    data = record(input=token(b"late"))
    forwarder = sender(langfuse, kept)
    with pytest.raises(InsertFailed, match="not come yet") as failed:
        forwarder.insert(Signal.traces, data)
    assert failed.value.verdict is Verdict.retry
    kept.add(b"late")
    forwarder.insert(Signal.traces, data)
    assert len(langfuse.uploaded) == 1


def test_a_file_that_never_comes_holds_nothing_up(langfuse: Langfuse) -> None:
    later = MediaForwarder(
        forward(langfuse.url), Kept(), "x", "x", now_ns=lambda: time.time_ns() + 61 * 10**9
    )
    later.insert(Signal.traces, record(input=token(b"never")))
    assert langfuse.announced == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [(503, Verdict.retry), (401, Verdict.retry), (500, Verdict.doubt), (404, Verdict.poison)],
)
def test_what_they_do_not_take_is_tried_again_or_given_up(
    langfuse: Langfuse, status: int, expected: Verdict
) -> None:
    kept = Kept()
    langfuse.statuses = [status]
    with pytest.raises(InsertFailed) as failed:
        sender(langfuse, kept).insert(Signal.traces, record(input=kept.add(b"a")))
    assert failed.value.verdict is expected


def test_one_that_is_refused_costs_only_itself(langfuse: Langfuse) -> None:
    kept = Kept()
    both = kept.add(b"first") + kept.add(b"second")
    langfuse.statuses = [400]
    with pytest.raises(InsertFailed):
        sender(langfuse, kept).insert(Signal.traces, record(input=both))
    assert list(langfuse.uploaded.values()) == [b"second"]


def test_a_workspace_sends_its_own_files_alone(langfuse: Langfuse) -> None:
    kept = Kept()
    theirs = kept.add(b"theirs", "theirs")
    of_all = sender(langfuse, kept)
    with pytest.raises(InsertFailed, match="not come yet"):
        of_all.insert(Signal.traces, record(input=theirs))  # who names it has not got it
    of_mine = sender(langfuse, kept, workspace="mine")
    of_mine.insert(Signal.traces, record(workspace="theirs", input=theirs))
    assert langfuse.announced == []
    of_all.insert(Signal.traces, record(workspace="theirs", input=theirs))
    assert len(langfuse.uploaded) == 1


@pytest.mark.parametrize("settings", [{"drop_attributes": ["in*"]}, {"services": ["other"]}])
def test_what_of_a_span_is_not_sent_on_is_not_looked_at(
    langfuse: Langfuse, settings: dict[str, Any]
) -> None:
    kept = Kept()
    sender(langfuse, kept, **settings).insert(Signal.traces, record(input=kept.add(b"a")))
    assert langfuse.announced == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://[", "no address"])
def test_an_address_to_upload_to_that_is_none_is_refused(langfuse: Langfuse, address: str) -> None:
    kept = Kept()
    langfuse.upload_url = address
    with pytest.raises(InsertFailed):
        sender(langfuse, kept).insert(Signal.traces, record(input=kept.add(b"a")))
    assert langfuse.uploaded == {}


def test_an_address_to_upload_to_leads_into_no_private_network(langfuse: Langfuse) -> None:
    """It is theirs to say, so the connection is checked as that to them is."""
    http = OverHttp(forward("https://1.1.1.1", allow_private=False))
    with pytest.raises(InsertFailed, match="private network"):
        http.send(f"{langfuse.url}/upload/x", b"x", "image/png", method="PUT", signed=False)
    assert langfuse.uploaded == {}
