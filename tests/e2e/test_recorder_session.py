"""The recorder in a terminal, as a person would use it: typed into tmux, read from its screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.claude_transcript import ClaudeTranscript, text, tool_use
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
SETTINGS = '{\n\t"model": "opus",\n\t"hooks": {"Stop": []}\n}\n'


class Terminal:
    """A shell in tmux with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._socket = str(home / "tmux")
        environment = {
            "HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", "TERM": "xterm-256color",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "PS1": "$ ", "LANG": "C.UTF-8",
        }  # fmt: skip
        (home / "bin").mkdir(parents=True)
        command = home / "bin/tracehouse"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m tracehouse_agent.cli "$@"\n')
        command.chmod(0o755)
        words = " ".join(f"{name}='{value}'" for name, value in environment.items())
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "45",
                   f"cd {home} && env -i {words} sh")  # fmt: skip

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def type(self, line: str, *, end: str = "Enter") -> None:
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", end)

    def key(self, name: str) -> None:
        self._tmux("send-keys", name)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-S", "-200")

    def until(self, words: str, timeout: float = 30) -> str:
        """What is on the screen once these words are."""
        deadline = time.monotonic() + timeout
        while words not in (shown := self.screen()):
            assert time.monotonic() < deadline, f"no {words!r} in:\n{shown}"
            time.sleep(0.1)
        return shown

    def until_gone(self, words: str, timeout: float = 30) -> None:
        """Return when these words are not on the screen any more."""
        deadline = time.monotonic() + timeout
        while words in self.screen():
            assert time.monotonic() < deadline, f"{words!r} is still there"
            time.sleep(0.1)
        time.sleep(0.5)

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    home = tmp_path / "home"
    made = Terminal(home)
    yield made
    made.close()
    subprocess.run([home / "bin/tracehouse", "uninstall"], check=False, capture_output=True,
                   env=os.environ | {"HOME": str(home)})  # fmt: skip


def test_login_install_a_live_session_uninstall(terminal: Terminal, server: Server) -> None:
    settings = terminal.home / ".claude/settings.json"
    projects = terminal.home / ".claude/projects/-src-shop"
    projects.mkdir(parents=True)
    settings.write_text(SETTINGS)
    terminal.type(f"tracehouse login --api-base {server.http}")
    terminal.until("it is not shown")
    terminal.type(server.key)
    assert server.key not in terminal.until("logged in to")
    terminal.type("tracehouse install")
    terminal.until("`tracehouse uninstall` undoes all of it")
    session = "cccccccc-0000-4000-8000-000000000001"
    t = ClaudeTranscript(session)
    t.user("Mend the basket")
    t.assistant("msg_1", text("I look."), tool_use("toolu_1", "Read", file_path="basket.py"))
    t.result("toolu_1", "class Basket")
    t.assistant("msg_2", text("Mended."), output=9)
    for line in t.lines.splitlines(keepends=True):
        with (projects / f"{session}.jsonl").open("ab") as file:
            file.write(line)
        time.sleep(0.3)
    time.sleep(2)
    terminal.type("clear")
    terminal.type(
        f"curl -s -H 'x-api-key: {server.key}' '{server.http}/v1/traces?session={session}'"
    )
    shown = terminal.until('"span_count":').replace("\n", "")
    assert '"pending":true' in shown.replace(" ", ""), "it is live"
    assert "Mend the basket" in shown
    terminal.type("clear; tracehouse")
    shown = terminal.until("Quit")
    terminal.until("the server lets it in")
    assert "recording" in shown or "recording" in terminal.screen()
    terminal.key("q")
    terminal.until_gone("Stop recording")
    terminal.type("clear; tracehouse uninstall; echo done=$?")
    terminal.until("done=0")
    assert settings.read_text() == SETTINGS


def test_install_sh_uses_what_is_there(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    noted = tmp_path / "noted"
    for name, answer in (("uv", f'case "$*" in *dir*) echo {programs};; esac'), ("tracehouse", "")):
        path = programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {noted}\n{answer}\n')
        path.chmod(0o755)
    (tmp_path / ".claude").mkdir()
    environment = {
        "HOME": str(tmp_path), "PATH": f"{programs}:/usr/bin:/bin", "TRACEHOUSE_API_KEY": "ba_x",
    }  # fmt: skip
    done = subprocess.run(["sh", ROOT / "install.sh"], env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert "found Claude Code" in done.stdout
    assert noted.read_text().splitlines() == [
        f"uv tool install --quiet --force --python >=3.11 {ROOT}",
        "uv tool dir --bin",
        "tracehouse login",
        "tracehouse install",
    ]
    subprocess.run(["shellcheck", ROOT / "install.sh"], check=True)


def test_every_command_has_help_and_json_where_it_answers() -> None:
    for command in ("login", "logout", "install", "uninstall", "agent", "doctor"):
        words = [sys.executable, "-m", "tracehouse_agent.cli", command, "--help"]
        shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert "--json" in shown
        assert "--quiet" in shown
    for shell in ("bash", "zsh", "fish"):
        words = [sys.executable, "-m", "tracehouse_agent.cli", "completion", shell]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert "_TRACEHOUSE_COMPLETE" in done.stdout
    words = [sys.executable, "-m", "tracehouse_agent.cli", "agent", "--nonsense"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 2


def test_without_a_terminal_the_status_is_plain_text(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
                                "XDG_STATE_HOME": str(tmp_path)}  # fmt: skip
    words = [sys.executable, "-m", "tracehouse_agent.cli"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "tracehouse install" in done.stdout
    answer = subprocess.run([*words, "doctor", "--json"], env=environment, capture_output=True,
                            text=True, check=False)  # fmt: skip
    assert json.loads(answer.stdout)["ok"] is False
