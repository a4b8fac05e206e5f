"""Accounts: signing in and out, passwords, workspaces, members, and what each may do."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.conftest import Stored
from tests.support.person import Person
from tests.support.server import Server

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(stored_server: Stored) -> Server:
    return stored_server.server


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    """The local owner, signed in by the link that `serve` printed."""
    person = Person(server)
    assert person.follow(server.sign_in_link).status_code == 303
    return person


def invited(server: Server, owner: Person, email: str, role: str) -> Person:
    """Somebody new in the default workspace."""
    answer = owner.post("/v1/members", email=email, role=role)
    assert answer.status_code == 201, answer.text
    person = Person(server)
    assert person.follow(answer.json()["invite_url"]).status_code == 303
    return person


# --- signing in -----------------------------------------------------------------------------------


def test_the_owners_link_signs_in_once(server: Server, owner: Person) -> None:
    account = owner.get("/v1/account").json()
    assert account["user"]["name"] == "local owner"
    assert account["workspaces"] == [{"id": "default", "name": "Default", "role": "owner"}]

    again = Person(server).follow(server.sign_in_link)
    assert again.status_code == 401
    assert "followed before" in again.json()["detail"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    server: Server, owner: Person
) -> None:
    link = owner.post("/v1/members", email="cookie@example.com", role="viewer").json()["invite_url"]
    cookie = Person(server).follow(link).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_password_logs_in_and_a_wrong_one_does_not(server: Server, owner: Person) -> None:
    person = invited(server, owner, "Ada@Example.com ", "member")
    assert person.request("PUT", "/v1/account/password", new_password=PASSWORD).status_code == 204

    elsewhere = Person(server)
    refused = elsewhere.log_in("ada@example.com", PASSWORD + "x")
    assert refused.status_code == 401
    assert elsewhere.log_in("nobody@example.com", PASSWORD).json() == refused.json()
    assert elsewhere.log_in("ada@example.com", PASSWORD).status_code == 200
    assert elsewhere.get("/v1/account").json()["user"]["email"] == "ada@example.com"


def test_changing_a_password_needs_the_old_one_and_ends_other_sessions(
    server: Server, owner: Person
) -> None:
    here = invited(server, owner, "change@example.com", "member")
    here.request("PUT", "/v1/account/password", new_password=PASSWORD)
    there = Person(server)
    there.log_in("change@example.com", PASSWORD)

    wrong = here.request(
        "PUT", "/v1/account/password", new_password="another one!", current_password="no"
    )
    assert wrong.status_code == 403
    right = here.request(
        "PUT", "/v1/account/password", new_password="another one!", current_password=PASSWORD
    )
    assert right.status_code == 204
    assert here.get("/v1/account").status_code == 200
    assert there.get("/v1/account").status_code == 401
    assert there.log_in("change@example.com", PASSWORD).status_code == 401


@pytest.mark.parametrize("password", ["short", "", "x" * 201])
def test_a_password_of_a_bad_length_is_refused(owner: Person, password: str) -> None:
    answer = owner.request("PUT", "/v1/account/password", new_password=password)
    assert answer.status_code == 422
    assert "10 to 200" in answer.json()["detail"]


def test_signing_out_ends_the_session_on_the_server(server: Server, owner: Person) -> None:
    person = invited(server, owner, "out@example.com", "viewer")
    cookie = person.browser.cookies["tracehouse_session"]
    assert person.post("/v1/auth/logout").status_code == 204
    assert (
        httpx.get(f"{server.http}/v1/account", cookies={"tracehouse_session": cookie}).status_code
        == 401
    )


def test_tries_are_counted_by_account(server: Server, owner: Person) -> None:
    person = invited(server, owner, "tried@example.com", "viewer")
    person.request("PUT", "/v1/account/password", new_password=PASSWORD)
    codes = [
        Person(server).log_in("tried@example.com", f"guess {n}").status_code for n in range(11)
    ]
    assert codes == [401] * 10 + [429]
    answer = Person(server).log_in("tried@example.com", PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_change_without_the_csrf_token_is_refused(owner: Person, token: str | None) -> None:
    headers = {} if token is None else {"x-csrf-token": token}
    answer = owner.browser.post("/v1/api_keys", json={"name": "forged"}, headers=headers)
    assert answer.status_code == 403
    assert "x-csrf-token" in answer.json()["detail"]
    assert "forged" not in owner.get("/v1/api_keys").text


def test_an_account_is_renamed_and_its_address_is_nobody_elses(
    server: Server, owner: Person
) -> None:
    person = invited(server, owner, "rename@example.com", "viewer")
    changed = person.request("PATCH", "/v1/account", name="Grace", email="grace@example.com")
    assert changed.json()["user"] | {"id": ""} == {
        "id": "", "email": "grace@example.com", "name": "Grace", "has_password": False,
    }  # fmt: skip
    invited(server, owner, "taken@example.com", "viewer")
    taken = person.request("PATCH", "/v1/account", email="taken@example.com")
    assert taken.status_code == 422
    assert "already has an account" in taken.json()["detail"]


# --- workspaces and roles -------------------------------------------------------------------------


def test_what_a_role_may_do(server: Server, owner: Person) -> None:
    viewer = invited(server, owner, "viewer@example.com", "viewer")
    member = invited(server, owner, "member@example.com", "member")
    score = {"trace_id": "a" * 32, "name": "quality", "value": 1}
    assert viewer.get("/v1/traces").status_code == 200
    assert viewer.post("/v1/scores", **score).status_code == 403
    assert member.post("/v1/scores", **score).status_code < 300
    for person in (viewer, member):
        assert person.get("/v1/api_keys").status_code == 403
        assert person.post("/v1/members", email="x@example.com").status_code == 403
        assert person.get("/v1/audit").status_code == 403


def test_a_workspace_of_ones_own_is_apart(server: Server, owner: Person) -> None:
    person = invited(server, owner, "apart@example.com", "member")
    made = person.post("/v1/workspaces", name="Apart & more")
    assert made.status_code == 201
    person.workspace = made.json()["id"]
    key = person.post("/v1/api_keys", name="mine").json()["key"]
    assert person.get("/v1/members").json()["members"][0]["role"] == "owner"

    owner.workspace = made.json()["id"]
    assert owner.get("/v1/traces").status_code == 403
    owner.workspace = ""
    mine = httpx.get(f"{server.http}/v1/members", headers={"x-api-key": key})
    assert mine.status_code == 403  # ingest and read, by default


def test_a_removed_member_and_their_keys_are_out(server: Server, owner: Person) -> None:
    person = invited(server, owner, "gone@example.com", "owner")
    user = person.get("/v1/account").json()["user"]["id"]
    key = person.post("/v1/api_keys", name="left behind").json()["key"]
    headers = {"x-api-key": key}
    assert httpx.get(f"{server.http}/v1/traces", headers=headers).status_code == 200

    assert owner.request("DELETE", f"/v1/members/{user}").status_code == 204
    assert person.get("/v1/traces").status_code == 403
    assert httpx.get(f"{server.http}/v1/traces", headers=headers).status_code == 401


def test_a_workspace_keeps_an_owner(owner: Person) -> None:
    me = owner.get("/v1/account").json()["user"]["id"]
    others = [
        m["user"]
        for m in owner.get("/v1/members").json()["members"]
        if m["role"] == "owner" and m["user"] != me
    ]
    for user in others:
        owner.request("PATCH", f"/v1/members/{user}", role="viewer")
    for answer in (
        owner.request("DELETE", f"/v1/members/{me}"),
        owner.request("PATCH", f"/v1/members/{me}", role="viewer"),
    ):
        assert answer.status_code == 422
        assert "needs an owner" in answer.json()["detail"]


def test_members_that_are_none_and_roles_that_are_none(owner: Person) -> None:
    assert owner.request("DELETE", "/v1/members/nobody").status_code == 404
    assert owner.request("PATCH", "/v1/members/nobody", role="viewer").status_code == 404
    assert owner.post("/v1/members", email="x@example.com", role="king").status_code == 422
    assert owner.post("/v1/members", email="no address", role="viewer").status_code == 422


def test_what_was_done_is_in_the_audit_log(server: Server, owner: Person) -> None:
    made = owner.post("/v1/api_keys", name="audited").json()
    owner.request("DELETE", f"/v1/api_keys/{made['id']}")
    newest = owner.get("/v1/audit", limit=2).json()
    assert [entry["act"] for entry in newest["audit"]] == ["api_key.revoke", "api_key.create"]
    assert newest["audit"][1]["detail"]["name"] == "audited"
    assert newest["audit"][0]["address"] == "127.0.0.1"
    rest = owner.get("/v1/audit", limit=1000, cursor=newest["next_cursor"]).json()["audit"]
    assert "member.add" in {entry["act"] for entry in rest}
    assert made["key"] not in owner.get("/v1/audit", limit=1000).text


def test_another_sites_form_signs_nobody_in(server: Server) -> None:
    form = {"content-type": "text/plain"}
    body = '{"email": "ada@example.com", "password": "' + PASSWORD + '"}'
    answer = httpx.post(f"{server.http}/v1/auth/login", content=body, headers=form)
    assert answer.status_code == 415
    assert "set-cookie" not in answer.headers


def test_whoever_opened_a_page_is_led_to_it_by_the_link(server: Server, owner: Person) -> None:
    invited = owner.post("/v1/members", email="guest@example.com", role="viewer").json()
    guest = Person(server)
    opened = "/claim?token=abc.def&x=%2F%2Felsewhere.example"
    assert guest.request("POST", "/v1/auth/page", page=opened).status_code == 204
    (cookie,) = guest.browser.cookies.jar
    assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == ("/auth", True)
    answer = guest.follow(invited["invite_url"])
    assert (answer.status_code, answer.headers["location"]) == (303, opened)
    assert "tracehouse_opened" not in guest.browser.cookies


@pytest.mark.parametrize(
    "page",
    [
        "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "", "/",
        "claim", "/claim\\..", "/traces\r\nset-cookie: a=b", "/traces@elsewhere.example",
        "/nothing", "/\t/elsewhere.example", "/v1/account", "/traces?" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_page_of_ours_is_not_remembered(server: Server, page: str) -> None:
    answer = Person(server).request("POST", "/v1/auth/page", page=page)
    assert answer.status_code == 422, answer.text
    assert "set-cookie" not in answer.headers


def test_another_sites_form_cannot_say_which_page_was_opened(server: Server) -> None:
    answer = httpx.post(
        f"{server.http}/v1/auth/page",
        content='{"page": "/claim?token=theirs"}',
        headers={"content-type": "text/plain"},
    )
    assert answer.status_code == 415
