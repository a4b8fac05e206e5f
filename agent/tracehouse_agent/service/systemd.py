"""A unit of systemd's user manager."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from tracehouse_agent.service.service import (
    Service,
    ServiceState,
    must,
    places,
    quoted,
    recorder_command,
    run,
    write,
)

_UNIT = "tracehouse.service"


class Systemd(Service):
    kind = "systemd"

    @staticmethod
    def works() -> bool:
        # systemctl may be there without a manager that answers: in containers, over su, over ssh.
        return run("systemctl", "--user", "show-environment").returncode == 0

    @property
    def _path(self) -> Path:
        config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return config / "systemd/user" / _UNIT

    def is_installed(self) -> bool:
        return self._path.exists()

    def install(self) -> None:
        changed = write(self._path, _unit().encode())
        if changed:
            must("systemctl", "--user", "daemon-reload")
        must("systemctl", "--user", "enable", "--now", _UNIT)
        # The same unit may run an older version of the program.
        must("systemctl", "--user", "restart", _UNIT)

    def uninstall(self) -> None:
        if not self.is_installed():
            return
        run("systemctl", "--user", "disable", "--now", _UNIT)
        self._path.unlink(missing_ok=True)
        run("systemctl", "--user", "daemon-reload")

    def restart(self) -> None:
        must("systemctl", "--user", "restart", _UNIT)

    def state(self) -> ServiceState:
        if not self.is_installed():
            return ServiceState(self.kind, installed=False, running=False)
        running = run("systemctl", "--user", "is-active", _UNIT).stdout.strip()
        hints: list[str] = []
        if self._path.read_text() != _unit():
            hints.append("it runs another installation: `tracehouse install` renews it")
        lingers = run("loginctl", "show-user", getpass.getuser(), "--property=Linger")
        if lingers.stdout.strip() == "Linger=no":
            hints.append("it ends when you log out: `loginctl enable-linger` keeps it")
        if running != "active":
            hints.append(f"`journalctl --user -u {_UNIT}` says why")
        return ServiceState(
            self.kind, True, running == "active", f"{_UNIT} is {running or 'unknown'}",
            "; ".join(hints),
        )  # fmt: skip


def _unit() -> str:
    environment = "".join(f"Environment={quoted([f'{k}={v}'])}\n" for k, v in places().items())
    return f"""[Unit]
Description=tracehouse: records Claude Code and Codex
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
ExecStart={quoted(recorder_command())}
{environment}Restart=on-failure
RestartSec=5
TimeoutStopSec=10
Nice=10
IOSchedulingClass=idle
MemoryHigh=256M
NoNewPrivileges=true
UMask=0077

[Install]
WantedBy=default.target
"""
