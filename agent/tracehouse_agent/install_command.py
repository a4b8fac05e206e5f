"""`tracehouse install` and `uninstall`: the hook and the background service."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tracehouse_agent import settings_patch
from tracehouse_agent.profile import read_profile
from tracehouse_agent.recorder.config import recorder_dir
from tracehouse_agent.recorder.roots import CLAUDE, CODEX, default_roots
from tracehouse_agent.service import CannotServe, Service, available, installed
from tracehouse_agent.settings_patch import CannotPatch
from tracehouse_agent.voice import Voice, speaks


@click.command()
@click.option("--no-hook", is_flag=True, help="Leave Claude Code's settings alone.")
@click.option("--no-service", is_flag=True, help="Start nothing in the background.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed.")
@speaks
def install(no_hook: bool, no_service: bool, dry_run: bool, voice: Voice) -> None:
    """Record Claude Code and Codex from now on: hook and background service.

    The same again renews both, after an upgrade for example.
    """
    _must_be_logged_in()
    agents = _agents()
    voice.result(agents=sorted(agents))
    problems: list[str] = []
    for path in [] if no_hook else settings_files():
        try:
            problems += _hook(path, dry_run, voice)
        except (CannotPatch, OSError) as error:
            problems.append(str(error))
    if not no_service and not dry_run:
        try:
            service = available()
            _leave_others(service)
            service.install()
            voice.say(f"recording in the background ({service.kind})")
            voice.result(service=service.kind)
        except (CannotServe, OSError) as error:
            problems.append(str(error))
    if not agents:
        voice.say("neither Claude Code nor Codex is here yet: they are recorded once they are")
    for problem in problems:
        click.echo(f"Error: {problem}", err=True)
    voice.result(problems=problems)
    if not problems and not dry_run:
        voice.say("`tracehouse doctor` says how it goes; `tracehouse uninstall` undoes all of it")
    voice.end(1 if problems else 0)


@click.command()
@click.option("--forget", is_flag=True, help="Forget what was read, too: it would be read again.")
@speaks
def uninstall(forget: bool, voice: Voice) -> None:
    """Take out the hook and the background service. What was recorded stays."""
    problems: list[str] = []
    try:
        service = installed()
        if service is not None:
            service.uninstall()
            voice.say(f"the background service is gone ({service.kind})")
        voice.result(service=service.kind if service else None)
    except (CannotServe, OSError) as error:
        problems.append(str(error))
    for path in settings_files():
        try:
            patch = settings_patch.change(path, recorder_dir() / "settings", install=False)
            if patch.changes:
                voice.say(f"the hook is out of {path}")
        except (CannotPatch, OSError) as error:
            problems.append(str(error))
    if forget:
        for name in ("positions.sqlite", "positions.sqlite-wal", "status.json"):
            (recorder_dir() / name).unlink(missing_ok=True)
    for problem in problems:
        click.echo(f"Error: {problem}", err=True)
    voice.result(problems=problems)
    voice.end(1 if problems else 0)


def settings_files() -> list[Path]:
    """Claude Code's settings of this user, one for each configuration folder that is there."""
    return [
        root.path / "settings.json"
        for root in default_roots()
        if root.agent == CLAUDE
        and root.path.is_dir()
        and "Application Support" not in root.path.parts
    ]


def _agents() -> set[str]:
    return {
        {CLAUDE: "Claude Code", CODEX: "Codex"}[root.agent]
        for root in default_roots()
        if root.path.is_dir()
    }


def _hook(path: Path, dry_run: bool, voice: Voice) -> list[str]:
    if dry_run:
        plan = settings_patch.plan_install(path)
        voice.say(plan.diff() or f"{path} has the hook already")
        voice.result(diff=plan.diff())
        return []
    patch = settings_patch.change(path, recorder_dir() / "settings", install=True)
    voice.say(f"the hook {'is in' if patch.changes else 'was in already:'} {path}")
    voice.result(settings=str(path))
    return []


def _must_be_logged_in() -> None:
    try:
        profile = read_profile()
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if profile.get("api_key"):
        return
    if os.environ.get("TRACEHOUSE_API_KEY"):
        raise click.ClickException(
            "the key is in this shell's environment alone, which a service does not have: run  "
            "tracehouse login"
        )
    raise click.ClickException("there is no API key yet: run  tracehouse login")


def _leave_others(service: Service) -> None:
    """One recorder a user: what was installed another way goes."""
    other = installed()
    if other is not None and other.kind != service.kind:
        other.uninstall()
