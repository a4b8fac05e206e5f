"""An agent of macOS's launchd."""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

from tracehouse_agent.service.service import (
    CannotServe,
    Service,
    ServiceState,
    log_path,
    must,
    places,
    recorder_command,
    run,
    write,
)

_LABEL = "ai.tracehouse.recorder"


class Launchd(Service):
    kind = "launchd"

    @staticmethod
    def works() -> bool:
        return sys.platform == "darwin" and run("launchctl", "managername").returncode == 0

    @property
    def _path(self) -> Path:
        return Path.home() / "Library/LaunchAgents" / f"{_LABEL}.plist"

    def is_installed(self) -> bool:
        return self._path.exists()

    def install(self) -> None:
        write(self._path, _plist())
        self._boot_out()
        try:
            must("launchctl", "bootstrap", f"gui/{os.getuid()}", str(self._path))
        except CannotServe:  # logged in over ssh alone
            must("launchctl", "bootstrap", f"user/{os.getuid()}", str(self._path))

    def uninstall(self) -> None:
        if not self.is_installed():
            return
        self._boot_out()
        self._path.unlink(missing_ok=True)

    def restart(self) -> None:
        must("launchctl", "kickstart", "-k", f"{self._domain()}/{_LABEL}")

    def state(self) -> ServiceState:
        if not self.is_installed():
            return ServiceState(self.kind, installed=False, running=False)
        printed = run("launchctl", "print", f"{self._domain()}/{_LABEL}")
        running = printed.returncode == 0 and "state = running" in printed.stdout
        hint = "" if running else f"{log_path()} says why; `tracehouse install` starts it"
        if self._path.read_bytes() != _plist():
            hint = "it runs another installation: `tracehouse install` renews it"
        return ServiceState(self.kind, True, running, _LABEL, hint)

    def _domain(self) -> str:
        gui = f"gui/{os.getuid()}"
        loaded = run("launchctl", "print", f"{gui}/{_LABEL}").returncode == 0
        return gui if loaded else f"user/{os.getuid()}"

    def _boot_out(self) -> None:
        for domain in ("gui", "user"):
            run("launchctl", "bootout", f"{domain}/{os.getuid()}/{_LABEL}")


def _plist() -> bytes:
    return plistlib.dumps(
        {
            "Label": _LABEL,
            "ProgramArguments": [*recorder_command(), "--log-file", str(log_path())],
            "EnvironmentVariables": places(),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Umask": 0o077,
        }
    )
