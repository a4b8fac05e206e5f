"""API keys: their form, and how they are kept."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse_collector.keys import Prefix, generate_key, hashed, is_well_formed

KEY = "ba_GeKqDgN4YZy9Ttuycw2XK8VynJfLZnPLhgh904"  # fixed: names of tests are made from it
ALPHABET = string.digits + string.ascii_letters
MALFORMED = ["", "ba_", "x", KEY[:-1], KEY + "0", KEY[3:], "xx_" + KEY[3:], "ba_" + "é" * 38]


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


@pytest.mark.parametrize("prefix", ["ba_", "anon_", "share_"])
def test_each_kind_of_key_has_its_prefix(prefix: Prefix) -> None:
    key = generate_key(prefix)

    assert key.startswith(prefix)
    assert is_well_formed(key)


def test_a_key_is_kept_as_its_sha256() -> None:
    assert hashed("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
