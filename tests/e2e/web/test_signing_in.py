"""Whoever must sign in first lands on the page that they had opened: a claim's link is not lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.web.conftest import watch
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.server import Server


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        started.claims = {
            "sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada",
        }  # fmt: skip
        yield started


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "TRACEHOUSE_OIDC_ISSUER": provider.issuer,
        "TRACEHOUSE_OIDC_CLIENT_ID": CLIENT_ID,
        "TRACEHOUSE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    home = tmp_path_factory.mktemp("signing-in")
    with Server(home, "--anonymous", environment=settings) as started:
        yield started


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Of somebody who was never here."""
    context = browser.new_context(base_url=server.http, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def claim_token(server: Server) -> str:
    answer = server.client.post(f"{server.http}/v1/anon/session", json={})
    token = answer.json()["claim_token"]
    server.planted.add(token)
    return token


def test_a_claim_is_made_after_signing_in_with_a_provider(
    page: Page, server: Server, provider: Provider
) -> None:
    token = claim_token(server)
    told_to_provider: list[str] = []

    def note(request: Request) -> None:
        if request.url.startswith(provider.issuer):
            told_to_provider.append(f"{request.url} {request.headers}")

    page.on("request", note)
    with page.expect_response("**/v1/auth/page"):
        page.goto(f"/claim?token={token}")
    page.get_by_role("link", name="Continue with your organisation").click()
    page.get_by_role("button", name="Claim it").click()
    page.wait_for_url(server.http + "/")
    told = page.request.get("/v1/account").json()
    assert "Claimed" in [workspace["name"] for workspace in told["workspaces"]]
    assert told_to_provider
    assert not [seen for seen in told_to_provider if token in seen]


def test_a_claim_is_made_after_a_link_that_signs_in(page: Page, server: Server) -> None:
    token = claim_token(server)
    with page.expect_response("**/v1/auth/page"):
        page.goto(f"/claim?token={token}")
    expect(page.get_by_text("Sign in, and this page opens.")).to_be_visible()
    page.goto(server.sign_in_link)
    expect(page.get_by_role("button", name="Claim it")).to_be_visible()
    assert page.url.endswith(f"/claim?token={token}")


def test_a_password_opens_the_page_that_is_there(page: Page, server: Server) -> None:
    complaints: list[str] = []
    watch(page, server.http, complaints)
    with page.expect_response("**/v1/auth/page"):
        page.goto("/runs?name=mine")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("a password of nobody's")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    assert page.url.endswith("/runs?name=mine")
    assert len([text for text in complaints if "401" not in text]) == 0
