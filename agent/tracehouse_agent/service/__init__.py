"""The recorder in the background, by whatever this machine has for it."""

from __future__ import annotations

from tracehouse_agent.service.detached import Detached
from tracehouse_agent.service.launchd import Launchd
from tracehouse_agent.service.service import CannotServe, Service, ServiceState, recorder_command
from tracehouse_agent.service.systemd import Systemd

__all__ = ["CannotServe", "Service", "ServiceState", "available", "installed", "recorder_command"]


def available() -> Service:
    """The best there is: systemd's user manager, launchd, or a process of its own."""
    kinds: tuple[type[Service], ...] = (Systemd, Launchd, Detached)
    return next(kind() for kind in kinds if kind.works())


def installed() -> Service | None:
    """The one that was installed, whatever there is now."""
    kinds: tuple[type[Service], ...] = (Systemd, Launchd, Detached)
    return next((service for kind in kinds if (service := kind()).is_installed()), None)
