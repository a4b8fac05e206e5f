"""A server with a week in it, and somebody signed in to it in a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.e2e.web import library, week
from tests.support.server import Server

STATIC = Path(__file__).parents[3] / "ui_api/tracehouse_api/static/index.html"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
# Its sandbox does not let root in.
_ARGUMENTS = ["--no-sandbox"] if os.geteuid() == 0 else []


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    assert STATIC.exists(), "the web UI is not built: make ui"
    assert CHROMIUM, "there is no Chromium: make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nothing was sent to."""
    with Server(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the traces and runs of `week.py`, and what `library.py` keeps beside them."""
    home = tmp_path_factory.mktemp("filled")
    with Server(home, "--private-forwards") as server:
        sent = week.traces(40)
        week.send_traces(server, sent)
        server.settle()
        week.judge(server, sent)
        library.fill(server)
        subprocess.run(
            [sys.executable, str(Path(__file__).parent / "training.py"), "60", "crash"],
            cwd=home,
            env=os.environ
            | {
                "TRACEHOUSE_API_KEY": server.key,
                "TRACEHOUSE_API_BASE": server.http,
                "XDG_STATE_HOME": str(home / "state"),
            },
            check=True,
            timeout=100,
        )
        server.settle()
        yield server


def signed_in(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser that followed the server's one-time link, until it is closed."""
    context = browser.new_context(base_url=server.http, reduced_motion="reduce")
    page = context.new_page()
    page.goto(server.sign_in_link)
    page.wait_for_url("**/traces*")
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="package")
def owner(browser: Browser, filled: Server) -> Iterator[BrowserContext]:
    """The browser of the owner of `filled`, signed in."""
    yield from signed_in(browser, filled)


@pytest.fixture
def page(owner: BrowserContext, filled: Server) -> Iterator[Page]:
    """A page of the owner's. What it complains of, and what it loads from elsewhere, fails the
    test."""
    complaints: list[str] = []
    page = owner.new_page()
    watch(page, filled.http, complaints)
    yield page
    page.close()
    assert not complaints


def watch(page: Page, address: str, complaints: list[str]) -> None:
    """Note what a page says in its console, what fails in it, and what it loads from elsewhere."""

    def requested(request: Request) -> None:
        if not request.url.startswith((address, "blob:", "data:")):
            complaints.append(f"it loads {request.url}")

    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", requested)
    page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
