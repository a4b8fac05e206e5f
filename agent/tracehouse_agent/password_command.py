"""`tracehouse password`: set an account's password on the machine that serves."""

from __future__ import annotations

from pathlib import Path

import click

from tracehouse_collector.settings import load_settings


@click.command("password")
@click.option("--email", help="whose; default: the local owner's")
@click.option("--new-email", help="give the account this address, to log in with")
@click.option("--data-dir", type=Path, help="the server's data folder")
@click.password_option(help="asked for when it is not given")
def set_password(
    email: str | None, new_email: str | None, data_dir: Path | None, password: str
) -> None:
    """Set a password, so that its account can log in from other machines.

    It is written to the metadata database; a server that runs sees it at once."""
    from tracehouse_api.identity.accounts import Accounts
    from tracehouse_api.meta.database import Meta
    from tracehouse_collector.data_dir import metadata_path

    settings = load_settings(data_dir=data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    accounts = Accounts(Meta(settings.meta_url, metadata_path(settings.data_dir)))
    owner = accounts.ensure_owner()
    found = accounts.find_by_email(email) if email else accounts.find(owner)
    if found is None:
        raise click.ClickException(f"there is no account {email}")
    try:
        if new_email:
            accounts.change(found["id"], email=new_email)
        accounts.set_password(found["id"], password)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{new_email or found['email']} can log in with this password now")
