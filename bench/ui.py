"""The web UI in Chromium at the sizes that it is to stay quick at.

A server is filled with them: by OTLP, and the scalars of runs right in ClickHouse. Then somebody
who is signed in opens each page. Times are what the browser says: from the navigation to the first
row or line that tells something; from a key, a click or a move of the pointer to the second frame
after it; and how many frames a second a scroll makes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Locator, Page, sync_playwright

from bench import run_points
from tests.support import otlp
from tests.support.runs import begin_run
from tests.support.server import Server

_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
_ARGUMENTS = ["--no-sandbox"] if os.geteuid() == 0 else []
PAGES = ("runs", "run", "trace")
_TRACE = 0xBE4C
_SPANS_A_REQUEST = 5_000
_KEYS_PRESSED = 40
_PAGE_MS = 120_000
# Resolves to the milliseconds until the second frame: what was asked for is painted then.
_TWO_FRAMES = (
    "() => new Promise((done) => { const begun = performance.now(); requestAnimationFrame(() =>"
    " requestAnimationFrame(() => done(performance.now() - begun))); })"
)
_SCROLL = """(selector) => new Promise((done) => {
  const list = document.querySelector(selector); const begun = performance.now(); let frames = 0;
  const step = () => {
    frames++; list.scrollTop += 240;
    const passed = performance.now() - begun;
    if (passed < 2000) requestAnimationFrame(step); else done(1000 * frames / passed);
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True)
class Figures:
    """Of one page: milliseconds, megabytes of JavaScript's heap, frames a second. None: not
    looked at there."""

    page: str
    first_ms: float
    key_p95_ms: float | None
    heap_mb: float
    frames: float | None


def measure(scale: float, pages: Sequence[str] = PAGES) -> tuple[list[Figures], float | None]:
    """Figures of the pages; and the milliseconds from a click to a chart of so many points, where
    the page of a run is among them."""
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        if "runs" in pages:
            _send_runs(server, int(10_000 * scale))
        if "trace" in pages:
            _send_trace(server, int(50_000 * scale))
        wide, long = begin_run(server, "wide"), begin_run(server, "long")
        server.settle(timeout=1800)
        if "run" in pages:
            server.stop()
            _fill_runs(server, wide, long, scale)
            server.start()
        with _browser(server) as (page, session):
            looks = {
                "runs": lambda: _list_of_runs(page, session),
                "run": lambda: _run(page, session, wide),
                "trace": lambda: _trace(page, session),
            }
            found = [looks[name]() for name in pages]
            return found, _click_on_large_chart(page, long) if "run" in pages else None


def _fill_runs(server: Server, wide: str, long: str, scale: float) -> None:
    """A run of 500 metrics with 100,000 points each, and one with a metric of a million."""
    keys = tuple(f"section{n // 25:02d}/metric{n:03d}" for n in range(int(500 * scale)))
    now = time.time_ns()
    run_points.fill(
        server.data_dir,
        (
            run_points.Scalars(wide, keys, int(100_000 * scale), now),
            run_points.Scalars(long, ("other/short",), 10, now),
            run_points.Scalars(long, ("loss",), int(1_000_000 * scale), now),
        ),
    )


def _send_runs(server: Server, runs: int) -> None:
    now = time.time_ns()
    for first in range(0, runs, 500):
        roots = [
            otlp.span(
                1 << 64 | number,
                number + 1,
                name="tracehouse.run",
                start=now - number * 10**9,
                attributes={
                    "tracehouse.run.id": f"run-{number}",
                    "tracehouse.run.name": f"sweep-{number}",
                    "tracehouse.run.status": "finished",
                    "tracehouse.run.config": f'{{"lr": {number / 1e6}, "batch": {number % 64}}}',
                },
            )
            for number in range(first, min(first + 500, runs))
        ]
        _post(server, "traces", otlp.traces(*roots).SerializeToString())


def _send_trace(server: Server, spans: int) -> None:
    now = time.time_ns()
    for first in range(0, spans, _SPANS_A_REQUEST):
        part = [
            otlp.span(
                _TRACE,
                number + 1,
                parent=0 if number == 0 else (number - 1) // 8 + 1,
                name=f"execute_tool step{number}",
                start=now + number * 10_000,
                duration=10**9 - number * 10_000 if number else 10**9,
                attributes={
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": "search",
                    "gen_ai.tool.call.arguments": '{"query": "' + "word " * 60 + '"}',
                },
                **({"status": {"code": 2}} if number % 1000 == 999 else {}),
            )
            for number in range(first, min(first + _SPANS_A_REQUEST, spans))
        ]
        _post(server, "traces", otlp.traces(*part).SerializeToString())


def _post(server: Server, signal: str, body: bytes) -> None:
    while (answer := server.post(signal, body)).status_code == 429:
        time.sleep(1)
    answer.raise_for_status()


@contextmanager
def _browser(server: Server) -> Generator[tuple[Page, CDPSession]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        page = browser.new_page(base_url=server.http, viewport={"width": 1440, "height": 900})
        page.set_default_timeout(_PAGE_MS)
        page.goto(server.sign_in_link)
        page.get_by_role("heading", level=1).wait_for()
        yield page, page.context.new_cdp_session(page)
        browser.close()


def _opened(page: Page, path: str, shown: Callable[[], Any]) -> float:
    """Milliseconds from the navigation until something is shown."""
    page.goto(path, wait_until="commit")
    shown()
    return float(page.evaluate("performance.now()"))


def _key_p95(page: Page, key: str) -> float:
    waits: list[float] = []
    for _ in range(_KEYS_PRESSED):
        pending = page.evaluate_handle(f"() => {{ window.painted = ({_TWO_FRAMES})(); }}")
        page.keyboard.press(key)
        waits.append(float(page.evaluate("window.painted")))
        pending.dispose()
    return sorted(waits)[int(0.95 * len(waits))]


def _pointer_p95(page: Page, chart: Locator) -> float:
    box = chart.bounding_box()
    assert box is not None
    waits: list[float] = []
    for number in range(_KEYS_PRESSED):
        pending = page.evaluate_handle(f"() => {{ window.painted = ({_TWO_FRAMES})(); }}")
        share = (number + 1) / (_KEYS_PRESSED + 1)
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        waits.append(float(page.evaluate("window.painted")))
        pending.dispose()
    return sorted(waits)[int(0.95 * len(waits))]


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _list_of_runs(page: Page, session: CDPSession) -> Figures:
    table = page.get_by_role("table", name="Runs")
    first = _opened(page, "/runs", lambda: table.get_by_role("link").first.wait_for())
    frames = page.evaluate(_SCROLL, '[aria-label="Runs"]')
    return Figures("runs", first, _key_p95(page, "j"), _heap_mb(session), float(frames))


def _run(page: Page, session: CDPSession, run: str) -> Figures:
    """The charts of a run: the interaction is the crosshair, which all charts in sight share."""
    canvas = page.locator("figure .u-wrap canvas").first
    first = _opened(page, f"/runs/{run}", lambda: canvas.wait_for())
    pointed = _pointer_p95(page, page.locator("figure .u-over").first)
    frames = page.evaluate(_SCROLL, ".body")
    return Figures("run", first, pointed, _heap_mb(session), float(frames))


def _trace(page: Page, session: CDPSession) -> Figures:
    row = page.get_by_role("treeitem").first
    first = _opened(page, f"/traces/{_TRACE:032x}", lambda: row.wait_for())
    frames = page.evaluate(_SCROLL, '[role="tree"]')
    return Figures("trace", first, _key_p95(page, "j"), _heap_mb(session), float(frames))


def _click_on_large_chart(page: Page, run: str) -> float:
    """From the click on a run's charts to its curve: the question, its answer and the drawing."""
    page.goto(f"/runs/{run}?tab=overview&metric=loss")
    page.get_by_role("tab", name="Charts").wait_for()
    page.evaluate(
        "() => { window.drawn = new Promise((done) => { const begun = performance.now();"
        " new MutationObserver((_, self) => { if (document.querySelector('figure .u-wrap canvas'))"
        " { self.disconnect(); requestAnimationFrame(() => done(performance.now() - begun)); } })"
        ".observe(document.body, {childList: true, subtree: true});"
        " [...document.querySelectorAll('[role=tab]')].find((tab) =>"
        " tab.textContent.includes('Charts')).click(); }); }"
    )
    return float(page.evaluate("window.drawn"))
