"""Which addresses may be sent to: an address in a setting must not reach into a private network by
accident."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


class Forbidden(Exception):
    """An address that must not be sent to; the message says what to do."""


def check(url: str, *, allow_private: bool) -> None:
    """Raises Forbidden for an address that is not HTTP, or that leads into a private network."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden(f"{url}: give an address that begins with http:// or https://")
    if allow_private:
        return
    for found in socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM):
        address = ipaddress.ip_address(found[4][0])
        if not address.is_global:
            raise Forbidden(
                f"{parts.hostname} is {address}, an address of a private network: set "
                "allow_private = true for this destination if that is meant"
            )
