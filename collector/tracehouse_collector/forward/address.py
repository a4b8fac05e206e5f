"""Which addresses may be sent to: an address in a setting must not reach into a private network by
accident.

A name that is looked up a second time may lead elsewhere. So of a connection over HTTP the other
end is looked at before anything is sent, and gRPC, which shows it to nobody, is given the addresses
that were checked in place of the name.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError


class Forbidden(Exception):
    """An address that must not be sent to; the message says what to do."""


def check(url: str, *, allow_private: bool) -> None:
    """Raises Forbidden for an address that is not HTTP, or that leads into a private network."""
    host = _host(url)
    if not allow_private:
        look_up(host, allow_private=False)


def look_up(host: str, *, allow_private: bool) -> list[str]:
    """The addresses of a host, all of one family. Raises Forbidden when one of them is in a private
    network, and OSError when there are none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    for _, _, _, _, address in found:
        complaint = None if allow_private else _complaint(host, str(address[0]))
        if complaint:
            raise Forbidden(complaint)
    return [str(address[0]) for family, _, _, _, address in found if family == found[0][0]]


def pool(*, allow_private: bool, **options: Any) -> urllib3.PoolManager:
    """Connections over HTTP, to private networks only where that is allowed. Raises urllib3's
    NewConnectionError for others."""
    made = urllib3.PoolManager(**options)
    if not allow_private:
        made.pool_classes_by_scheme = {  # pyright: ignore[reportAttributeAccessIssue]
            "http": _PublicHttpPool,
            "https": _PublicHttpsPool,
        }
    return made


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as error:  # a UnicodeError is one
        raise Forbidden(f"{url}: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Forbidden(f"{url}: give an address that begins with http:// or https://")
    return host


def _complaint(host: str, address: str) -> str | None:
    if ipaddress.ip_address(address).is_global:
        return None
    return (
        f"{host} leads into a private network: if that is meant, the server's settings allow it "
        "(allow_private of a [[forward]], private_forwards for those made over the API)"
    )


def _public(connection: HTTPConnection, connected: socket.socket) -> socket.socket:
    complaint = _complaint(connection.host, connected.getpeername()[0])
    if complaint:
        connected.close()
        raise NewConnectionError(connection, complaint)
    return connected


class _PublicHttp(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _public(self, super()._new_conn())


class _PublicHttps(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _public(self, super()._new_conn())


class _PublicHttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHttp  # pyright: ignore[reportAssignmentType]


class _PublicHttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHttps  # pyright: ignore[reportAssignmentType]
