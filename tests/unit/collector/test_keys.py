"""API keys: their form, how they are kept, and whom they let in."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse_collector.keys import KeyFile, Principal, generate_key, is_well_formed

KEY = "ba_GeKqDgN4YZy9Ttuycw2XK8VynJfLZnPLhgh904"  # fixed: names of tests are made from it
ALPHABET = string.digits + string.ascii_letters
MALFORMED = ["", "ba_", "x", KEY[:-1], KEY + "0", KEY[3:], "xx_" + KEY[3:], "ba_" + "é" * 38]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept/keys.json"


def test_a_key_is_a_prefix_32_random_characters_and_6_of_checksum() -> None:
    assert re.fullmatch(r"ba_[0-9A-Za-z]{38}", generate_key())
    assert is_well_formed(generate_key())


def test_no_two_keys_are_alike() -> None:
    assert len({generate_key() for _ in range(100)}) == 100


@given(st.integers(0, len(KEY) - 1), st.sampled_from(ALPHABET + "_"))
def test_any_single_changed_character_is_noticed(at: int, character: str) -> None:
    changed = KEY[:at] + character + KEY[at + 1 :]

    assert is_well_formed(changed) == (changed == KEY)


@pytest.mark.parametrize("key", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_not_a_key_is_malformed(key: str) -> None:
    assert not is_well_formed(key)


def test_a_key_lets_its_owner_in_with_its_scopes(path: Path) -> None:
    reader = generate_key()
    keys = KeyFile(path)
    keys.add(KEY, name="everything")
    keys.add(reader, name="dashboard", workspace="team", scopes=("read",))

    assert keys.principal(KEY) == Principal("default", frozenset({"ingest", "read", "admin"}))
    assert keys.principal(reader) == Principal("team", frozenset({"read"}))


def test_keys_are_there_after_a_restart(path: Path) -> None:
    KeyFile(path).add(KEY, name="one", workspace="team", scopes=("ingest",))

    assert KeyFile(path).principal(KEY) == Principal("team", frozenset({"ingest"}))


@pytest.mark.parametrize("key", [*MALFORMED, generate_key()], ids=range(len(MALFORMED) + 1))
def test_an_unknown_or_malformed_key_lets_nobody_in(path: Path, key: str) -> None:
    keys = KeyFile(path)
    keys.add(KEY, name="one")

    assert keys.principal(key) is None


@pytest.mark.parametrize("key", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_key_is_not_kept(path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a tracehouse key"):
        KeyFile(path).add(key, name="one")

    assert not path.exists()


def test_the_file_holds_no_key_and_is_its_owners_alone(path: Path) -> None:
    KeyFile(path).add(KEY, name="one")

    assert KEY not in path.read_text()
    assert KEY[3:-6] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]
