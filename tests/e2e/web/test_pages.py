"""What somebody sees and does in the web UI, in a real Chromium against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.web.conftest import watch
from tests.support import otlp
from tests.support.server import Server

AXE = Path(__file__).parents[3] / "ui_api/web/node_modules/axe-core/axe.min.js"


def test_somebody_unknown_is_asked_to_sign_in(browser: Browser, filled: Server) -> None:
    page = browser.new_page(base_url=filled.http)
    page.goto("/auth/link?token=spent")
    expect(page.get_by_role("alert")).to_contain_text("followed before")
    page.goto("/runs")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.close()


def test_an_empty_workspace_shows_first_steps_and_turns_into_data_by_itself(
    browser: Browser, empty: Server
) -> None:
    complaints: list[str] = []
    page = browser.new_page(base_url=empty.http)
    watch(page, empty.http, complaints)
    page.goto(empty.sign_in_link)
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    page.get_by_role("tab", name="I have OpenTelemetry").click()
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("pre")).to_contain_text(re.compile(r"x-api-key=ba_\w{20,}"))
    key = re.search(r"ba_\w+", page.locator("pre").inner_text())
    assert key
    empty.planted.add(key[0])
    sent = empty.client.post(
        f"{empty.http}/v1/traces",
        content=otlp.traces(otlp.span(name="the first")).SerializeToString(),
        headers={"x-api-key": key[0], "content-type": "application/x-protobuf"},
    )
    assert sent.status_code == 200
    expect(page.get_by_role("listitem").filter(has_text="the first")).to_be_visible(timeout=8000)
    page.close()
    assert not complaints


def test_traces_are_listed_filtered_and_the_address_holds_the_view(page: Page) -> None:
    page.goto("/traces?project=shop")
    expect(page.get_by_role("listitem").filter(has_text="POST /chat").first).to_be_visible()
    page.get_by_label("Status").select_option("error")
    expect(page).to_have_url(re.compile(r"status=error"))
    failed = page.get_by_role("listitem").filter(has_text=re.compile(r"\d errors"))
    expect(failed.first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Text in names").fill("no span says this")
    expect(page.get_by_role("heading", name="No trace is like that")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Status")).to_have_value("")


def test_in_the_first_second_a_letter_is_a_key_of_the_page(page: Page) -> None:
    page.goto("/traces")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.evaluate("""() => {
        const key = new KeyboardEvent("keydown", { key: "e", bubbles: true });
        Object.defineProperty(key, "timeStamp", { value: 100 });
        document.body.dispatchEvent(key);
    }""")
    expect(page).to_have_url(re.compile(r"/traces\?status=error"))


def test_a_trace_is_read_by_keys_as_waterfall_and_conversation(page: Page) -> None:
    page.goto("/traces?status=error&service=support-agent")
    page.get_by_role("listitem").filter(has_text="POST /chat").first.click()
    expect(page.get_by_role("treeitem").first).to_contain_text("POST /chat")
    page.keyboard.press("e")
    page.keyboard.press("e")
    page.keyboard.press("e")
    expect(page.get_by_role("complementary", name="The span")).to_contain_text(
        "connection reset by peer"
    )
    page.get_by_role("treeitem").first.click()
    panel = page.get_by_role("complementary", name="The span")
    expect(panel).to_contain_text("no messages, arguments or results")
    page.keyboard.press("3")
    expect(page.get_by_role("group", name="Conversation")).to_contain_text(
        "You are the support agent"
    )
    expect(page.get_by_role("group", name="Conversation")).to_contain_text("calls")
    page.keyboard.press("1")
    expect(page.get_by_role("tree")).to_be_visible()


def test_two_traces_lie_side_by_side_and_say_where_they_differ(page: Page) -> None:
    page.goto("/traces?service=support-agent&status=error")
    page.get_by_role("listitem").filter(has_text="POST /chat").first.click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("dialog", name="Compare with").get_by_role("link").first.click()
    pairs = page.get_by_role("listbox", name="Spans of both traces").get_by_role("option")
    expect(pairs.first).to_contain_text("POST /chat")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("group", name="What the pair contains")).to_contain_text("chat")
    expect(page).to_have_url(re.compile(r"/diff/[0-9a-f]{32}\?.*pair="))
    page.keyboard.press("d")
    expect(page.get_by_label("only what differs")).to_be_checked()


def test_a_span_is_scored(page: Page, filled: Server) -> None:
    trace = filled.get("/v1/traces", service="support-agent").json()["traces"][0]["trace_id"]
    span = filled.get(f"/v1/traces/{trace}").json()["spans"][2]["span_id"]
    page.goto(f"/traces/{trace}?span={span}")
    panel = page.get_by_role("complementary", name="The span")
    panel.get_by_role("button", name="Score").click()
    page.get_by_label("What is judged").fill("warmth")
    page.get_by_label("Value").fill("0.75")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    filled.settle()
    (score,) = filled.get("/v1/scores", name="warmth").json()["scores"]
    assert (score["span_id"], score["value"]) == (span, 0.75)


def test_a_running_trace_moves_and_ends(page: Page, filled: Server) -> None:
    def send(**fields: int) -> None:
        spans = otlp.traces(otlp.span(0xA11E, 1, name="still at it", **fields))
        assert filled.post("traces", spans.SerializeToString()).status_code == 200

    send(duration=-1)
    filled.settle()
    page.goto(f"/traces/{0xA11E:032x}")
    expect(page.get_by_text("running").first).to_be_visible()
    send(duration=5_000_000)
    expect(page.get_by_text("ended").first).to_be_visible(timeout=8000)


def test_runs_are_sorted_compared_and_drawn(page: Page) -> None:
    page.goto("/runs")
    table = page.get_by_role("table", name="Runs")
    expect(table.get_by_role("link", name="grpo-policy")).to_be_visible()
    expect(table).to_contain_text("failed")
    page.get_by_role("checkbox", name="Pick sft-lr0.0003").check()
    page.get_by_role("checkbox", name="Pick sft-lr0.0001").check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_role("figure").filter(has_text="train/loss")).to_contain_text("sft-lr0.0001")
    expect(page.locator(".u-wrap canvas").first).to_be_visible()
    drawn = page.get_by_role("group", name="Parallel coordinates").locator("canvas")
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box
    page.mouse.move(box["x"] + 64, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, box["y"] + 90, steps=3)
    page.mouse.up()
    page.get_by_role("button", name=re.compile("1 left out")).click()


def test_a_chart_is_pinned_and_the_address_keeps_it(page: Page) -> None:
    page.goto("/runs?name=sft-lr0.0003")
    page.get_by_role("link", name="sft-lr0.0003").click()
    chart = page.get_by_role("figure").filter(has_text="train/lr")
    chart.hover()
    chart.get_by_role("button", name="train/lr, pinned").click()
    page.reload()
    expect(page.get_by_role("button", name="Pinned 1")).to_be_visible()
    expect(page.get_by_role("figure").first).to_contain_text("train/lr")


def test_a_run_shows_all_that_it_logged(page: Page) -> None:
    page.goto("/runs?name=sft-lr0.0003")
    page.get_by_role("link", name="sft-lr0.0003").click()
    chart = page.get_by_role("figure").filter(has_text="train/loss")
    expect(chart.locator("canvas")).to_be_visible()
    chart.scroll_into_view_if_needed()
    box = chart.locator(".u-over").bounding_box()
    assert box
    with page.expect_request(re.compile(r"history.*min_x=\d")):
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 140, box["y"] + 60, steps=4)
        page.mouse.up()
    page.get_by_role("button", name="Zoomed").click()
    for tab, shows in (
        ("Overview", "optimizer.name"), ("Media", "samples"), ("Console", "step 15"),
        ("Artifacts", "weights"), ("Model card", "sft-lr0.0003"),
    ):  # fmt: skip
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(shows).first).to_be_visible()
    page.get_by_role("tab", name="Media").click()
    expect(page.get_by_role("img", name="samples")).to_be_visible()


def test_a_rollout_opens_as_a_conversation(page: Page) -> None:
    page.goto("/runs?name=grpo")
    page.get_by_role("link", name="grpo-policy").click()
    page.get_by_role("tab", name="Rollouts").click()
    page.get_by_title("rollout step 7").first.click()
    expect(page.get_by_role("group", name="Conversation")).to_contain_text("What is 17 * 23?")


def test_an_experiment_says_who_wins_in_words(page: Page) -> None:
    page.goto("/experiments")
    page.get_by_role("link", name="answer-style").click()
    expect(page.get_by_text("Counted by")).to_be_visible()
    won = page.get_by_text(re.compile(r"terse is better: .* lower than baseline"))
    expect(won.first).to_be_visible()


def test_usage_and_sessions_tell_what_was_spent(page: Page) -> None:
    page.goto("/usage")
    expect(page.get_by_role("cell", name="claude-sonnet-4-5")).to_be_visible()
    page.goto("/sessions")
    page.get_by_role("link", name=re.compile("How do I change my address?.*chat-003")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How do I change my address?")
    page.get_by_role("link", name=re.compile("Please refund the second charge")).click()
    page.get_by_role("tab", name="Conversation").click()
    said = page.get_by_role("group", name="Conversation")
    expect(said.get_by_role("button", name=re.compile(r"^Assistant .* tokens"))).to_have_count(2)
    expect(said.get_by_role("button", name="Tool payments.refund")).to_be_visible()


def test_a_share_link_shows_one_trace_to_anybody_and_nothing_else(
    page: Page, browser: Browser, filled: Server
) -> None:
    page.goto("/traces?project=shop&service=support-agent")
    page.get_by_role("listitem").filter(has_text="POST /chat").first.click()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("dialog").locator("code").inner_text()
    filled.planted.add(link.rpartition("t=")[2])
    complaints: list[str] = []
    stranger = browser.new_page()
    watch(stranger, filled.http, complaints)
    stranger.goto(link)
    expect(stranger.get_by_role("treeitem").first).to_contain_text("POST /chat")
    stranger.get_by_role("treeitem").nth(2).click()
    expect(stranger.get_by_role("complementary", name="The span")).to_contain_text(
        "support agent of a small shop"
    )
    assert not complaints
    stranger.goto(link.rpartition("=")[0] + "=wrong")
    expect(stranger.get_by_role("heading", name="This link is no longer good")).to_be_visible()
    stranger.close()


def test_the_palette_and_the_keys_go_anywhere(page: Page) -> None:
    page.goto("/traces")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("usage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Usage and cost")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Pick the run")


def test_an_address_that_is_nothing_says_so_and_leads_on(owner: BrowserContext) -> None:
    page = owner.new_page()
    answer = page.goto("/nowhere/at/all")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Go to the traces").click()
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.goto("/experiments/nothing")
    page.get_by_role("link", name="All experiments").click()
    expect(page.get_by_role("link", name="answer-style")).to_be_visible()
    page.close()


def test_on_a_phone_the_runs_name_stays_and_what_they_are_sorted_by_is_beside_it(
    page: Page,
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/runs?sort=summary.train%2Floss")
    table = page.get_by_role("table", name="Runs")
    name = table.get_by_role("link", name="sft-lr0.0003")
    expect(table.get_by_role("columnheader").nth(2)).to_contain_text("train/loss")
    table.evaluate("table => table.scrollTo(table.scrollWidth, 0)")
    box = name.bounding_box()
    assert box
    assert box["x"] > 0


def test_a_phone_shows_all_of_it_without_sideways_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (
        "/traces", "/runs", "/experiments", "/experiments/answer-style", "/usage", "/sessions",
        "/profile", "/profile?tab=audit", "/datasets", "/scores", "/subjects", "/users", "/devices",
        "/forwarding", "/sql", "/first-steps",
    ):  # fmt: skip
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing(page: Page, filled: Server, colours: str) -> None:
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    trace = filled.get("/v1/traces", service="support-agent").json()["traces"][0]["trace_id"]
    run = filled.get("/v1/runs", name="sft-lr0.0003").json()["runs"][0]["id"]
    compared = ",".join(one["id"] for one in filled.get("/v1/runs").json()["runs"])
    failed = filled.get("/v1/traces", status="error").json()["traces"][0]["trace_id"]
    policy = filled.get("/v1/runs", name="grpo").json()["runs"][0]["id"]
    found: dict[str, list[str]] = {}
    for path in (
        f"/diff/{trace}?with={failed}", f"/compare?runs={compared}", f"/runs/{policy}?tab=rollouts",
        "/traces", f"/traces/{trace}", f"/traces/{trace}?view=conversation", "/runs",
        f"/runs/{run}", f"/runs/{run}?tab=overview", "/experiments/answer-style", "/usage",
        "/sessions", "/profile", "/first-steps",
    ):  # fmt: skip
        page.goto(path)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        page.wait_for_timeout(700)
        violations = page.evaluate(
            AXE.read_text() + ";axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})"
            ".then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3)"
            ".map((n) => n.html.slice(0, 160)).join(' | ')))"
        )
        if violations:
            found[path] = violations
    assert not found
