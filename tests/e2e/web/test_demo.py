"""What a newcomer finds out from the pages of `make demo`, with nothing but the link it prints."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, expect

from docs.screenshots import FOLDER, SHOTS, sign_in, take
from examples._demo.questions import QUESTIONS
from examples._demo.server import Server
from tests.e2e.web.conftest import watch

ROOT = Path(__file__).parents[3]
RUN, TRACE, VARIANT, COST, CLAUDE = range(5)
FIRST_MS = 20_000  # a machine may have other things to do while a page is first shown

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    """A demo as a person runs it, known by what it prints."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "examples/demo.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "until Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        link = re.search(r"(http://\S+)/auth/link\?token=\S+", said)
        key = re.search(r"x-api-key: (\S+)'", said)
        assert link
        assert key
        assert all(f"{link[1]}{question.page}\n" in said for question in QUESTIONS)
        yield Server(link[1], "", key[1], sign_in_link=link[0])
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, demo: Server) -> StorageState:
    return sign_in(browser, demo)


@pytest.fixture
def page(browser: Browser, demo: Server, signed_in: StorageState) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(base_url=demo.http, storage_state=signed_in)
    page = context.new_page()
    watch(page, demo.http, complaints)
    yield page
    context.close()
    assert not complaints


def test_which_run_is_best_and_why(page: Page) -> None:
    page.goto(QUESTIONS[RUN].page)
    table = page.get_by_role("table", name="Runs")
    best = table.get_by_role("row").nth(1)
    expect(best).to_contain_text("lr-0.001", timeout=FIRST_MS)
    expect(table.get_by_role("row").last).to_contain_text("lr-0.1")
    for name in ("lr-0.001", "lr-0.0001"):
        page.get_by_role("checkbox", name=f"Pick {name}", exact=True).check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_role("figure").filter(has_text="eval/loss")).to_contain_text("lr-0.0001")
    why = page.get_by_role("row", name=re.compile("^lr config"))
    expect(why.get_by_role("cell")).to_have_text(["0.001", "0.0001"])
    by_how_much = page.get_by_role("row", name=re.compile("^eval.loss last value"))
    expect(by_how_much.get_by_role("cell")).to_have_text([re.compile(r"1\.6"), re.compile(r"2\.0")])


def test_where_the_failing_trace_broke(page: Page) -> None:
    page.goto(QUESTIONS[TRACE].page)
    newest = page.get_by_role("listitem").filter(has_text="POST /chat").first
    expect(newest).to_contain_text("12 errors", timeout=FIRST_MS)
    newest.click()
    expect(page.get_by_role("treeitem").first).to_contain_text("POST /chat", timeout=FIRST_MS)
    panel = page.get_by_role("complementary", name="The span")
    for name in (
        "POST /chat",
        "invoke_agent support",
        "payments.refund",
        "POST /v1/refunds",
        "ledger.begin",
        "pool.acquire",
    ):
        page.keyboard.press("e")
        expect(panel).to_contain_text(name)
    expect(panel).to_contain_text("QueuePool limit of size 5 overflow 10 reached")


def test_which_variant_wins_and_how_sure_that_is(page: Page) -> None:
    page.goto(QUESTIONS[VARIANT].page)
    verdict = page.get_by_text("beside control:")
    expect(verdict).to_contain_text(
        re.compile("better in failures.*; worse in cost"), timeout=FIRST_MS
    )
    sure = re.compile(
        r"verify-first is better: \d+(\.\d)?% lower than control, and chance alone would show as "
        r"much in (fewer than 1|\d+) of 1,000 cases"
    )
    expect(page.get_by_text(sure).first).to_be_visible()


def test_what_last_week_cost(page: Page, demo: Server) -> None:
    page.goto(QUESTIONS[COST].page)
    told = page.locator("dt", has_text="Cost").locator("xpath=following-sibling::dd").first
    total = demo.get("/v1/usage")["total"]
    assert not total["unpriced"]
    expect(told).to_have_text(f"${total['cost_usd']:.2f}", timeout=FIRST_MS)
    dearest = page.get_by_role("row").nth(1)
    expect(dearest).to_contain_text("claude-sonnet-4-5")


def test_what_claude_code_did_about_it(page: Page) -> None:
    page.goto(QUESTIONS[CLAUDE].page)
    page.get_by_role("listitem").filter(has_text="Refunds fail").click()
    expect(page.get_by_role("treeitem").first).to_be_visible(timeout=FIRST_MS)
    page.keyboard.press("3")
    conversation = page.get_by_role("group", name="Conversation")
    expect(conversation).to_contain_text("Find out why")
    conversation.evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(conversation).to_contain_text("left a connection open for every retry")


def test_the_pictures_of_the_documentation_can_be_taken(
    browser: Browser, demo: Server, signed_in: StorageState, tmp_path: Path
) -> None:
    sizes = take(browser, signed_in, demo, SHOTS, tmp_path)
    assert list(sizes) == [shot.name for shot in SHOTS]
    assert sum(sizes.values()) < 1_000_000
    for shot in SHOTS:
        with Image.open(tmp_path / f"{shot.name}.png") as picture:
            assert picture.size == ((780, 1688) if shot.phone else (1440, 900))
            assert len(picture.getcolors() or ()) > 20, f"{shot.name} shows nothing"


def test_every_picture_is_explained() -> None:
    told = (ROOT / "docs/ui.md").read_text()
    shown = re.findall(r"\]\(images/([\w-]+)\.png\)", told)
    assert sorted(shown) == sorted(shot.name for shot in SHOTS)
    assert sorted(path.stem for path in FOLDER.glob("*.png")) == sorted(shown)
