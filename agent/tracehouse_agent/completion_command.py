"""`tracehouse completion`: what a shell needs to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print completion for SHELL.

    For example:  tracehouse completion zsh > ~/.zfunc/_tracehouse
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, "tracehouse", "_TRACEHOUSE_COMPLETE").source())
