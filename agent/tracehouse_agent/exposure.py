"""Whether a server may be reached from other machines."""

from __future__ import annotations

import ipaddress
import logging

from tracehouse_api.identity.accounts import Accounts
from tracehouse_collector.settings import ServerSettings

logger = logging.getLogger(__name__)


def refuse_open_doors(settings: ServerSettings, accounts: Accounts) -> None:
    """Raises ValueError for a server that others could reach, with neither TLS nor an account that
    has a password: the link that signs its owner in would travel in the clear."""
    if is_loopback(settings.host) or settings.tls_certificate:
        return
    if not accounts.any_password:
        raise ValueError(
            f"{settings.host} can be reached from other machines: first set a password with "
            "`tracehouse password`, or listen with TLS (--tls-certificate and --tls-key), or stay "
            "on this machine with --host 127.0.0.1"
        )
    logger.warning(
        "%s can be reached from other machines without TLS: keys and passwords travel in the clear "
        "unless a proxy in front has it",
        settings.host,
    )


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
