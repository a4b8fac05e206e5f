"""Prompts, datasets, scores and SQL, as somebody sees and uses them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from tests.e2e.web import library
from tests.support.server import Server

PROMPT = f"/prompts/{quote(library.PROMPT, safe='')}"


def test_a_prompt_shows_its_versions_what_changed_and_where_it_is_used(page: Page) -> None:
    page.goto("/prompts")
    row = page.get_by_role("listitem").filter(has_text=library.PROMPT)
    expect(row).to_contain_text("production v2")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(library.PROMPT)
    expect(page.get_by_role("article")).to_contain_text("in one sentence")
    expect(page.get_by_text("takes shop, question")).to_be_visible()
    expect(page.get_by_role("region", name="Where it is used")).to_contain_text("version 3")
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("version=3"))
    page.keyboard.press("d")
    diff = page.get_by_role("group", name="What changed from version 2 to version 3")
    expect(diff).to_contain_text("Be kind, be brief.")
    page.go_back()
    expect(diff).to_have_count(0)


def test_a_label_moves_and_a_new_version_is_written(page: Page) -> None:
    page.goto("/prompts")
    page.get_by_role("button", name="New prompt").click()
    dialog = page.get_by_role("dialog", name="New prompt")
    dialog.get_by_label("Name").fill("made here/greeting")
    dialog.get_by_label("Text", exact=True).fill("Hello {{name}}")
    dialog.get_by_label("Labels (optional)").fill("staging")
    dialog.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("made here/greeting")

    page.get_by_role("button", name="New version").click()
    dialog = page.get_by_role("dialog", name="New version of made here/greeting")
    dialog.get_by_label("Text", exact=True).fill("Good day, {{name}}")
    dialog.get_by_role("button", name="Save as a new version").click()
    versions = page.get_by_role("navigation", name="Versions")
    expect(versions.get_by_role("button").first).to_contain_text("v2")
    expect(versions.get_by_role("button").last).to_contain_text("staging")
    page.get_by_role("button", name="staging from v1").click()
    expect(versions.get_by_role("button").first).to_contain_text("staging")
    expect(versions.get_by_role("button").last).not_to_contain_text("staging")
    page.get_by_label("Another label").fill("eu")
    page.keyboard.press("Enter")
    expect(versions.get_by_role("button").first).to_contain_text("eu")

    page.get_by_role("button", name="Take eu off version 2").click()
    expect(versions.get_by_role("button").first).not_to_contain_text("eu")


def test_production_is_taken_off_only_by_who_means_it(
    owner: BrowserContext, filled: Server
) -> None:
    filled.client.post(
        f"{filled.http}/v1/prompts",
        json={"name": "leaves production", "prompt": "Hi", "labels": ["production"]},
        headers=filled.headers,
    )
    page = owner.new_page()  # one that may be asked
    answers = [False, True]
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if answers.pop(0):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    page.goto("/prompts/leaves%20production")
    versions = page.get_by_role("navigation", name="Versions")
    off = page.get_by_role("button", name="Take production off version 1")
    off.click()
    expect(versions).to_contain_text("production")
    off.click()
    expect(versions).not_to_contain_text("production")
    expect(off).to_have_count(0)
    assert all("leaves production" in message for message in asked)
    page.close()


def test_a_dataset_shows_its_items_and_its_runs_item_by_item(page: Page) -> None:
    page.goto("/datasets")
    page.get_by_role("link", name=re.compile(library.DATASET)).click()
    expect(page.get_by_text("8 items, the newest first")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Delete my account, please.")
    expect(page).to_have_url(re.compile("item="))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("tab", name="Runs, compared").click()
    numbers = page.get_by_role("region", name="The runs in numbers")
    expect(numbers.get_by_role("row").nth(1)).to_contain_text("others are compared to it")
    expect(numbers.get_by_role("row").nth(1)).to_contain_text("gpt-4o-mini")
    expect(numbers).to_contain_text("kind 100%")
    items = page.get_by_role("table", name="Item by item")
    failed = items.get_by_role("row").filter(has_text="rate limited")
    expect(failed).to_contain_text("▲ better")
    page.get_by_label("Items that are shown").select_option("failed")
    expect(items.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(items.get_by_role("row")).to_have_count(2)
    page.get_by_role("checkbox", name=re.compile("^gpt-4o-mini")).uncheck()
    expect(page.get_by_role("heading", name="No item is like that")).to_be_visible()
    page.get_by_role("button", name="Show all items").click()
    items.get_by_role("link", name=re.compile("^The trace of")).first.click()
    expect(page.get_by_role("treeitem").first).to_contain_text("evaluate")


def test_scores_are_filtered_and_lead_to_what_was_judged(page: Page) -> None:
    page.goto("/scores")
    rows = page.get_by_role("list", name="Scores").get_by_role("listitem")
    expect(rows.first).to_be_visible()
    page.get_by_label("Name of the score").fill("closeness")
    page.keyboard.press("Enter")
    page.get_by_label("Greatest value").fill("0.3")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"name=closeness.*max_value=0\.3"))
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("0.2")
    expect(rows.first).to_contain_text("does not answer")
    page.get_by_label("Kind of value").select_option("boolean")
    expect(page.get_by_role("heading", name="No score is like that")).to_be_visible()
    page.get_by_role("button", name="Clear them all").click()
    page.goto("/scores?name=correct&project=shop-evals")
    expect(rows.first).to_contain_text("true")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("treeitem").first).to_contain_text("evaluate")


def test_a_query_is_written_with_completion_run_drawn_and_downloaded(
    page: Page, tmp_path: Path
) -> None:
    page.goto("/sql")
    editor = page.get_by_role("textbox", name="Query")
    expect(editor).to_be_focused()
    page.keyboard.type("SELECT serv")
    expect(page.get_by_role("option", name=re.compile("^service")).first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT name, count() AS times FROM spa")
    expect(page.get_by_role("option", name=re.compile("^spans")).first).to_be_visible()
    page.wait_for_timeout(150)  # what just came up is not taken for what was meant
    page.keyboard.press("Enter")
    page.keyboard.type(" GROUP BY name ORDER BY times DESC")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    result = page.get_by_role("table", name="Result")
    expect(result.get_by_role("columnheader", name="times")).to_be_visible()
    expect(result.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\d"))
    expect(page).to_have_url(re.compile("query=SELECT"))
    with page.expect_download() as started:
        page.get_by_role("button", name="CSV").click()
    started.value.save_as(tmp_path / "query.csv")
    assert (tmp_path / "query.csv").read_text().splitlines()[0] == '"name","times"'
    page.get_by_role("button", name="Chart").click()
    expect(page.get_by_role("list", name="times by name")).to_contain_text("POST /chat")
    page.reload()
    expect(page.get_by_role("list", name="times by name")).to_contain_text("POST /chat")

    page.get_by_role("button", name="Saved", exact=True).click()
    page.get_by_label("Name of the query").fill("spans by name")
    page.keyboard.press("Enter")
    saved = page.get_by_role("button", name=re.compile("^spans by name"))
    expect(saved).to_be_visible()
    page.goto("/sql?side=saved")
    saved.click()
    expect(result.get_by_role("columnheader", name="times")).to_be_visible()


def test_every_example_is_answered_and_a_time_is_drawn_as_lines(page: Page) -> None:
    page.goto("/sql")
    examples = page.locator(".examples button")
    expect(examples.first).to_be_visible()
    for place in range(examples.count()):
        page.goto("/sql")
        examples.nth(place).click()
        expect(page.get_by_text(re.compile(r"^\d+ rows? in"))).to_be_visible()
    page.get_by_role("button", name="Chart").click()
    expect(page.locator(".u-wrap canvas").first).to_be_visible()


def test_an_error_is_shown_where_it_is(owner: BrowserContext) -> None:
    page = owner.new_page()
    answers: list[str] = []

    def comes_last(route: Route) -> None:
        expect(page.get_by_role("alert")).to_be_visible()
        answers.append(route.request.url)
        route.continue_()

    page.route("**/assets/editor-*.js", comes_last)
    page.goto("/sql?query=" + quote("SELECT name,\n  nam FROM spans"))
    expect(page.get_by_role("alert")).to_contain_text("nam")
    expect(page.locator(".wrong")).to_have_text("nam")
    assert len(answers) == 1
    page.get_by_role("textbox", name="Query").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("DROP TABLE spans")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Run")).click()
    expect(page.get_by_role("alert")).to_contain_text("Only SELECT is answered here")
    page.close()
