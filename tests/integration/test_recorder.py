"""The recorder as a user has it: real commands, a real server, a home folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import claude_transcript, codex_rollout
from tests.support.claude_transcript import SESSION, ClaudeTranscript, text, tool_use
from tests.support.server import Server

SETTINGS = '{\n    "model": "opus",\n    "permissions": {"allow": ["Bash(ls:*)"]}\n}\n'


class Home:
    """A user's home with both agents in it, and the commands run there."""

    def __init__(self, folder: Path, server: Server | None, base: str = "") -> None:
        self.path = folder
        self.server = server
        self.settings = folder / ".claude/settings.json"
        self.projects = folder / ".claude/projects/-src-shop"
        self.rollouts = folder / ".codex/sessions/2026/03/02"
        self.state = folder / ".local/state/tracehouse"
        for made in (self.projects, self.rollouts):
            made.mkdir(parents=True)
        self.settings.write_text(SETTINGS)
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("TRACEHOUSE_", "XDG_", "OTEL_", "CLAUDE", "CODEX"))
        } | {"HOME": str(folder), "USER": "marlene", "LOGNAME": "marlene"}  # fmt: skip
        self.base = base or (server.http if server else "")
        self._started: list[subprocess.Popen[str]] = []

    def run(
        self, *arguments: str, expected: int = 0, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tracehouse_agent.cli", *arguments],
            env=self.environment, cwd=self.path, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == expected, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def login(self) -> None:
        assert self.server is not None
        self.run("login", "--api-key", self.server.key, "--api-base", self.base)

    def start(self) -> subprocess.Popen[str]:
        """The recorder in the foreground."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tracehouse_agent.cli", "agent", "--quiet"],
            env=self.environment, cwd=self.path, text=True, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._started.append(process)
        assert process.stderr is not None
        assert "recording" in process.stderr.readline()
        return process

    def stop(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                assert process.wait(10) == 0
        if (self.state / "recorder/revive").exists():
            self.run("uninstall")

    def claude(self, session: str = SESSION) -> Path:
        return self.projects / f"{session}.jsonl"

    def doctor(self, expected: int = 0) -> dict[str, dict[str, Any]]:
        findings = json.loads(self.run("doctor", "--json", expected=expected).stdout)["findings"]
        return {finding["name"]: finding for finding in findings}


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Iterator[Home]:
    made = Home(tmp_path / "home", server)
    yield made
    made.stop()


def spans(server: Server, session: str) -> list[dict[str, Any]]:
    found = server.get("/v1/traces", session=session)
    assert found.status_code == 200, found.text
    return [
        span
        for trace in found.json()["traces"]
        for span in server.get(f"/v1/traces/{trace['trace_id']}").json()["spans"]
    ]


def named(server: Server, session: str) -> set[str]:
    return {span["name"] for span in spans(server, session)}


def wait_for(server: Server, session: str, name: str, timeout: float = 15) -> float:
    """Seconds until there is a span of that name."""
    began = time.monotonic()
    while name not in named(server, session):
        assert time.monotonic() - began < timeout, named(server, session)
        time.sleep(0.05)
    return time.monotonic() - began


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def test_login_install_a_session_line_by_line_uninstall(home: Home, server: Server) -> None:
    session = "aaaaaaaa-0000-4000-8000-000000000001"
    home.run("install", expected=1)
    home.login()
    home.run("install")
    hook = json.loads(home.settings.read_text())["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    t = ClaudeTranscript(session)
    t.user("Mend the basket")
    append(home.claude(session), t.lines)
    wait_for(server, session, "Mend the basket")
    (trace,) = server.get("/v1/traces", session=session).json()["traces"]
    assert trace["pending"] is True, "it is live"
    waited: list[float] = []
    for number in range(4):
        t.rows.clear()
        t.assistant(f"msg_{number}", tool_use(f"toolu_{number}", f"Tool{number}", path="a"))
        append(home.claude(session), t.lines)
        subprocess.run(["sh", "-c", hook], env=home.environment, input=b"{}", check=True)
        waited.append(wait_for(server, session, f"Tool{number}"))
    assert min(waited) < 2.0, "the machine may be busy now and then, not always"
    found = home.doctor()
    assert found["hook"]["facts"]["present"]
    assert found["service"]["facts"]["running"]
    assert found["recorder"]["state"] == "ok"
    assert found["server"]["facts"]["version"]
    home.run("install")
    home.run("uninstall")
    assert home.settings.read_text() == SETTINGS
    found = home.doctor(expected=1)
    assert found["recorder"]["detail"] == "nothing records"


def test_both_agents_at_once_and_again(home: Home, server: Server) -> None:
    home.login()
    home.claude().write_bytes(claude_transcript.everything().lines)
    agents = home.claude().with_suffix("") / "subagents"
    agents.mkdir(parents=True)
    (agents / "agent-a1.jsonl").write_bytes(claude_transcript.subagent().lines)
    name = f"rollout-2026-03-02T09-00-00-{codex_rollout.THREAD}.jsonl"
    (home.rollouts / name).write_bytes(codex_rollout.everything().lines)
    answer = json.loads(home.run("agent", "--once", "--json").stdout)
    assert answer["sent"] is True
    assert answer["transcripts"] == 3
    server.settle()
    usage = server.get(f"/v1/sessions/{SESSION}").json()["usage"]
    assert (usage["calls"], usage["output_tokens"]) == (10, 128 + 13)
    by_id = {span["span_id"]: span for span in spans(server, SESSION)}
    (agent,) = (span for span in by_id.values() if span["name"] == "agent a1")
    assert by_id[agent["parent_span_id"]]["name"] == "Task", "though no sidecar says so"
    assert not any(span["pending"] for span in by_id.values())
    assert json.loads(home.run("agent", "--once", "--json").stdout)["spans"] == 0
    shutil.rmtree(home.state / "recorder")
    home.run("agent", "--once")
    server.settle()
    assert server.get(f"/v1/sessions/{SESSION}").json()["usage"] == usage
    assert len(spans(server, SESSION)) == len(by_id)


def test_killed_at_any_moment_nothing_is_lost_or_doubled(home: Home, server: Server) -> None:
    session = "aaaaaaaa-0000-4000-8000-000000000002"
    home.login()
    t = ClaudeTranscript(session)
    t.user("Go")
    for number in range(60):
        t.assistant(f"msg_{number}", text(f"part {number}"), output=number, request=f"r_{number}")
    lines = t.lines.splitlines(keepends=True)
    for start in range(0, len(lines), 16):
        process = home.start()
        for line in lines[start : start + 16]:
            append(home.claude(session), line)
            time.sleep(0.01)
        time.sleep(0.3 * (start % 3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    home.run("agent", "--once")
    server.settle()
    usage = server.get(f"/v1/sessions/{session}").json()["usage"]
    assert (usage["calls"], usage["output_tokens"]) == (60, sum(range(60)))


def test_while_the_server_is_away_it_is_kept_and_sent_later(tmp_path: Path, server: Server) -> None:
    session = "aaaaaaaa-0000-4000-8000-000000000003"
    away = Home(tmp_path / "home", server, "http://127.0.0.1:9")
    away.run("login", "--no-check", "--api-key", server.key, "--api-base", away.base)
    away.run("login", "--api-key", server.key, "--api-base", away.base, expected=1)
    t = ClaudeTranscript(session)
    t.user("Offline")
    append(away.claude(session), t.lines)
    process = away.start()
    deadline = time.monotonic() + 20
    while not any((away.state / "buffers").rglob("*.otlp")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    t.rows.clear()
    t.assistant("msg_1", text("Still offline"), output=5)
    append(away.claude(session), t.lines)
    time.sleep(0.6)
    process.terminate()
    assert process.wait(15) == 0
    away.run("login", "--api-key", server.key, "--api-base", server.http)
    (kept,) = (away.state / "buffers").iterdir()
    away.run("sync", str(kept))
    server.settle()
    assert {"Offline", "chat claude-sonnet-4-5"} <= named(server, session)
    away.stop()


def test_one_recorder_a_user(home: Home) -> None:
    home.login()
    home.start()
    refused = home.run("agent", "--once", expected=1)
    assert "another process" in refused.stderr


def test_nothing_is_recorded_without_an_account(home: Home) -> None:
    home.claude().write_bytes(claude_transcript.everything().lines)
    refused = home.run("agent", "--once", expected=1)
    assert "tracehouse login" in refused.stderr
    assert not list(home.state.rglob("*.otlp"))
    home.environment["TRACEHOUSE_API_KEY"] = "ba_" + "x" * 38
    assert "environment alone" in home.run("install", expected=1).stderr


def test_a_look_at_what_would_be_sent(home: Home) -> None:
    t = ClaudeTranscript()
    t.user(f"Write to jane@corp.io from {home.path}/notes")
    home.claude().write_bytes(t.lines)
    shown = [json.loads(line) for line in home.run("agent", "--dry-run").stdout.splitlines()]
    said = json.dumps(shown)
    assert "[REDACTED:email:" in said
    assert "~/notes" in said
    assert "jane" not in said
    assert str(home.path) not in said
    assert not list(home.state.rglob("*.otlp"))
    preview = home.run("doctor", "--redact", str(home.claude()))
    assert "jane" not in preview.stdout
    assert "email 1" in preview.stderr


def test_only_what_was_asked_for(home: Home, server: Server, tmp_path: Path) -> None:
    home.login()
    session = "aaaaaaaa-0000-4000-8000-000000000004"
    t = ClaudeTranscript(session)
    t.user("Elsewhere")
    other = tmp_path / "elsewhere/projects/-p"
    other.mkdir(parents=True)
    (other / f"{session}.jsonl").write_bytes(t.lines)
    old = home.claude("aaaaaaaa-0000-4000-8000-000000000005")
    old.write_bytes(t.lines)
    os.utime(old, (1, 1))
    answer = home.run("agent", "--once", "--json", "--root", str(tmp_path / "elsewhere"))
    assert json.loads(answer.stdout)["transcripts"] == 1
    assert json.loads(home.run("agent", "--once", "--json", "--since", "30d").stdout)["spans"] == 0
    assert "no time" in home.run("agent", "--since", "yesterday", expected=1).stderr


def test_logging_out_ends_it(home: Home) -> None:
    home.login()
    home.run("install")
    answer = json.loads(home.run("logout", "--json").stdout)
    assert answer == {"logged_out": True, "stopped": True}
    assert home.doctor(expected=1)["key"]["detail"] == "there is none"
    home.run("uninstall")
