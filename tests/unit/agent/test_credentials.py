"""`credentials.json`: how programs on this machine find the server and their key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracehouse_agent.credentials import credentials_path, ensure_local_key
from tracehouse_collector.keys import KeyFile, generate_key, is_well_formed

HERE = "http://127.0.0.1:4318"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration folder of a user who has none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "data/keys.json")


def written() -> Any:
    return json.loads(credentials_path().read_text())


def write(content: object) -> None:
    credentials_path().parent.mkdir(parents=True, exist_ok=True)
    credentials_path().write_text(content if isinstance(content, str) else json.dumps(content))


def test_the_first_start_makes_a_key_that_the_server_knows(keys: KeyFile) -> None:
    key, profile = ensure_local_key(keys, HERE)

    assert profile == "default"
    assert is_well_formed(key)
    assert keys.principal(key) is not None
    assert written() == {"default": {"api_base": HERE, "api_key": key}}


def test_the_file_is_its_owners_alone(keys: KeyFile, config: Path) -> None:
    ensure_local_key(keys, HERE)

    assert credentials_path() == config / "tracehouse/credentials.json"
    assert credentials_path().stat().st_mode & 0o777 == 0o600


def test_the_next_start_changes_nothing(keys: KeyFile) -> None:
    first = ensure_local_key(keys, HERE)
    before = credentials_path().stat().st_ino

    assert ensure_local_key(keys, HERE) == first
    assert credentials_path().stat().st_ino == before


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "[::1]"])
def test_a_new_data_folder_lets_the_key_of_this_machine_in(keys: KeyFile, host: str) -> None:
    key = generate_key()
    write({"default": {"api_base": f"http://{host}:9999", "api_key": key}})

    assert ensure_local_key(keys, HERE) == (key, "default")
    assert keys.principal(key) is not None
    assert written()["default"]["api_base"] == HERE


def test_a_default_that_points_elsewhere_stays(keys: KeyFile) -> None:
    elsewhere = {"api_base": "https://traces.example.com", "api_key": generate_key()}
    write({"default": elsewhere})

    key, profile = ensure_local_key(keys, HERE)

    assert profile == "local"
    assert key != elsewhere["api_key"]
    assert keys.principal(elsewhere["api_key"]) is None, "another server's key opens nothing here"
    assert written() == {"default": elsewhere, "local": {"api_base": HERE, "api_key": key}}


def test_other_profiles_stay(keys: KeyFile) -> None:
    write({"work": {"api_base": "https://w.example.com", "api_key": "x"}})

    ensure_local_key(keys, HERE)

    assert written()["work"]["api_key"] == "x"


@pytest.mark.parametrize("key", ["", "not ours", "ba_mistyped"])
def test_a_key_that_is_none_is_replaced(keys: KeyFile, key: str) -> None:
    write({"default": {"api_base": HERE, "api_key": key}})

    made, profile = ensure_local_key(keys, HERE)

    assert profile == "default"
    assert keys.principal(made) is not None


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"default": "text"}'])
def test_a_broken_file_is_named_and_left_alone(keys: KeyFile, content: str) -> None:
    write(content)

    with pytest.raises(ValueError, match=r"credentials\.json"):
        ensure_local_key(keys, HERE)

    assert credentials_path().read_text() == content
