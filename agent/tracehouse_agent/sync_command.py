"""`tracehouse sync`: send what programs on this machine could not, or were told not to, send."""

from __future__ import annotations

from pathlib import Path

import click

from tracehouse.errors import ClaudeMonitorError
from tracehouse.settings import resolve_destination
from tracehouse.sync import find_buffers
from tracehouse.sync import sync as send


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, path_type=Path))
def sync(directory: Path | None) -> None:
    """Send what is kept on disk in DIRECTORY, or in this user's own buffers."""
    paths = find_buffers(directory)
    if not paths:
        click.echo("nothing to send")
        return
    try:
        destination = resolve_destination()
    except ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None
    failed = 0
    with click.progressbar(length=_bytes(paths), label=f"to {destination.api_base}") as bar:
        results = list(send(paths, resolve_destination, progress=bar.update))
    for result in results:
        if result.sent:
            click.echo(f"sent   {result.path.name}")
        else:
            failed += 1
            click.echo(f"kept   {result.path}: {result.reason or 'the server took too long'}")
    if failed:
        raise click.ClickException(f"{failed} of {len(results)} could not be sent: try again later")


def _bytes(paths: list[Path]) -> int:
    return sum(file.stat().st_size for path in paths for file in path.glob("*.otlp"))
