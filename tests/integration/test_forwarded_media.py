"""A Langfuse gets the files that spans refer to: here another server of ours, by its doors."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.test_forward import forwarding
from tests.support import otlp
from tests.support.server import Server

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 5000
DIGEST = hashlib.sha256(PICTURE).digest()
MEDIA_ID = base64.urlsafe_b64encode(DIGEST).decode()[:22]


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def upload(server: Server) -> None:
    """As Langfuse's SDKs do it."""
    announced = server.client.post(
        f"{server.http}/api/public/media", headers=server.headers,
        json={
            "traceId": f"{1:032x}", "observationId": f"{1:016x}", "field": "input",
            "contentType": "image/png", "contentLength": len(PICTURE),
            "sha256Hash": base64.b64encode(DIGEST).decode(),
        },
    ).json()  # fmt: skip
    assert announced["mediaId"] == MEDIA_ID
    assert server.client.put(announced["uploadUrl"], content=PICTURE).status_code == 200


def send(server: Server, *numbers: int, text: str = "") -> None:
    for number in numbers:
        token = f"@@@langfuseMedia:type=image/png|id={MEDIA_ID}|source=bytes@@@"
        said = {"langfuse.observation.input": text or token}
        request = otlp.traces(otlp.span(number, attributes=said)).SerializeToString()
        assert server.post("traces", request).status_code == 200


def media_of(server: Server) -> Any:
    answer = server.get(f"/api/public/media/{MEDIA_ID}")
    return answer.json() if answer.status_code == 200 else None


def traces(server: Server) -> int:
    return len(server.get("/v1/traces").json()["traces"])


def test_files_follow_their_spans_and_hold_none_up(tmp_path: Path) -> None:
    with Server(tmp_path / "other") as other:
        lines = ['kind = "langfuse"', 'public_key = "pk"', f'secret_key = "{other.key}"']
        with forwarding(tmp_path / "own", other.http, *lines) as server:
            send(server, 1)
            send(server, 2, text="no file in it")
            wait(lambda: traces(other) == 2)
            assert media_of(other) is None, "it has not come here yet, and the spans went on"

            server.kill()
            server.start()
            upload(server)
            wait(lambda: media_of(other) is not None)
            found = media_of(other)
            assert (found["contentType"], found["contentLength"]) == ("image/png", len(PICTURE))
            assert other.client.get(found["url"]).content == PICTURE

            send(server, 3)  # the same file again: it is there
            (forward,) = server.get("/v1/forwards").json()["forwards"]
            assert [way["signal"] for way in forward["signals"]] == ["traces", "logs", "media"]

            def sent() -> int:
                (forward,) = server.get("/v1/forwards").json()["forwards"]
                return forward["signals"][2]["sent_requests"]

            wait(lambda: sent() == 2)
            assert media_of(other)["uploadedAt"] == found["uploadedAt"]
            assert forward["dead_letter_count"] == 0
