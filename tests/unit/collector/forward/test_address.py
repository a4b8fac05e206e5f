"""Addresses that must not be sent to."""

from __future__ import annotations

import socket

import pytest
from urllib3.exceptions import NewConnectionError

from tracehouse_collector.forward.address import Forbidden, check, pool


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


def test_a_name_that_leads_elsewhere_the_second_time_is_found_out() -> None:
    """The check is past; the connection itself ends in a private network."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(NewConnectionError, match="allow_private"):
            pool(allow_private=False, retries=False).request("GET", url)
        server.settimeout(2)
        connection, _ = server.accept()
        assert connection.recv(100) == b"", "nothing was sent"


def test_a_public_address_is_fine() -> None:
    check("https://1.1.1.1", allow_private=False)
