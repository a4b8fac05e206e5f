"""OTLP requests of real emitters, as they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support.server import Server

FOLDER = Path(__file__).parent.parent / "fixtures/captures"


def bodies(emitter: str = "") -> Iterator[tuple[str, bytes, str]]:
    """(signal, body, content type) of every capture, or of one emitter's."""
    for path in sorted(FOLDER.iterdir()):
        if path.suffix == ".md" or not path.name.startswith(emitter):
            continue
        signal = path.name.split("-")[-2]
        json = path.name.endswith(".json")
        yield signal, path.read_bytes(), f"application/{'json' if json else 'x-protobuf'}"


def send(server: Server, emitter: str = "") -> None:
    """Send them, each accepted, and wait until they are loaded."""
    for signal, body, content_type in bodies(emitter):
        answer = server.post(signal, body, content_type)
        assert answer.status_code == 200, answer.text
    server.settle()
