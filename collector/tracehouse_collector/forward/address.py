"""Which addresses may be sent to: an address in a setting must not reach into a private network by
accident.

A name is looked up once by the check and once more by the connection, and may lead elsewhere the
second time: so the connection's other end is looked at, too, before anything is sent.
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
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden(f"{url}: give an address that begins with http:// or https://")
    if allow_private:
        return
    for found in socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM):
        if complaint := _complaint(parts.hostname, str(found[4][0])):
            raise Forbidden(complaint)


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


def _complaint(host: str, address: str) -> str | None:
    if ipaddress.ip_address(address).is_global:
        return None
    return (
        f"{host} is {address}, an address of a private network: set allow_private = true for this "
        "destination if that is meant"
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
