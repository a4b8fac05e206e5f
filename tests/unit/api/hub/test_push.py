"""Commits through the Hub's own client, to a server that speaks as the Hub does."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import HTTPException

from tests.support.hub import Hub, Token
from tracehouse_api.hub import client
from tracehouse_api.hub.card import Card
from tracehouse_api.hub.push import Commit, Repo, push

PICTURE = "tracehouse/a.png"
CARD = Card("t", {"tags": ["tracehouse"]}, f"words ![a]({PICTURE})", {PICTURE: b"1"})
OWN = "---\nlicense: mit\n---\n# Mine\n"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        made.tokens["hf_writes"] = Token("me")
        yield made


def pushed(hub: Hub, card: Card = CARD, repo: Repo | None = None, **more: Any) -> Commit:
    more = {"create": False, "token": "hf_writes", "message": "A card", **more}
    return push(more.pop("endpoint", hub.url), repo=repo or Repo("me/x"), card=card, **more)


def refused(hub: Hub, **more: Any) -> HTTPException:
    with pytest.raises(HTTPException) as refusal:
        pushed(hub, **more)
    return refusal.value


def test_readme_and_pictures_are_one_commit(hub: Hub) -> None:
    repository = hub.add("me/x", README_md=OWN)
    answer = pushed(hub)
    assert [message for _, _, message in repository.commits] == ["", "A card"]
    assert answer == {
        "commit_url": f"{hub.url}/me/x/commit/{repository.head}", "commit_oid": repository.head,
        "repo": "me/x",
    }  # fmt: skip
    assert set(repository.files) == {"README.md", "tracehouse/a.png"}
    assert repository.files["README.md"].decode().startswith("---\nlicense: mit\ntags:\n")


def test_large_files_take_their_own_way(hub: Hub) -> None:
    hub.large = re.compile(r"\.png$")
    repository = hub.add("me/x")
    pushed(hub)
    assert repository.files["tracehouse/a.png"] == b"1"
    assert any(path.startswith("/stored/") for _, path, _ in hub.requests)
    pushed(hub)
    assert len(repository.commits) == 2


def test_the_same_card_again_makes_no_commit(hub: Hub) -> None:
    repository = hub.add("me/x", README_md=OWN)
    first = pushed(hub)
    assert pushed(hub) == first
    assert len(repository.commits) == 2


def test_pictures_that_are_shown_no_more_are_removed(hub: Hub) -> None:
    repository = hub.add("me/x", README_md="![own](tracehouse/own.png)\n")
    repository.commit({"tracehouse/own.png": b"own"})
    pushed(hub)
    pushed(hub, Card("t", {}, "words ![b](tracehouse/b.png)", {"tracehouse/b.png": b"2"}))
    assert set(repository.files) == {"README.md", "tracehouse/own.png", "tracehouse/b.png"}


def test_a_repository_is_made_when_that_is_asked(hub: Hub) -> None:
    assert refused(hub).status_code == 404
    for _ in range(2):
        pushed(hub, create=True)
    assert hub.repositories["models/me/x"].private
    pushed(hub, repo=Repo("me/data", "dataset"), create=True)
    assert "README.md" in hub.repositories["datasets/me/data"].files


def test_a_change_meanwhile_is_kept(hub: Hub) -> None:
    repository = hub.add("me/x", README_md=OWN)

    def once() -> None:
        hub.before_commit = lambda: None
        repository.commit({"README.md": b"# Changed meanwhile\n"})

    hub.before_commit = once
    pushed(hub)
    readme = repository.files["README.md"].decode()
    assert "# Changed meanwhile" in readme
    assert "tracehouse:begin" in readme


def test_a_repository_that_never_rests_is_said(hub: Hub) -> None:
    repository = hub.add("me/x", README_md=OWN)
    hub.before_commit = lambda: void(repository.commit({"n": str(time.time_ns()).encode()}))
    refusal = refused(hub)
    assert (refusal.status_code, "push again" in refusal.detail) == (409, True)


def void(_: object) -> None: ...


@pytest.mark.parametrize(
    ("path", "answer", "status", "says"),
    [
        ("", 401, 403, "save a new one"),
        ("/commit/", 403, 403, "may not write to me/x"),
        ("/api/models/", 429, 429, "try again in 7 s"),
        ("/preupload/", 429, 429, "try again in 7 s"),
        ("/preupload/", 503, 502, "try again later"),
        ("/commit/", 500, 502, "try again later"),
        ("/commit/", 400, 422, "refuses"),
        ("/resolve/", 403, 403, "may not"),
    ],
)
def test_each_refusal_says_what_to_do(
    hub: Hub, path: str, answer: int, status: int, says: str
) -> None:
    hub.add("me/x", README_md=OWN)
    hub.fail(path, answer, headers={"retry-after": "7"}, times=9)
    begun = time.monotonic()
    refusal = refused(hub)
    assert refusal.status_code == status
    assert says in refusal.detail
    assert time.monotonic() - begun < 2, "the client is not left to wait by itself"
    assert "hf_writes" not in refusal.detail
    if status == 429:
        assert (refusal.headers or {})["retry-after"] == "7"


def test_a_branch_that_is_not_there_is_said(hub: Hub) -> None:
    hub.add("me/x")
    refusal = refused(hub, repo=Repo.at("me/x", "v2"))
    assert (refusal.status_code, "branch" in refusal.detail) == (404, True)
    pushed(hub, repo=Repo.at("me/x", "a" * 40))  # a commit cannot be added to: main is meant


def test_a_hub_that_is_away_is_said(hub: Hub) -> None:
    refusal = refused(hub, endpoint="http://127.0.0.1:9")
    assert (refusal.status_code, "hub_endpoint" in refusal.detail) == (502, True)


@pytest.mark.parametrize("path", ["/api/models/", "/preupload/", "/commit/"])
def test_a_slow_hub_is_not_waited_for(hub: Hub, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/x")
    monkeypatch.setattr(client, "SECONDS", 0.5)
    hub.fail(path, seconds=2.0, times=9)
    begun = time.monotonic()
    assert refused(hub).status_code == 504
    assert time.monotonic() - begun < 2.5


def test_what_is_not_the_hub_is_said(hub: Hub) -> None:
    hub.fail("/api/models/", 200, body=b"<html>hello</html>")
    refusal = refused(hub)
    assert (refusal.status_code, "is not the Hub" in refusal.detail) == (502, True)


def test_metadata_that_the_hub_refuses_is_said(hub: Hub) -> None:
    hub.add("me/x", README_md="---\ndatasets: no good\n---\n")
    refusal = refused(hub)
    assert (refusal.status_code, "no good" in refusal.detail) == (422, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"---\ntags: [a\n---\n", "not YAML"), (b"\xff", "UTF-8"), (b"x" * 5_000_000, "larger")],
)
def test_a_readme_that_cannot_be_kept_is_left_alone(hub: Hub, content: bytes, says: str) -> None:
    repository = hub.add("me/x")
    repository.commit({"README.md": content})
    refusal = refused(hub)
    assert (refusal.status_code, says in refusal.detail) == (409, True)
    assert repository.files["README.md"] == content


def test_a_server_that_is_told_to_stay_offline_does(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    refusal = refused(hub)
    assert (refusal.status_code, "HF_HUB_OFFLINE" in refusal.detail) == (502, True)
    assert hub.requests == []


def test_the_token_of_the_servers_own_user_is_not_taken(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_operator")
    hub.add("me/x", README_md=OWN)
    pushed(hub)
    assert {key for _, _, key in hub.requests} == {"hf_writes"}
