"""`tracehouse`: the commands, and how they speak to people."""

from __future__ import annotations

import importlib.util
import sys

import click

from tracehouse_agent.agent_command import agent
from tracehouse_agent.backup_command import backup
from tracehouse_agent.completion_command import completion
from tracehouse_agent.doctor_command import doctor
from tracehouse_agent.hook_command import hook
from tracehouse_agent.install_command import install, uninstall
from tracehouse_agent.login_command import login, logout
from tracehouse_agent.project_command import export_project, import_project
from tracehouse_agent.sql_command import sql
from tracehouse_agent.sync_command import sync
from tracehouse_agent.wandb_shim_command import wandb_shim


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tracehouse")
@click.pass_context
def main(context: click.Context) -> None:
    """The self-hosted home for AI-agent traces and training runs.

    Without a command: set-up and status, in a terminal.
    """
    if context.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from tracehouse_agent.terminal import Terminal  # only now: it takes long to load

            Terminal().run()
        else:
            context.invoke(doctor, as_json=False, quiet=False, redact=None)


def _add_server_commands() -> None:
    if importlib.util.find_spec("chdb") is not None:
        from tracehouse_agent.backup_command import restore
        from tracehouse_agent.password_command import set_password
        from tracehouse_agent.serve_command import serve

        main.add_command(serve)
        main.add_command(set_password)
        main.add_command(restore)
        return

    @main.command(context_settings={"ignore_unknown_options": True})
    @click.argument("ignored", nargs=-1)
    def serve(ignored: tuple[str, ...]) -> None:  # pyright: ignore[reportUnusedFunction]
        """Run the server (needs `pip install 'tracehouse[server]'`)."""
        del ignored
        raise click.ClickException(
            "the server is not installed: run  pip install 'tracehouse[server]'"
        )


_add_server_commands()
for command in (login, logout, install, uninstall, agent, doctor, hook, sync, sql, export_project,
                import_project, backup, completion, wandb_shim):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
