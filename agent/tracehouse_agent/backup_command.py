"""`tracehouse backup` and `tracehouse restore`: everything of a server, saved and brought back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from tracehouse.api_client import ApiClient
from tracehouse.errors import ClaudeMonitorError
from tracehouse.settings import resolve_destination

_TIMEOUT_SECONDS = 86_400.0


@click.command()
@click.argument("folder", default="")
def backup(folder: str) -> None:
    """Back the running server up, to FOLDER below its setting backup_dir.

    Nothing stops meanwhile. Copy the folder to another machine afterwards.
    """
    body = json.dumps({"folder": folder}).encode()
    try:
        destination = replace(resolve_destination(), timeout=_TIMEOUT_SECONDS)
        made = json.loads(ApiClient(destination).raw("POST", "/v1/admin/backup", body=body))
    except ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{made['folder']}: {made['file_count']:,} files, {made['bytes']:,} bytes")
    for what in made["left_out"]:
        click.echo(f"left out: {what}", err=True)


@click.command()
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--data-dir", required=True, type=click.Path(path_type=Path), help="A new folder to make of it."
)
def restore(backup: Path, data_dir: Path) -> None:
    """Make a data folder of BACKUP; then: tracehouse serve --data-dir …"""
    from tracehouse_api.lifecycle.restore import NotRestored
    from tracehouse_api.lifecycle.restore import restore as bring_back
    from tracehouse_collector.data_dir import DataDirInUse

    try:
        manifest = bring_back(backup, data_dir)
    except (NotRestored, DataDirInUse) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or data_dir}: {error.strerror}") from None
    click.echo(f"restored to {data_dir}: tracehouse serve --data-dir {data_dir}")
    for what in manifest["left_out"]:
        click.echo(f"not in it: {what}", err=True)
