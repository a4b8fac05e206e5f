"""What a run logs beside scalars, on its Media tab: histograms over steps, and tables."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.web.test_hostile_data import CORPUS
from tests.support import otlp
from tests.support.runs import begin_run
from tests.support.server import Server


def log_value(server: Server, run: str, key: str, step: int, value: Any) -> None:
    attributes = otlp.key_values(
        {"tracehouse.run.id": run, "tracehouse.key": key, "tracehouse.step": step}
    )
    body = otlp.logs(json.dumps(value), event_name="tracehouse.run.value", attributes=attributes)
    assert server.post("logs", body.SerializeToString()).status_code == 200


def keep(server: Server, content: bytes, mime: str, caption: str) -> dict[str, Any]:
    """A file in the blob store, as a cell refers to it."""
    sha256 = hashlib.sha256(content).hexdigest()
    kept = server.client.put(
        f"{server.http}/v1/blobs/{sha256}", content=content, headers=server.headers
    )
    assert kept.status_code == 201
    return {"type": "image", "sha256": sha256, "mime": mime, "caption": caption}


@pytest.fixture(scope="module")
def run(filled: Server) -> str:
    run = begin_run(filled, "logs all sorts")
    for step in range(6):
        counts = [float(max(0, 9 - abs(at - 3 - step))) for at in range(16)]
        bins = [at / 4 for at in range(17)]
        histogram = {"_type": "histogram", "counts": counts, "bins": bins}
        log_value(filled, run, "gradients/layer0", step * 10, histogram)
    file = io.BytesIO()
    Image.new("RGB", (24, 16), (10, 120, 140)).save(file, format="png")
    picture = keep(filled, file.getvalue(), "image/png", "a sample")
    rows = [[number, f"answer {number}", picture, number / 7] for number in range(500)]
    table = {"_type": "table", "columns": ["id", "said", "drawn", "score"], "data": rows}
    log_value(filled, run, "samples", 50, table)
    log_value(filled, run, "notes", 0, {"_type": "markdown", "text": "## What it *means*"})
    log_value(filled, run, "shape", 0, {"layers": [1, 2, 3]})
    filled.settle()
    return run


def test_a_histogram_is_drawn_at_each_step(page: Page, run: str) -> None:
    page.goto(f"/runs/{run}?tab=media")
    card = page.get_by_role("region", name="gradients/layer0")
    bars = card.get_by_role("img", name="gradients/layer0 at step 50: ")
    expect(bars).to_be_visible()
    expect(bars.locator("rect")).to_have_count(16)
    expect(card.get_by_role("img", name="over 6 steps, from 0 to 4")).to_be_visible()
    slider = card.get_by_role("slider", name="Step of gradients/layer0")
    slider.focus()
    page.keyboard.press("Home")
    expect(card.get_by_role("img", name="at step 0: ")).to_be_visible()
    assert "at=gradients%252Flayer0%400" in page.url
    page.reload()
    expect(card.get_by_role("img", name="at step 0: ")).to_be_visible()
    box = card.get_by_role("img", name="over 6 steps").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    expect(card.get_by_role("img", name="at step 10: ")).to_be_visible()


def test_a_table_is_sorted_searched_read_and_saved(page: Page, run: str, tmp_path: Path) -> None:
    page.goto(f"/runs/{run}?tab=media")
    table = page.get_by_role("table", name="samples")
    expect(table).to_have_attribute("aria-rowcount", "501")
    rows = table.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("answer 0")
    assert rows.count() < 60, "only what is in sight is there"
    expect(rows.nth(1).get_by_role("img", name="a sample")).to_be_visible()
    sorts = table.get_by_role("columnheader", name="score")
    sorts.get_by_role("button").click()
    expect(sorts).to_have_attribute("aria-sort", "ascending")
    sorts.get_by_role("button").click()
    expect(rows.nth(1)).to_contain_text("answer 499")
    page.get_by_role("searchbox", name="Find in samples").fill("ANSWER 49")
    expect(page.get_by_text("11 of 500 rows")).to_be_visible()
    page.reload()
    expect(rows.nth(1)).to_contain_text("answer 499")
    expect(table).to_have_attribute("aria-rowcount", "12")
    page.get_by_role("button", name="Row 500, whole").click()
    expect(page.get_by_label("Row 500", exact=True)).to_contain_text("answer 499")
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").click()
    saving.value.save_as(tmp_path / "samples.csv")
    lines = (tmp_path / "samples.csv").read_text().split("\n")
    assert (lines[0], lines[1][:26], len(lines)) == (
        "id,said,drawn,score", "499,answer 499,a sample,71", 12
    )  # fmt: skip


def test_other_values_are_shown_as_what_they_are(page: Page, run: str) -> None:
    page.goto(f"/runs/{run}?tab=media")
    notes, shape = (page.get_by_role("region", name=name) for name in ("notes", "shape"))
    notes.scroll_into_view_if_needed()  # what is out of sight is not asked for
    expect(notes.locator("em")).to_have_text("means")
    shape.scroll_into_view_if_needed()
    expect(shape).to_contain_text("layers")


def test_markup_in_a_table_is_text(page: Page, filled: Server) -> None:
    run = begin_run(filled, "hostile values")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(8)</script></svg>'
    bad_file = keep(filled, svg, "image/svg+xml", CORPUS[1])
    rows = [[text, {"inside": text}, bad_file] for text in CORPUS]
    columns = [CORPUS[0], CORPUS[1], "file"]
    log_value(filled, run, CORPUS[1], 1, {"_type": "table", "columns": columns, "data": rows})
    log_value(filled, run, CORPUS[0], 1, {"_type": "markdown", "text": "\n\n".join(CORPUS)})
    log_value(filled, run, CORPUS[2], 1, {"_type": "histogram", "counts": [CORPUS[1]], "bins": [0]})
    log_value(filled, run, "chart", 1, {
        "_type": "chart", "title": CORPUS[1], "table": {"columns": ["a"], "data": [[CORPUS[2]]]},
    })  # fmt: skip
    log_value(filled, run, "odd", 1, {"_type": CORPUS[0], "figure": CORPUS[1]})
    filled.settle()
    page.goto(f"/runs/{run}?tab=media")
    for card in page.get_by_role("region").all():
        card.scroll_into_view_if_needed()
        expect(card.get_by_role("status", name="Loading")).to_have_count(0)
    table = page.get_by_role("table", name=CORPUS[1])
    for text in CORPUS[:4]:
        expect(table).to_contain_text(text)
    page.get_by_role("button", name="Row 1, whole").first.click()
    expect(page.get_by_text("This is no histogram")).to_be_visible()
    expect(table.get_by_role("link", name="Download <img").first).to_be_visible()
    expect(page.locator("main").locator("iframe, script, img[src='x'], svg[onload]")).to_have_count(
        0
    )
    # `page` fails the test when a dialog opens or anything is loaded from elsewhere.
