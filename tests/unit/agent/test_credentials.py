"""`credentials.json`: how programs on this machine find the server and their key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracehouse_agent.credentials import ensure_local_key
from tracehouse_agent.profile import profile_path
from tracehouse_api.identity.accounts import Accounts
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import generate_key, is_well_formed

HERE = "http://127.0.0.1:4318"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration folder of a user who has none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def meta(tmp_path: Path) -> Meta:
    return Meta("", tmp_path / "meta.db")


@pytest.fixture
def keys(meta: Meta) -> ApiKeys:
    return ApiKeys(meta)


@pytest.fixture
def owner(meta: Meta) -> str:
    return Accounts(meta).ensure_owner()


def written() -> Any:
    return json.loads(profile_path().read_text())


def write(content: object) -> None:
    profile_path().parent.mkdir(parents=True, exist_ok=True)
    profile_path().write_text(content if isinstance(content, str) else json.dumps(content))


def test_the_first_start_makes_a_key_that_the_server_knows(keys: ApiKeys, owner: str) -> None:
    key, profile = ensure_local_key(keys, owner, HERE)

    assert profile == "default"
    assert is_well_formed(key)
    principal = keys.principal(key)
    assert principal is not None
    assert (principal.workspace, principal.user) == ("default", owner)
    assert written() == {"default": {"api_base": HERE, "api_key": key}}


def test_the_file_is_its_owners_alone(keys: ApiKeys, owner: str, config: Path) -> None:
    ensure_local_key(keys, owner, HERE)

    assert profile_path() == config / "tracehouse/credentials.json"
    assert profile_path().stat().st_mode & 0o777 == 0o600


def test_the_next_start_changes_nothing(keys: ApiKeys, owner: str) -> None:
    first = ensure_local_key(keys, owner, HERE)
    before = profile_path().stat().st_ino

    assert ensure_local_key(keys, owner, HERE) == first
    assert profile_path().stat().st_ino == before


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "[::1]"])
def test_a_new_data_folder_lets_the_key_of_this_machine_in(
    keys: ApiKeys, owner: str, host: str
) -> None:
    key = generate_key()
    write({"default": {"api_base": f"http://{host}:9999", "api_key": key}})

    assert ensure_local_key(keys, owner, HERE) == (key, "default")
    assert keys.principal(key) is not None
    assert written()["default"]["api_base"] == HERE


def test_a_default_that_points_elsewhere_stays(keys: ApiKeys, owner: str) -> None:
    elsewhere = {"api_base": "https://traces.example.com", "api_key": generate_key()}
    write({"default": elsewhere})

    key, profile = ensure_local_key(keys, owner, HERE)

    assert profile == "local"
    assert key != elsewhere["api_key"]
    assert keys.principal(elsewhere["api_key"]) is None, "another server's key opens nothing here"
    assert written() == {"default": elsewhere, "local": {"api_base": HERE, "api_key": key}}


def test_other_profiles_stay(keys: ApiKeys, owner: str) -> None:
    write({"work": {"api_base": "https://w.example.com", "api_key": "x"}})

    ensure_local_key(keys, owner, HERE)

    assert written()["work"]["api_key"] == "x"


@pytest.mark.parametrize("key", ["", "not ours", "ba_mistyped"])
def test_a_key_that_is_none_is_replaced(keys: ApiKeys, owner: str, key: str) -> None:
    write({"default": {"api_base": HERE, "api_key": key}})

    made, profile = ensure_local_key(keys, owner, HERE)

    assert profile == "default"
    assert keys.principal(made) is not None


def test_a_key_that_was_revoked_here_is_replaced(keys: ApiKeys, owner: str) -> None:
    first, _ = ensure_local_key(keys, owner, HERE)
    keys.revoke("default", keys.list("default")[0]["id"])

    second, _ = ensure_local_key(keys, owner, HERE)

    assert second != first
    assert keys.principal(second) is not None
    assert keys.principal(first) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"default": "text"}'])
def test_a_broken_file_is_named_and_left_alone(keys: ApiKeys, owner: str, content: str) -> None:
    write(content)

    with pytest.raises(ValueError, match=r"credentials\.json"):
        ensure_local_key(keys, owner, HERE)

    assert profile_path().read_text() == content
