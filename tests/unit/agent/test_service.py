"""The background service, with a system that only notes what it is told."""

from __future__ import annotations

import os
import plistlib
import stat
import sys
from pathlib import Path

import pytest

from tracehouse_agent import service
from tracehouse_agent.service import CannotServe
from tracehouse_agent.service.detached import Detached
from tracehouse_agent.service.launchd import Launchd
from tracehouse_agent.service.service import quoted, recorder_command
from tracehouse_agent.service.systemd import Systemd


class System:
    """Stands in for systemctl, loginctl and launchctl."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.bin.mkdir()

    def has(self, program: str, answers: str = "") -> None:
        """A program that notes its arguments; `answers` are cases of a shell."""
        script = f'#!/bin/sh\necho "{program} $*" >> {self.calls}\ncase "$*" in\n{answers}\nesac\n'
        path = self.bin / program
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def told(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    made = System(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TRACEHOUSE_API_KEY", "ba_" + "s" * 38)
    return made


def test_systemd_is_asked_whether_it_answers(system: System) -> None:
    system.has("systemctl", "*show-environment*) exit 1;;")
    assert not Systemd.works(), "there, and without a bus"
    assert isinstance(service.available(), Detached)
    system.has("systemctl")
    assert isinstance(service.available(), Systemd)


def test_a_unit_is_written_started_and_taken_out(system: System) -> None:
    system.has("systemctl", "*is-active*) echo active;;")
    system.has("loginctl", "*) echo Linger=no;;")
    unit = Systemd()
    unit.install()
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "systemd/user/tracehouse.service"
    text = path.read_text()
    assert f'ExecStart="{sys.executable}" "-m"' in text
    assert f'Environment="XDG_STATE_HOME={os.environ["XDG_STATE_HOME"]}"' in text
    assert "ba_" not in text, "no key in a unit"
    told = system.told()
    assert told[-3:] == [
        "systemctl --user daemon-reload",
        "systemctl --user enable --now tracehouse.service",
        "systemctl --user restart tracehouse.service",
    ]
    state = unit.state()
    assert state.running
    assert "enable-linger" in state.hint
    path.write_text("old")
    assert "tracehouse install" in unit.state().hint
    unit.install()
    assert path.read_text() == text
    assert service.installed() is not None
    unit.uninstall()
    assert not path.exists()
    assert "systemctl --user disable --now tracehouse.service" in system.told()


def test_a_system_that_refuses_is_told_of(system: System) -> None:
    system.has("systemctl", "*enable*) echo 'Access denied' >&2; exit 1;;")
    with pytest.raises(CannotServe, match="Access denied"):
        Systemd().install()


def test_words_of_a_unit_mean_what_they_say() -> None:
    assert quoted(["a b", 'x"y', "50%", "$HOME"]) == '"a b" "x\\"y" "50%%" "$$HOME"'


def test_launchd(system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system.has("launchctl", '*"bootstrap gui"*) exit 5;;\n*print*) echo "state = running";;')
    assert not Launchd.works(), "on another system"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Launchd.works()
    agent = Launchd()
    agent.install()
    path = tmp_path / "Library/LaunchAgents/ai.tracehouse.recorder.plist"
    plist = plistlib.loads(path.read_bytes())
    assert plist["ProgramArguments"][:3] == recorder_command()[:3]
    assert plist["RunAtLoad"]
    assert "ba_" not in path.read_text()
    assert f"launchctl bootstrap user/{os.getuid()} {path}" in system.told(), "over ssh alone"
    assert agent.state().running
    agent.uninstall()
    assert not path.exists()


def test_a_process_of_its_own_that_ends_at_once_is_told_of(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tracehouse_agent.service.detached.recorder_command", lambda: [sys.executable, "-c", "0"]
    )
    with pytest.raises(CannotServe, match="ended at once"):
        Detached().install()
    assert Detached().state().installed
    Detached().uninstall()
    assert not Detached().state().installed
