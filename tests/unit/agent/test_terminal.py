"""The terminal's screen: what doctor finds, and the keys that mend it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import DataTable, Input, Static

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
