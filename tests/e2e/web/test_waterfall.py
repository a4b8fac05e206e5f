"""The waterfall's time: an overview of the whole trace, and a closer look at a part of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import otlp
from tests.support.server import Server

TRACE = 0x0FA11
SECOND = 1_000_000_000
_REDDISH = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const columns = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] > 200 && data[at] > data[at + 1] + 70) columns.add((at / 4) % canvas.width);
  return [...columns].map((one) => one / canvas.width);
}"""
_A_PIXEL = '(canvas) => [...canvas.getContext("2d").getImageData(40, 5, 1, 1).data]'


@pytest.fixture(scope="module")
def broken(filled: Server) -> str:
    """A trace of 10 s, whose model is called at 6 s over a connection that is refused."""
    root = otlp.span(TRACE, 1, name="answer", duration=10 * SECOND)
    start = root.start_time_unix_nano

    def child(number: int, parent: int, name: str, at: float, lasts: float, **more: Any) -> Any:
        return otlp.span(
            TRACE,
            number,
            parent=parent,
            name=name,
            start=start + int(at * SECOND),
            duration=int(lasts * SECOND),
            **more,
        )

    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    http = {"http.request.method": "POST"}
    failed = {"code": 2, "message": "connection refused"}
    spans = [
        root,
        child(2, 1, "chat early", 0, 2, attributes=chat),
        child(3, 2, "POST well", 0, 2, attributes=http, kind=3),
        child(4, 1, "chat late", 6, 2, attributes=chat),
        child(5, 4, "POST refused", 6, 1, attributes=http, kind=3, status=failed),
    ]
    assert filled.post("traces", otlp.traces(*spans).SerializeToString()).status_code == 200
    filled.settle()
    return f"/traces/{TRACE:032x}"


@pytest.fixture
def strip(page: Page, broken: str) -> Locator:
    page.goto(broken)
    return page.get_by_role("region", name="Overview").locator(".strip")


def drag(page: Page, strip: Locator, begin: float, end: float, *keys: str) -> None:
    """Over the strip, from one share of its width to another."""
    box = strip.bounding_box()
    assert box
    x = [box["x"] + box["width"] * share for share in (begin, (begin + end) / 2, end)]
    y = box["y"] + box["height"] / 3
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(x[0], y)
    page.mouse.down()
    page.mouse.move(x[1], y)
    page.mouse.move(x[2], y)
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def zoom(page: Page) -> tuple[float, float]:
    """What the address says is shown, in seconds."""
    expect(page).to_have_url(re.compile(r"[?&]zoom=\d"))
    found = re.search(r"zoom=([\d.]+)-([\d.]+)", page.url)
    assert found
    return float(found[1]) / 1000, float(found[2]) / 1000


def test_a_drag_over_the_overview_looks_closer_and_back_shows_all(
    page: Page, strip: Locator
) -> None:
    expect(strip.get_by_role("img")).to_have_accessible_name("5 spans over 10.0 s, 1 failed")
    drag(page, strip, 0.5, 0.9)
    begin, end = zoom(page)
    assert (begin, end) == (pytest.approx(5, abs=0.1), pytest.approx(9, abs=0.1))
    early = page.get_by_role("treeitem").filter(has_text="chat early")
    expect(early.get_by_title("Earlier than what is shown")).to_be_visible()
    late = page.get_by_role("treeitem").filter(has_text="chat late")
    expect(late.locator(".bar")).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile(r"[34]\.\d+ s of 10\.0 s"))).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(re.compile("zoom="))
    expect(early.locator(".bar")).to_be_visible()


def test_edges_are_dragged_and_all_of_it_moves_with_shift(page: Page, strip: Locator) -> None:
    drag(page, strip, 0.2, 0.6)
    assert zoom(page) == (pytest.approx(2, abs=0.1), pytest.approx(6, abs=0.1))
    drag(page, strip, 0.6, 0.8)  # the edge
    expect(page).to_have_url(re.compile(r"zoom=\d+(\.\d+)?-(79|80)"))
    drag(page, strip, 0.3, 0.4, "Shift")
    expect(page).to_have_url(re.compile(r"zoom=(29|30)"))
    assert zoom(page) == (pytest.approx(3, abs=0.1), pytest.approx(9, abs=0.1))
    strip.dblclick(position={"x": 300, "y": 10})
    expect(page).not_to_have_url(re.compile("zoom="))


def test_keys_and_the_wheel_zoom_and_move(page: Page, strip: Locator) -> None:
    expect(strip).to_be_visible()
    page.keyboard.press("+")
    page.keyboard.press("+")
    begin, end = zoom(page)
    assert end - begin == pytest.approx(10 / 1.6**2, abs=0.1)
    page.keyboard.press("d")
    expect(page).not_to_have_url(re.compile(f"zoom={begin * 1000:.0f}"))
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile("zoom="))
    page.get_by_role("slider", name="Begin of what is shown").focus()
    page.keyboard.press("PageUp")
    assert zoom(page) == (pytest.approx(1, abs=0.01), 10)
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("zoom="))
    page.get_by_role("treeitem").filter(has_text="chat late").hover()
    box = strip.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 8)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    begin, end = zoom(page)
    assert begin < 7 < end
    assert end - begin < 7
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Zoom to the span")


def test_the_request_that_failed_is_seen_and_marked_where_it_failed(
    page: Page, strip: Locator
) -> None:
    rows = page.get_by_role("treeitem")
    expect(rows.filter(has_text="POST refused")).to_be_visible()
    expect(rows.filter(has_text="POST well")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.get_by_role("complementary", name="The span")).to_contain_text("connection refused")
    page.keyboard.press("f")
    begin, end = zoom(page)
    assert (begin, end) == (pytest.approx(5.9, abs=0.01), pytest.approx(7.1, abs=0.01))
    red = strip.locator("canvas").evaluate(_REDDISH)
    assert min(red) == pytest.approx(0.6, abs=0.01)
    assert max(red) == pytest.approx(0.7, abs=0.01)


def test_the_overview_follows_the_theme_and_its_place(page: Page, strip: Locator) -> None:
    canvas = strip.locator("canvas")
    page.emulate_media(color_scheme="light")
    expect(canvas).to_be_visible()
    light = canvas.evaluate(_A_PIXEL)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    assert light != canvas.evaluate(_A_PIXEL)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    wide, drawn = canvas.evaluate("(one) => [one.clientWidth * devicePixelRatio, one.width]")
    assert drawn == pytest.approx(wide, abs=1)
    assert drawn < 390
