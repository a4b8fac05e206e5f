"""The terminal's screen: what doctor finds, and the keys that mend it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import DataTable, Input, Static

from tracehouse_agent import terminal
from tracehouse_agent.checks import Finding, found
from tracehouse_agent.terminal import Terminal


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, folder in (("HOME", ""), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"),
                         ("XDG_CACHE_HOME", "cache")):  # fmt: skip
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("TRACEHOUSE_API_KEY", "TRACEHOUSE_API_BASE", "CLAUDE_CONFIG_DIR", "CODEX_HOME",
                 "OTEL_EXPORTER_OTLP_ENDPOINT"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return tmp_path


async def _rows(app: Terminal) -> str:
    await app.workers.wait_for_complete()
    table = app.query_one("#table", DataTable)
    return "\n".join(" ".join(map(str, table.get_row_at(n))) for n in range(table.row_count))


def test_it_says_what_is_to_be_done() -> None:
    async def scenario() -> tuple[str, str]:
        app = Terminal()
        async with app.run_test():
            rows = await _rows(app)
            return rows, str(app.query_one("#summary", Static).render())

    rows, summary = asyncio.run(scenario())
    assert "key there is none" in rows
    assert "→ tracehouse login" in rows
    assert "not recording" in summary


def test_a_key_starts_a_command_and_shows_what_it_says() -> None:
    async def scenario() -> str:
        app = Terminal()
        async with app.run_test() as pilot:
            await pilot.press("i")
            await app.workers.wait_for_complete()
            await pilot.pause()
            return str(app.query_one("#said", Static).render())

    assert "tracehouse login" in asyncio.run(scenario())


def test_logging_in_asks_for_server_and_key() -> None:
    async def scenario() -> str:
        app = Terminal()
        async with app.run_test() as pilot:
            await app.workers.wait_for_complete()
            await pilot.press("l")
            await pilot.pause()
            screen = app.screen
            assert screen.query_one("#key", Input).password, "it is not shown"
            screen.query_one("#base", Input).value = "http://127.0.0.1:9"
            screen.query_one("#key", Input).value = "not-a-key"
            await pilot.click("#login")
            await app.workers.wait_for_complete()
            await pilot.pause()
            return str(app.query_one("#said", Static).render())

    assert "starts with ba_" in asyncio.run(scenario())


def test_a_look_that_takes_longer_than_the_time_between_two_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running: list[int] = []
    most = 0

    def look() -> Iterator[Finding]:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        time.sleep(0.3)
        running.pop()
        yield found("server", "problem", "it does not answer")

    monkeypatch.setattr(terminal, "_REFRESH_SECONDS", 0.02)
    monkeypatch.setattr(terminal, "look_at_everything", look)

    async def scenario() -> str:
        app = Terminal()
        async with app.run_test() as pilot:
            table = app.query_one("#table", DataTable)
            while not table.row_count:
                await pilot.pause(0.05)
            await pilot.pause(0.5)
            return " ".join(map(str, table.get_row_at(0)))

    assert "it does not answer" in asyncio.run(scenario())
    assert most == 1


def test_what_was_looked_at_later_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(((0.6, "before"), (0.0, "after")))

    def look() -> Iterator[Finding]:
        seconds, word = next(looks)
        time.sleep(seconds)
        yield found("server", "problem", word)

    monkeypatch.setattr(terminal, "look_at_everything", look)

    async def scenario() -> str:
        app = Terminal()
        async with app.run_test() as pilot:
            await pilot.press("r")
            await app.workers.wait_for_complete()
            await pilot.pause()
            return " ".join(map(str, app.query_one("#table", DataTable).get_row_at(0)))

    assert "after" in asyncio.run(scenario())
