"""Subjects, users, devices, forwarding and the profile, as somebody sees and uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from tests.e2e.web.test_pages import AXE
from tests.support import otlp
from tests.support.server import Server


@pytest.fixture
def agreeing(owner: BrowserContext) -> Page:
    """A page of somebody who says yes to every question that the browser asks."""
    page = owner.new_page()

    def agree(dialog: Dialog) -> None:
        dialog.accept()

    page.on("dialog", agree)
    return page


def test_a_subject_is_found_rolled_up_and_leads_to_its_traces(page: Page) -> None:
    page.goto("/subjects")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("user-3")
    expect(page).to_have_url(re.compile("q=user-3"))
    page.get_by_role("listitem").filter(has_text="user-3").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("user-3")
    expect(page.get_by_role("figure", name="Traces by day")).to_be_visible()
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(page.get_by_role("figure", name="Cost by day")).to_be_visible()
    page.reload()
    expect(page.get_by_role("figure", name="Cost by day")).to_be_visible()
    seen = page.get_by_role("region", name="Experiments it was in")
    expect(seen.get_by_role("link", name=re.compile("answer-style"))).to_be_visible()
    page.get_by_role("region", name="Newest traces").get_by_role("link").first.click()
    expect(page.get_by_role("treeitem").first).to_contain_text("POST /chat")


def test_a_subject_is_deleted_only_once_its_name_was_typed(page: Page, filled: Server) -> None:
    gone = otlp.span(0xDE1, 1, name="forget me", attributes={"tracehouse.subject.id": "leaver"})
    assert filled.post("traces", otlp.traces(gone).SerializeToString()).status_code == 200
    filled.settle()
    page.goto("/subjects/leaver")
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete this subject")
    expect(dialog.get_by_role("button", name="Delete for good")).to_be_disabled()
    dialog.get_by_label(re.compile("^Type")).fill("leaver")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="Subjects", exact=True)).to_be_visible(timeout=15_000)
    assert filled.get("/v1/subjects/leaver").status_code == 404


def test_users_and_devices_lead_to_what_they_sent(page: Page) -> None:
    page.goto("/users")
    expect(page.get_by_role("listitem").filter(has_text="user-3")).to_contain_text("$")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/traces\?.*user=user-"))
    page.goto("/devices")
    machine = page.get_by_role("listitem").filter(has_text="build-server")
    expect(machine).to_contain_text("evaluation")
    machine.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/traces\?.*service=evaluation"))


def test_forwarding_without_a_destination_says_how_to_have_one(page: Page) -> None:
    page.goto("/traces")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", name="Nothing is sent on")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("[[forward]]")


def test_a_destination_is_made_paused_changed_and_deleted(agreeing: Page) -> None:
    agreeing.goto("/forwarding")
    agreeing.get_by_role("button", name="New destination").click()
    agreeing.get_by_label("Name").fill("elsewhere")
    agreeing.get_by_label("Address").fill("ftp://127.0.0.1:9")
    agreeing.get_by_label("Headers").fill("x-api-key: not-to-be-seen")
    agreeing.get_by_label("metrics").uncheck()
    agreeing.get_by_role("button", name="Send on from now on").click()
    expect(agreeing.get_by_role("alert")).to_contain_text("http")
    agreeing.get_by_label("Address").fill("http://127.0.0.1:9")
    agreeing.get_by_role("button", name="Send on from now on").click()
    made = agreeing.get_by_role("region", name="elsewhere", exact=True)
    expect(made).to_contain_text("http://127.0.0.1:9")
    expect(made.get_by_role("row")).to_have_count(3)
    assert "not-to-be-seen" not in agreeing.content()
    made.get_by_role("button", name="Pause elsewhere").click()
    expect(made).to_contain_text("Paused")
    made.get_by_role("button", name="Change elsewhere").click()
    agreeing.get_by_label("Only of these services").fill("shop, chat")
    agreeing.get_by_role("button", name="Save").click()
    expect(made).to_contain_text("Only of shop, chat.")
    made.get_by_role("button", name="Delete elsewhere").click()
    agreeing.get_by_label("Type elsewhere to go on").fill("elsewhere")
    agreeing.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(agreeing.get_by_role("heading", name="Nothing is sent on")).to_be_visible()


def test_a_key_is_shown_once_and_revoked(agreeing: Page, filled: Server) -> None:
    agreeing.goto("/profile?tab=keys")
    agreeing.get_by_label("Name of the key").fill("for the test")
    agreeing.get_by_role("region", name="API keys").get_by_label("Project").select_option("shop")
    expect(agreeing.get_by_label("What it may do")).to_be_disabled()
    agreeing.get_by_role("button", name="Make a key").click()
    key = agreeing.locator(".once code").inner_text()
    filled.planted.add(key)
    listed = agreeing.get_by_role("listitem").filter(has_text="for the test")
    expect(listed).to_contain_text("ingest · shop")
    agreeing.reload()
    expect(listed).to_be_visible()
    assert key not in agreeing.content()
    listed.get_by_role("button", name="Revoke for the test").click()
    expect(listed).to_have_count(0)
    agreeing.close()


def test_members_retention_links_and_what_was_done(agreeing: Page, filled: Server) -> None:
    agreeing.goto("/profile?tab=members")
    agreeing.get_by_label("E-mail address").fill("grace@example.com")
    agreeing.get_by_role("button", name="Invite").click()
    link = agreeing.locator(".once code").inner_text()
    filled.planted.add(link.rpartition("token=")[2])
    with agreeing.expect_response("**/v1/members/*"):
        agreeing.get_by_label("Role of grace@example.com").select_option("viewer")
    agreeing.reload()
    expect(agreeing.get_by_label("Role of grace@example.com")).to_have_value("viewer")

    agreeing.get_by_role("tab", name="Projects").click()
    agreeing.get_by_label("How long shop-evals keeps its data").select_option("365")
    expect(agreeing.get_by_role("status").filter(has_text="365 days")).to_be_visible()
    agreeing.get_by_label("How long shop-evals keeps its data").select_option("")
    expect(agreeing.get_by_role("status").filter(has_text="everything")).to_be_visible()

    run = filled.get("/v1/runs").json()["runs"][0]["id"]
    made = filled.client.post(
        f"{filled.http}/v1/share_links", headers=filled.headers, json={"kind": "run", "id": run}
    )
    filled.planted.add(made.json()["token"])
    agreeing.get_by_role("tab", name="Share links").click()
    taken = agreeing.get_by_role("button", name=f"Take back the link to run {run[:12]}")
    taken.click()
    expect(taken).to_have_count(0)

    agreeing.get_by_role("tab", name="Audit log").click()
    log = agreeing.get_by_role("region", name="Audit log")
    for act in ("Took a share link back", "Changed how long a project stays", "Changed a role"):
        expect(log).to_contain_text(act)
    agreeing.close()


PATHS = (
    "/prompts", "/prompts/support%2Fanswer?version=3&before=2", "/datasets",
    "/datasets/support-questions", "/datasets/support-questions?tab=runs", "/scores", "/sql",
    "/sql?query=SELECT%20name%2C%20count()%20AS%20n%20FROM%20spans%20GROUP%20BY%20name",
    "/sql?view=chart&query=SELECT%20name%2C%20count()%20AS%20n%20FROM%20spans%20GROUP%20BY%20name",
    "/subjects", "/subjects/user-3", "/users", "/devices", "/forwarding", "/profile?tab=keys",
    "/profile?tab=members", "/profile?tab=projects", "/profile?tab=audit", "/profile?tab=links",
)  # fmt: skip


@pytest.mark.parametrize(("colours", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: Page, colours: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    found: dict[str, object] = {}
    for path in PATHS:
        page.goto(path)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        if (reached := page.evaluate("document.documentElement.scrollWidth")) > width:
            found[path] = f"{reached} px wide"
        violations = page.evaluate(
            AXE.read_text() + ";axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})"
            ".then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3)"
            ".map((n) => n.html.slice(0, 160)).join(' | ')))"
        )
        if violations:
            found[path] = violations
    assert not found
