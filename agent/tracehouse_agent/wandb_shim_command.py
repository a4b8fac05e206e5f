"""`tracehouse wandb-shim`: the folder for PYTHONPATH that makes `import wandb` log here."""

from __future__ import annotations

import click


@click.command("wandb-shim")
def wandb_shim() -> None:
    """Print a folder; with it in PYTHONPATH, `import wandb` logs to tracehouse.

    PYTHONPATH=$(tracehouse wandb-shim) python train.py
    """
    from tracehouse.wandb.shim import make_shim  # only now: it loads the SDK

    try:
        click.echo(make_shim())
    except OSError as error:
        raise click.ClickException(f"the folder cannot be written: {error}") from None
