"""Tokens of the Hub, each its user's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import HTTPException
from sqlalchemy import text

from tests.support.hub import Hub, Token
from tracehouse_api.hub.tokens import HubTokens
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import Principal


@pytest.fixture
def meta(tmp_path: Path) -> Iterator[Meta]:
    made = Meta("", tmp_path / "meta.db")
    yield made
    made.close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        for name in ("hf_of_ada", "hf_of_bob", "hf_of_none"):
            made.tokens[name] = Token(name)
        yield made


def holder(user: str = "", workspace: str = "w") -> Principal:
    return Principal(workspace, frozenset(("read", "ingest")), user)


def missing(tokens: HubTokens) -> str:
    with pytest.raises(HTTPException) as refusal:
        tokens.get()
    assert refusal.value.status_code == 409
    return refusal.value.detail


def test_each_has_their_own(meta: Meta, hub: Hub) -> None:
    for user, token in (("ada", "hf_of_ada"), ("bob", "hf_of_bob"), ("", "hf_of_none")):
        HubTokens(meta, holder(user)).put(token, hub.url)
    assert HubTokens(meta, holder("ada", "another")).get() == "hf_of_ada", "wherever they act"
    assert HubTokens(meta, holder("bob")).get() == "hf_of_bob"
    assert HubTokens(meta, holder()).get() == "hf_of_none"
    missing(HubTokens(meta, holder(workspace="another")))
    HubTokens(meta, holder("ada")).delete()
    missing(HubTokens(meta, holder("ada")))
    assert HubTokens(meta, holder("bob")).get() == "hf_of_bob"


def test_a_row_under_another_name_cannot_be_read(meta: Meta, hub: Hub) -> None:
    HubTokens(meta, holder("ada")).put("hf_of_ada", hub.url)
    with meta.begin() as connection:
        connection.execute(text("UPDATE hub_tokens SET user_id = 'bob'"))
    assert "hf_of_ada" not in missing(HubTokens(meta, holder("bob")))


def test_without_the_houses_secret_it_is_as_if_none_was_saved(meta: Meta, hub: Hub) -> None:
    HubTokens(meta, holder("ada")).put("hf_of_ada", hub.url)
    with meta.begin() as connection:
        connection.execute(text("UPDATE secrets SET value = 'another'"))
    missing(HubTokens(meta, holder("ada")))
