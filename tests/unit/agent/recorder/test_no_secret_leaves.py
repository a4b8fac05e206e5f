"""A secret of every rule, in every place of it: none reaches our disk, log or the wire."""

from __future__ import annotations

import gzip
import io
import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.claude_transcript import SESSION, ClaudeTranscript, text, thinking, tool_use
from tests.support.codex_rollout import THREAD, CodexRollout
from tests.support.samples import planted
from tracehouse_agent.recorder.config import read_config
from tracehouse_agent.recorder.redaction import Redactor
from tracehouse_agent.recorder.redaction.rules import RULES
from tracehouse_agent.recorder.running import record

MARKER = "harmless-marker"


class Wire:
    """A server that takes everything and remembers it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                wire.received.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    made = Wire()
    for name, folder in (("HOME", ""), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"),
                         ("XDG_CACHE_HOME", "cache"), ("CLAUDE_CONFIG_DIR", "claude"),
                         ("CODEX_HOME", "codex")):  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_COMPRESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACEHOUSE_API_BASE", made.base)
    monkeypatch.setenv("TRACEHOUSE_API_KEY", "ba_" + "k" * 38)
    yield made
    made.server.shutdown()


def all_planted() -> list[tuple[str, str]]:
    """(a text with a secret, the secret), of every rule."""
    return [planted(rule, Random(rule.name)) for rule in RULES]


def claude(found: list[tuple[str, str]]) -> bytes:
    t = ClaudeTranscript()
    t.user(MARKER)
    for number, (said, _) in enumerate(found):
        t.user(f"use\n{said}\nplease", cwd=f"/src/{number}\n{said}\n", gitBranch=f"fix {said} now")
        t.assistant(f"m{number}", thinking(f"so\n{said}\n"), text(f"that is\n{said}\n"))
        odd = {f"key\n{said}\n": [{"deep": f" {said} ", "json": json.dumps(f"\n{said}\n")}]}
        t.assistant(f"m{number}", tool_use(f"t{number}", "Bash", command=f"echo\n{said}\n", **odd))
        t.result(f"t{number}", [text(f"printed\n{said}\n")], is_error=True)
        t.add("system", subtype="api_error", error={"message": f"refused\n{said}\n"})
        t.add("attachment", attachment={"type": "file", "content": f"x\n{said}\n"})
        t.meta("ai-title", aiTitle=f"{said}\n")
        t.add(f"a type\n{said}\n", version=f"v\n{said}\n")
    return t.lines


def codex(found: list[tuple[str, str]]) -> bytes:
    r = CodexRollout()
    r.meta()
    for number, (said, _) in enumerate(found):
        r.turn(f"turn-{number}", cwd=f"x\n{said}\n")
        r.user(f"use\n{said}\n")
        r.think(f"so\n{said}\n")
        r.call(f"c{number}", f"echo\n{said}\n")
        r.output(f"c{number}", json.dumps({"output": f"x\n{said}\n", "metadata": {"exit_code": 1}}))
        r.event("error", message=f"x\n{said}\n")
        r.event("thread_name_updated", thread_name=f"{said}\n")
    return r.lines


def write(folder: Path, lines: bytes, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(lines)


def on_disk(folder: Path) -> bytes:
    """Everything that stands in files, uncompressed."""
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for path in folder.rglob("positions.sqlite"):
        database = sqlite3.connect(path)
        rows = database.execute("SELECT reader FROM transcripts WHERE reader IS NOT NULL")
        found += [zlib.decompress(row[0]) for row in rows]
        database.close()
    return b"\n".join(found)


@pytest.mark.parametrize("online", [True, False])
def test_no_planted_secret_of_any_rule_reaches_disk_log_or_wire(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, online: bool
) -> None:
    if not online:
        monkeypatch.setenv("TRACEHOUSE_API_BASE", "http://127.0.0.1:9")
        monkeypatch.setattr("tracehouse_agent.recorder.running._ONCE_SECONDS", 0.5)
    found = all_planted()
    write(tmp_path / "claude/projects/-p", claude(found), f"{SESSION}.jsonl")
    write(tmp_path / "codex/sessions", codex(found), f"rollout-2026-{THREAD}.jsonl")
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    try:
        assert record(read_config(), once=True) is online
    finally:
        logging.getLogger().removeHandler(handler)
    seen = {
        "wire": b"\n".join(wire.received),
        "disk": on_disk(tmp_path / "state"),
        "log": log.getvalue().encode(),
    }
    assert MARKER.encode() in seen["wire" if online else "disk"]
    for place, content in seen.items():
        as_json = content.replace(b"\\n", b"\n").replace(b'\\"', b'"')
        for rule, (_, secret) in zip(RULES, found, strict=True):
            assert secret.encode() not in content, (place, rule.name)
            assert secret.encode() not in as_json, (place, rule.name)


def test_what_cannot_be_redacted_is_withheld(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Redactor, value: Any) -> Any:
        raise RuntimeError("a bug that nobody has met yet: s3cret")

    monkeypatch.setattr(Redactor, "redact", fail)
    t = ClaudeTranscript()
    t.user("s3cret")
    t.assistant("msg_1", text("s3cret"), tool_use("toolu_1", "s3cret", s3cret="s3cret"), output=7)
    write(tmp_path / "claude/projects/-p", t.lines, f"{SESSION}.jsonl")
    record(read_config(), once=True)
    sent = b"".join(wire.received)
    assert b"s3cret" not in sent + on_disk(tmp_path / "state")
    assert b"WITHHELD" in sent
    assert b"msg_1" in sent, "the skeleton is there"


def test_settings_that_are_wrong_stop_it_before_it_sends(wire: Wire, tmp_path: Path) -> None:
    config = tmp_path / "config/tracehouse/config.toml"
    config.parent.mkdir(parents=True)
    for content, why in (
        ("[redaction]\nemail = false", "no setting email"),
        ("[redaction]\nemails = 'no'", "true or false"),
        ("[redaction]\nrules = [{name = 'x', pattern = '('}]", "no RE2 pattern"),
        ("[redaction", "config.toml"),
        ("[recorder]\nsince = 'yesterday'", "no time"),
    ):
        config.write_text(content)
        with pytest.raises(ValueError, match=why):
            read_config()
    assert wire.received == []
