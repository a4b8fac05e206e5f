"""`make demo`: a fresh server, programs that know nothing of it and some that do, what arrived.

python examples/demo.py [--keep]
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import click
from _demo.expected import NODE_APP, PYTHON_APP, Expected, await_arrival
from _demo.programs import (
    ProgramFailed,
    otel_environment,
    run_node_app,
    run_python_app,
    run_sdk_example,
)
from _demo.report import print_report, print_runs
from _demo.server import Server, running_server


@dataclass(frozen=True)
class Run:
    """One program, over one protocol, under a service name of its own."""

    title: str
    service: str
    protocol: str
    program: Callable[[dict[str, str]], str]
    expected: Expected


RUNS = (
    Run("Python", "support-agent-grpc", "grpc", run_python_app, PYTHON_APP),
    Run("Python", "support-agent-http", "http/protobuf", run_python_app, PYTHON_APP),
    Run("Node", "trip-planner", "http/protobuf", run_node_app, NODE_APP),
)

SDK_EXAMPLES = ("chat_agent.py", "training_loop.py", "rl_loop.py")


@click.command()
@click.option("--keep", is_flag=True, help="Leave the server running until Ctrl-C.")
def demo(keep: bool) -> None:
    """Run the examples against a fresh server, and print what arrived."""
    # Ended from outside, the demo still takes its server with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    click.echo(f"\n  {click.style('■', fg='cyan')} {click.style('tracehouse demo', bold=True)}\n")
    started = time.monotonic()
    with running_server() as server:
        _done(f"a fresh server on {server.http}", started)
        for run in RUNS:
            _execute(run, server)
        for example in SDK_EXAMPLES:
            _execute_sdk(example, server)
        started = time.monotonic()
        if missing := await_arrival(server, {run.service: run.expected for run in RUNS}):
            raise click.ClickException("this did not arrive:\n  " + "\n  ".join(missing))
        _done("everything they sent can be queried", started)
        print_report(server, [run.service for run in RUNS])
        print_runs(server)
        _invite(server, keep)
    click.echo("  The server has stopped, and its folders are gone.\n")


def _execute(run: Run, server: Server) -> None:
    started = time.monotonic()
    endpoint = server.grpc if run.protocol == "grpc" else server.http
    try:
        run.program(
            otel_environment(run.service, endpoint=endpoint, protocol=run.protocol, key=server.key)
        )
    except ProgramFailed as error:
        raise click.ClickException(str(error)) from None
    _done(f"{run.title} over {run.protocol}, as {run.service}", started)


def _execute_sdk(example: str, server: Server) -> None:
    started = time.monotonic()
    try:
        run_sdk_example(example, server.user)
    except ProgramFailed as error:
        raise click.ClickException(str(error)) from None
    _done(f"the SDK: examples/sdk/{example}", started)


def _done(what: str, started: float) -> None:
    seconds = click.style(f"{time.monotonic() - started:.1f} s", dim=True)
    click.echo(f"    {click.style('✓', fg='green')} {what}  {seconds}")


def _invite(server: Server, keep: bool) -> None:
    curl = f"curl -H 'x-api-key: {server.key}' {server.http}/v1/traces"
    click.echo(f"\n  {click.style('Try it', bold=True)}\n\n    {curl}\n")
    if not keep:
        click.echo("  (with --keep, which leaves the server running)\n")
        return
    click.echo("  The server runs until Ctrl-C.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo()


if __name__ == "__main__":
    demo()
