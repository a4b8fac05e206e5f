"""Addresses that must not be sent to."""

from __future__ import annotations

import pytest

from tracehouse_collector.forward.address import Forbidden, check


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4318", "http://localhost", "http://10.1.2.3", "http://192.168.0.1/x",
        "http://169.254.169.254/latest/meta-data", "http://[::1]:80", "http://0.0.0.0",
        "http://2130706433", "http://[::ffff:127.0.0.1]",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_unless_allowed(url: str) -> None:
    with pytest.raises(Forbidden, match="allow_private"):
        check(url, allow_private=False)
    check(url, allow_private=True)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "example.com", "ftp://example.com", "http://"]
)
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(Forbidden, match="http"):
        check(url, allow_private=True)


def test_a_public_address_is_fine() -> None:
    check("https://1.1.1.1", allow_private=False)
