"""What comes in is seen without asking: lists, a trace and a run that go on, a server that was
away."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.e2e.web.conftest import signed_in
from tests.support import otlp
from tests.support.runs import begin_run, log_line, points, reading
from tests.support.server import Server

# What comes before a stream has looked once is asked for: it lies behind what is shown.
FIRST_LOOK_MS = 1500


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("live")) as started:
        send(started, otlp.span(1, name="the first", start=time.time_ns()))
        started.settle()
        yield started


@pytest.fixture(scope="module")
def owner(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    yield from signed_in(browser, server)


@pytest.fixture
def page(owner: BrowserContext) -> Iterator[Page]:
    page = owner.new_page()
    yield page
    page.close()


def send(server: Server, *spans: Any) -> None:
    body = otlp.traces(*spans).SerializeToString()
    assert server.post("traces", body).status_code == 200


def asked_of(page: Page, pattern: str) -> list[str]:
    """The addresses that the page asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if re.search(pattern, request.url):
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_the_list_shows_what_arrives_and_asks_for_nothing_again(page: Page, server: Server) -> None:
    page.goto("/traces")
    expect(page.get_by_role("listitem").filter(has_text="the first")).to_be_visible()
    asked = asked_of(page, r"/v1/traces(\?|$)")
    now = time.time_ns()
    send(server, otlp.span(2, name="the second", start=now, duration=-1))
    second = page.get_by_role("listitem").filter(has_text="the second")
    expect(second).to_be_visible()
    expect(page.get_by_role("listitem").first).to_contain_text("the second")
    send(server, otlp.span(2, name="the second, ended", start=now, duration=5))
    expect(page.get_by_role("listitem").filter(has_text="the second, ended")).to_be_visible()
    assert asked == []


def test_a_hidden_tab_lets_its_stream_go_and_goes_on_behind_what_it_saw(
    page: Page, server: Server
) -> None:
    page.goto("/traces")
    with page.expect_request(re.compile("/v1/traces/live")):
        page.reload()
    send(server, otlp.span(3, name="seen", start=time.time_ns()))
    expect(page.get_by_role("listitem").filter(has_text="seen")).to_be_visible()
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', {value: hidden, configurable:"
    hide += " true}); document.dispatchEvent(new Event('visibilitychange')); }"
    with page.expect_event("requestfailed", lambda r: "/v1/traces/live" in r.url):
        page.evaluate(hide, True)
    send(server, otlp.span(4, name="missed", start=time.time_ns()))
    server.settle()
    with page.expect_request(re.compile("/v1/traces/live")) as taken_up:
        page.evaluate(hide, False)
    assert taken_up.value.headers["last-event-id"]
    expect(page.get_by_role("listitem").filter(has_text="missed")).to_be_visible()


def test_a_running_trace_grows_by_its_new_spans_alone(page: Page, server: Server) -> None:
    now = time.time_ns()
    send(server, otlp.span(5, 1, name="an agent", start=now, duration=-1))
    server.settle()
    page.goto(f"/traces/{5:032x}")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    asked = asked_of(page, "/outline")
    send(server, otlp.span(5, 2, parent=1, name="a tool", start=now + 10**6, duration=-1))
    expect(page.get_by_role("treeitem").filter(has_text="a tool")).to_be_visible()
    assert asked == []
    ends = {"start": now, "duration": 10**9}
    send(
        server,
        otlp.span(5, 1, name="an agent", **ends),
        otlp.span(5, 2, parent=1, name="a tool", **ends),
    )
    expect(page.get_by_text("ended").first).to_be_visible()


def test_a_running_run_draws_and_prints_what_comes(page: Page, server: Server) -> None:
    run = begin_run(server, "learns")
    server.post("metrics", points(run, "loss", {0: 3.0, 1: 2.5}))
    log_line(server, run, 0, "step 0")
    server.settle()
    page.goto("/runs")
    row = page.get_by_role("row").filter(has_text="learns")
    expect(row).to_contain_text("2.5")
    server.post("metrics", points(run, "loss", {2: 2.25}))
    expect(row).to_contain_text("2.25")
    page.goto(f"/runs/{run}")
    chart = page.get_by_role("figure").filter(has_text="loss")
    expect(chart).to_contain_text("2.25")
    page.wait_for_timeout(FIRST_LOOK_MS)
    asked = asked_of(page, "/history")
    server.post("metrics", points(run, "loss", {3: 1.125}))
    expect(chart).to_contain_text("1.125")
    assert asked == []
    page.get_by_role("tab", name="Console").click()
    expect(page.get_by_role("log")).to_contain_text("step 0")
    log_line(server, run, 1, "step 1")
    expect(page.get_by_role("log")).to_contain_text("step 1")


def test_a_long_curve_and_the_machine_are_told_and_not_asked_for_again(
    page: Page, server: Server
) -> None:
    run = begin_run(server, "long")
    server.post("metrics", points(run, "loss", dict.fromkeys(range(1200), 3.0)))
    server.post("metrics", reading(run, "cpu", 11.0))
    server.settle()
    page.goto(f"/runs/{run}")
    chart = page.get_by_role("figure").filter(has_text="loss")
    expect(chart).to_contain_text("3")
    page.wait_for_timeout(FIRST_LOOK_MS)
    asked = asked_of(page, "/history|/system")
    server.post("metrics", points(run, "loss", {1200: 1.125, 1201: 0.625}))
    expect(chart).to_contain_text("0.875")  # both are in the bucket that goes on
    assert asked == []
    page.get_by_role("tab", name="System").click()
    machine = page.get_by_role("figure").filter(has_text="cpu")
    expect(machine).to_contain_text("11")
    page.wait_for_timeout(FIRST_LOOK_MS)
    asked.clear()
    server.post("metrics", reading(run, "cpu", 55.5))
    expect(machine).to_contain_text("55.5")
    assert asked == []


def test_all_runs_of_a_comparison_go_on_by_one_stream(page: Page, server: Server) -> None:
    runs = [begin_run(server, f"side by side {number}") for number in range(5)]
    for number, run in enumerate(runs):
        server.post("metrics", points(run, "loss", {0: 9.0, 1: 9.5 + number}))
    server.settle()
    streams = asked_of(page, "/live")
    page.goto(f"/compare?runs={','.join(runs)}")
    chart = page.get_by_role("figure").filter(has_text="loss")
    expect(chart).to_contain_text("13.5")
    page.wait_for_timeout(FIRST_LOOK_MS)
    asked = asked_of(page, "/history|/v1/compare[?]")
    for number, run in enumerate(runs):
        server.post("metrics", points(run, "loss", {2: 100.5 + number}))
    for number in range(5):
        expect(chart).to_contain_text(f"{100.5 + number}")
    server.client.patch(
        f"{server.http}/v1/runs/{runs[4]}", json={"status": "failed"}, headers=server.headers
    )
    expect(page.locator(".top").get_by_title("failed")).to_be_visible()
    assert asked == []
    assert len([url for url in streams if "/v1/compare/live" in url]) == 1
    assert not [url for url in streams if "/v1/runs/" in url]


def test_a_server_that_starts_again_is_found_again(page: Page, server: Server) -> None:
    page.goto("/traces")
    expect(page.get_by_role("listitem").filter(has_text="the first")).to_be_visible()
    assert server.stop() == 0
    server.start(**server.ports)
    send(server, otlp.span(6, name="after the restart", start=time.time_ns()))
    found = page.get_by_role("listitem").filter(has_text="after the restart")
    expect(found).to_be_visible(timeout=20_000)
