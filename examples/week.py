"""Fill a server with a believable week: agents, trainings, rollouts, scores, prompts, evaluations.

python examples/week.py [--seed 7]

The server is found as the SDK finds it: the one of this machine, or by TRACEHOUSE_API_BASE and
TRACEHOUSE_API_KEY. Everything is made up, by the seed, and ends now.
"""

from __future__ import annotations

import subprocess
import time

from _week.clock import Clock

clock = Clock().install()  # before what keeps `time.time_ns` to itself is imported

import click
import httpx
from _week.filling import parts, unheard
from _week.otlp import Door

import tracehouse as cm
from tracehouse.settings import resolve_destination


@click.command()
@click.option("--seed", default=7, show_default=True, help="Another week.")
def fill(seed: int) -> None:
    """Fill the server that the SDK finds with a week of agents and trainings."""
    try:
        server = resolve_destination()
    except cm.ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None
    if not server.api_key:
        raise click.ClickException(
            "there is no server of this machine's: start one with `make serve`, or set"
            " TRACEHOUSE_API_BASE and TRACEHOUSE_API_KEY"
        )
    door = Door(server.api_base, server.api_key)
    for part in parts(clock, door, seed):
        began = time.monotonic()
        try:
            with unheard():
                part.send()
        except (httpx.HTTPError, cm.ClaudeMonitorError) as error:
            raise click.ClickException(f"{part.title}: {error}") from None
        except subprocess.CalledProcessError as error:
            raise click.ClickException(f"{part.title}: {error.stderr}") from None
        click.echo(f"{part.title}  {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    fill()
