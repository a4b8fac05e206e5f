"""The door: which key a request shows, and whom it lets in."""

from __future__ import annotations

import base64

import pytest

from tracehouse_collector.admit.admission import authenticate, credential
from tracehouse_collector.admit.refusal import FORBIDDEN, UNAUTHENTICATED, Refusal
from tracehouse_collector.keys import Keys, Principal, generate_key

KEY = "ba_GeKqDgN4YZy9Ttuycw2XK8VynJfLZnPLhgh904"  # fixed: names of tests are made from it


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (f"Bearer {KEY}", None),
        (f"bearer {KEY}", None),
        (f"  BEARER   {KEY}  ", None),
        (basic(f"user:{KEY}"), None),
        (basic(f":{KEY}"), None),
        (basic(f"user:{KEY}").replace("Basic", "basic"), None),
        (None, KEY),
        (None, f" {KEY} "),
        ("", KEY),
        ("Bearer ", KEY),
        (f"Bearer {KEY}", "another"),
    ],
)
def test_a_key_is_found_wherever_it_may_stand(
    authorization: str | None, api_key: str | None
) -> None:
    assert credential(authorization, api_key) == KEY


def test_a_password_may_hold_colons() -> None:
    assert credential(basic("user:a:b"), None) == "a:b"


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (None, None),
        ("", ""),
        (None, "   "),
        ("Bearer", None),
        ("Bearer   ", None),
        (KEY, None),
        (f"Digest {KEY}", None),
        ("Basic", None),
        ("Basic not base64!", None),
        ("Basic /w==", None),
        (basic("user"), None),
        (basic("user:"), None),
    ],
)
def test_no_key_is_found_where_none_is(authorization: str | None, api_key: str | None) -> None:
    assert credential(authorization, api_key) is None


class OneKey:
    """Lets one key send."""

    def principal(self, key: str) -> Principal | None:
        return Principal("team", frozenset(("ingest",))) if key == KEY else None


@pytest.fixture
def keys() -> Keys:
    return OneKey()


def test_a_known_key_with_the_scope_is_let_in(keys: Keys) -> None:
    assert authenticate(keys, f"Bearer {KEY}", None, scope="ingest").workspace == "team"


def test_without_a_key_one_is_told_how_to_send_it(keys: Keys) -> None:
    with pytest.raises(Refusal, match=r"no API key: .*Bearer.*Basic.*x-api-key") as refused:
        authenticate(keys, None, None, scope="ingest")

    assert refused.value.kind is UNAUTHENTICATED


@pytest.mark.parametrize("key", [generate_key(), "ba_mistyped", "secret", "é"], ids=range(4))
def test_an_unknown_key_is_refused_and_not_repeated(keys: Keys, key: str) -> None:
    with pytest.raises(Refusal, match="not known here, or was revoked") as refused:
        authenticate(keys, None, key, scope="ingest")

    assert refused.value.kind is UNAUTHENTICATED
    assert key not in refused.value.message


def test_a_key_without_the_scope_is_forbidden(keys: Keys) -> None:
    with pytest.raises(Refusal, match="no 'read' scope") as refused:
        authenticate(keys, None, KEY, scope="read")

    assert refused.value.kind is FORBIDDEN


def test_no_refusal_of_a_key_asks_for_a_retry(keys: Keys) -> None:
    for key, scope in ((None, "ingest"), ("unknown", "ingest"), (KEY, "admin")):
        with pytest.raises(Refusal) as refused:
            authenticate(keys, None, key, scope=scope)
        assert refused.value.retry_after is None
