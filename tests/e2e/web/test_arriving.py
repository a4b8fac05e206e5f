"""Somebody new: let in by their organisation, sees nothing yet, claims what a program sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import otlp
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.server import Server

EMPTY = {
    "/prompts": "No prompts yet", "/datasets": "No datasets yet", "/scores": "No scores yet",
    "/subjects": "No subjects yet", "/users": "No users yet", "/devices": "No devices yet",
    "/prompts/none": "There is no such prompt", "/datasets/none": "There is nothing here",
    "/subjects/nobody": "There is nothing here", "/forwarding": "Nothing is sent on",
    "/claim": "There is nothing to claim here",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Provider() as provider:
        provider.claims = {
            "sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"
        }  # fmt: skip
        settings = {
            "TRACEHOUSE_OIDC_ISSUER": provider.issuer,
            "TRACEHOUSE_OIDC_CLIENT_ID": CLIENT_ID,
            "TRACEHOUSE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        home = tmp_path_factory.mktemp("arriving")
        with Server(home, "--anonymous", environment=settings) as started:
            yield started


@pytest.fixture(scope="module")
def ada(browser: Browser, server: Server) -> Iterator[Page]:
    """Ada's page, once the organisation has let her in: that which she had opened."""
    page = browser.new_page(base_url=server.http, reduced_motion="reduce")
    page.goto("/runs")
    page.get_by_role("link", name="Continue with your organisation").click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    yield page
    page.close()


@pytest.mark.parametrize(("path", "says"), EMPTY.items())
def test_a_page_without_data_says_so_and_what_to_do(ada: Page, path: str, says: str) -> None:
    ada.goto(path)
    expect(ada.get_by_role("heading", name=says)).to_be_visible()


def test_a_member_without_rights_is_told_whose_they_are(
    ada: Page, browser: Browser, server: Server
) -> None:
    ada.goto("/profile?tab=members")
    ada.get_by_label("E-mail address").fill("grace@example.com")
    ada.get_by_label("Role", exact=True).select_option("viewer")
    ada.get_by_role("button", name="Invite").click()
    link = ada.locator(".once code").inner_text()
    server.planted.add(link.rpartition("token=")[2])
    grace = browser.new_page(base_url=server.http)
    grace.goto(link)
    grace.goto("/profile?tab=keys")
    expect(grace.get_by_text("for the owners of")).to_be_visible()
    expect(grace.get_by_role("tab", name="API keys")).to_have_count(0)
    grace.goto("/prompts")
    expect(grace.get_by_role("heading", name="No prompts yet")).to_be_visible()
    expect(grace.get_by_role("button", name="New prompt")).to_have_count(0)
    grace.close()


def test_what_a_program_sent_without_an_account_is_claimed(ada: Page, server: Server) -> None:
    session = server.client.post(f"{server.http}/v1/anon/session", json={}).json()
    server.planted |= {session["token"], session["read_token"], session["claim_token"]}
    sent = server.client.post(
        f"{server.http}/v1/traces",
        content=otlp.traces(otlp.span(name="sent by nobody")).SerializeToString(),
        headers={"x-api-key": session["token"], "content-type": "application/x-protobuf"},
    )
    assert sent.status_code == 200
    server.settle()
    ada.goto("/profile")
    ada.get_by_label("The link, or its token").fill(
        f"{server.http}/claim?token={session['claim_token']}"
    )
    ada.keyboard.press("Enter")
    ada.get_by_label("Name of the workspace").fill("Found")
    ada.get_by_role("button", name="Claim it").click()
    expect(ada.get_by_role("listitem").filter(has_text="sent by nobody")).to_be_visible()
    expect(ada.get_by_label("Workspace")).to_contain_text("Found")
    ada.goto(f"/claim?token={session['claim_token']}")
    ada.get_by_role("button", name="Claim it").click()
    expect(ada.get_by_role("alert")).to_contain_text("claimed before")
