"""`tracehouse hook`: what Claude Code runs before a tool, by its long way.

`install` writes a shorter one, that does not load this program: see `hook.py`.
"""

from __future__ import annotations

import os

import click

from tracehouse_agent.hook import main


@click.command(hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("ignored", nargs=-1)
def hook(ignored: tuple[str, ...]) -> None:
    """Wake the recorder. Run by Claude Code."""
    del ignored
    try:
        main()
    finally:
        os._exit(0)  # any other code would be told to the user, and 2 would block the tool
