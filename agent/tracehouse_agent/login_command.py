"""`tracehouse login` and `logout`: this machine's key."""

from __future__ import annotations

import os
import sys

import click

from tracehouse.settings import LOCAL_SERVER, Destination
from tracehouse_agent.profile import profile_path, read_profile, remove_profile, write_profile
from tracehouse_agent.server_check import check_server
from tracehouse_agent.service import CannotServe, installed
from tracehouse_agent.voice import Voice, speaks


@click.command()
@click.option("--api-key", help="The key; asked for, or read from standard input, without it.")
@click.option("--api-base", help="The server's address.")
@click.option("--no-check", is_flag=True, help="Keep the key without asking the server about it.")
@speaks
def login(api_key: str | None, api_base: str | None, no_check: bool, voice: Voice) -> None:
    """Keep an API key and the server's address for programs on this machine."""
    try:
        known = read_profile()
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    base = (
        api_base or os.environ.get("TRACEHOUSE_API_BASE") or known.get("api_base") or LOCAL_SERVER
    ).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise click.UsageError(f"{base!r} is no address: it begins with https:// or http://")
    key = (api_key or os.environ.get("TRACEHOUSE_API_KEY") or _ask(base)).strip()
    if not key.startswith("ba_"):
        raise click.UsageError("an API key starts with ba_: make one in the web UI")
    if not no_check:
        found = check_server(Destination(base, key))
        if found.key_works is False:
            raise click.ClickException(f"{base} does not know this key: make a new one there")
        if not found.reachable or found.key_works is None:
            raise click.ClickException(
                f"{found.problem}: is the address right? --no-check keeps the key all the same"
            )
    try:
        write_profile(base, key)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    _renew()
    voice.say(f"logged in to {base}; the key is in {profile_path()}")
    voice.say("next:  tracehouse install   records Claude Code and Codex")
    voice.result(api_base=base, credentials=str(profile_path()), checked=not no_check)
    voice.end()


@click.command()
@speaks
def logout(voice: Voice) -> None:
    """Forget this machine's key, and stop recording."""
    service = installed()
    try:
        if service is not None:
            service.uninstall()
        had = remove_profile()
    except (ValueError, OSError, CannotServe) as error:
        raise click.ClickException(str(error)) from None
    voice.say("logged out" if had else "nobody was logged in")
    if service is not None:
        voice.say("recording has stopped; `tracehouse login` and `install` begin it again")
    if os.environ.get("TRACEHOUSE_API_KEY"):
        voice.say("TRACEHOUSE_API_KEY is still set in this shell")
    voice.result(logged_out=had, stopped=service is not None)
    voice.end()


def _ask(base: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    click.echo(f"an API key of {base} (it is not shown):", err=True)
    return click.prompt("key", hide_input=True, err=True)


def _renew() -> None:
    """A recorder that runs sends to the new address from now on."""
    service = installed()
    if service is None:
        return
    try:
        service.restart()
    except CannotServe as error:
        click.echo(f"the recorder was not restarted: {error}", err=True)
