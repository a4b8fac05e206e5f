"""Signing in with an OpenID provider."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.person import Person
from tests.support.server import Server

ADA = {"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "TRACEHOUSE_OIDC_ISSUER": provider.issuer,
        "TRACEHOUSE_OIDC_CLIENT_ID": CLIENT_ID,
        "TRACEHOUSE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    with Server(tmp_path_factory.mktemp("oidc"), environment=settings) as started:
        started.planted.add(CLIENT_SECRET)
        yield started


@pytest.fixture(autouse=True)
def _as_it_should(provider: Provider) -> None:
    provider.claims = ADA
    provider.denies = provider.signs_with_another_key = False


def sign_in(server: Server, page: str = "") -> tuple[httpx.Client, httpx.Response]:
    """A browser that opened a page, goes to the provider and comes back; the answer it ends at."""
    browser = httpx.Client(base_url=server.http)
    if page:
        assert browser.post("/v1/auth/page", json={"page": page}).status_code == 204
    answer = browser.get("/auth/oidc/login")
    for _ in range(2):
        if answer.status_code != 302:
            break
        assert "claim" not in answer.headers["location"]
        answer = browser.get(answer.headers["location"])
    return browser, answer


def test_somebody_new_gets_an_account_and_a_workspace(server: Server) -> None:
    browser, answer = sign_in(server)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    account = browser.get("/v1/account").json()
    assert account["user"]["email"] == "ada@example.com"
    assert [w["role"] for w in account["workspaces"]] == ["owner"]
    assert account["workspaces"][0]["id"] != "default"


def test_the_same_person_comes_back_to_the_same_account(server: Server, provider: Provider) -> None:
    first = sign_in(server)[0].get("/v1/account").json()
    provider.claims = ADA | {"email": "ada@elsewhere.example"}
    assert sign_in(server)[0].get("/v1/account").json()["user"] == first["user"]


def test_an_invited_address_is_theirs(server: Server, provider: Provider) -> None:
    owner = Person(server)
    owner.follow(server.sign_in_link)
    owner.post("/v1/members", email="grace@example.com", role="viewer")
    provider.claims = ADA | {"sub": "grace", "email": "Grace@example.com"}
    account = sign_in(server)[0].get("/v1/account").json()
    assert [(w["id"], w["role"]) for w in account["workspaces"]] == [("default", "viewer")]


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": None}])
def test_an_address_that_nobody_verified_opens_nothing(
    server: Server, provider: Provider, claims: dict[str, object]
) -> None:
    provider.claims = ADA | {"sub": "mallory", "email": "owner@localhost"} | claims
    browser, answer = sign_in(server)
    assert answer.status_code == 403
    assert "verified" in answer.json()["detail"]
    assert browser.get("/v1/account").status_code == 401


def test_a_token_signed_by_somebody_else_opens_nothing(server: Server, provider: Provider) -> None:
    provider.signs_with_another_key = True
    browser, answer = sign_in(server)
    assert answer.status_code in (401, 502)
    assert browser.get("/v1/account").status_code == 401


def test_whoever_is_denied_is_told(server: Server, provider: Provider) -> None:
    provider.denies = True
    _, answer = sign_in(server)
    assert answer.status_code == 401
    assert "access_denied" in answer.json()["detail"]


def test_a_callback_that_nobody_asked_for_opens_nothing(server: Server) -> None:
    answer = httpx.get(f"{server.http}/auth/oidc/callback?code=x&state=y")
    assert answer.status_code == 401


def test_whoever_opened_a_page_lands_there_and_the_provider_does_not_learn_of_it(
    server: Server,
) -> None:
    claim = "/claim?token=of-an-anonymous-session"
    browser, answer = sign_in(server, claim)
    assert (answer.status_code, answer.headers["location"]) == (303, claim)
    answer = browser.get("/auth/oidc/login")
    for _ in range(2):
        answer = browser.get(answer.headers["location"])
    assert answer.headers["location"] == "/", "it is remembered for one sign-in"


def test_a_page_that_was_signed_elsewhere_leads_nowhere(server: Server) -> None:
    browser = httpx.Client(base_url=server.http)
    browser.cookies.set("tracehouse_opened", "Imh0dHBzOi8vZWxzZXdoZXJlLmV4YW1wbGUi.aaaa.bbbb")
    answer = browser.get("/auth/oidc/login")
    for _ in range(2):
        answer = browser.get(answer.headers["location"])
    assert answer.headers["location"] == "/"
