"""`make demo`: a fresh server with a believable week in it, and what to ask of it.

python examples/demo.py [--once] [--examples] [--http-port 4318] [--folder FOLDER]
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from _demo.expected import NODE_APP, PYTHON_APP, Expected, await_arrival
from _demo.programs import (
    ProgramFailed,
    fill_week,
    otel_environment,
    run_js_sdk_example,
    run_node_app,
    run_python_app,
    run_sdk_example,
)
from _demo.questions import QUESTIONS
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

SDK_EXAMPLES = (
    "chat_agent.py",
    "training_loop.py",
    "rl_loop.py",
    "grpo_rollouts.py",
    "agent_with_agenttrace.py",
    "tracelet_training.py",
)

JS_SDK_EXAMPLES = ("agent.js", "training_loop.js")


@click.command()
@click.option("--once", is_flag=True, help="End when everything has arrived: for CI.")
@click.option("--examples", is_flag=True, help="Run the example programs, too, and say what came.")
@click.option(
    "--http-port", "port", default=0, help="Of the page and the API; any free one by default."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data there, for the next time. By default it is gone at the end.",
)
def demo(once: bool, examples: bool, port: int, folder: Path | None) -> None:
    """Fill a fresh server with a week of agents and trainings, and say what to ask of it."""
    # Ended from outside, the demo still takes its server with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    click.echo(f"\n  {click.style('■', fg='cyan')} {click.style('tracehouse demo', bold=True)}\n")
    started = time.monotonic()
    try:
        with running_server(folder, port) as server:
            _done(f"a server of its own on {server.http}, with its data in {server.home}", started)
            if not server.is_filled:
                _fill(server)
            if examples:
                _run_examples(server)
            _invite(server)
            if not once:
                _serve(server)
    except ProgramFailed as error:
        raise click.ClickException(str(error)) from None
    gone = "" if folder else ", and its folders are gone"
    click.echo(f"  The server has stopped{gone}.\n")


def _fill(server: Server) -> None:
    started = time.monotonic()
    fill_week(server.user, lambda part: click.echo(f"    {click.style('·', dim=True)} {part}"))
    server.settle()
    server.note_filled()
    _done("a week is in it", started)


def _run_examples(server: Server) -> None:
    for run in RUNS:
        _execute(run, server)
    for example in SDK_EXAMPLES:
        _execute_sdk(f"sdk/{example}", partial(run_sdk_example, example, server.user))
    for example in JS_SDK_EXAMPLES:
        _execute_sdk(f"sdk_js/{example}", partial(run_js_sdk_example, example, server.user))
    started = time.monotonic()
    if missing := await_arrival(server, {run.service: run.expected for run in RUNS}):
        raise click.ClickException("this did not arrive:\n  " + "\n  ".join(missing))
    _done("everything they sent can be queried", started)
    print_report(server, [run.service for run in RUNS])
    print_runs(server)


def _execute(run: Run, server: Server) -> None:
    started = time.monotonic()
    endpoint = server.grpc if run.protocol == "grpc" else server.http
    run.program(
        otel_environment(run.service, endpoint=endpoint, protocol=run.protocol, key=server.key)
    )
    _done(f"{run.title} over {run.protocol}, as {run.service}", started)


def _execute_sdk(example: str, program: Callable[[], str]) -> None:
    started = time.monotonic()
    try:
        program()
    except ProgramFailed as error:
        raise click.ClickException(str(error)) from None
    _done(f"the SDK: examples/{example}", started)


def _done(what: str, started: float) -> None:
    seconds = click.style(f"{time.monotonic() - started:.1f} s", dim=True)
    click.echo(f"    {click.style('✓', fg='green')} {what}  {seconds}")


def _invite(server: Server) -> None:
    link = click.style(server.sign_in_link, fg="cyan", underline=True)
    click.echo(f"\n  {click.style('Open this: it signs you in, once', bold=True)}\n\n    {link}\n")
    click.echo(f"  {click.style('Then find out', bold=True)}\n")
    for number, question in enumerate(QUESTIONS, 1):
        click.echo(f"    {number}  {click.style(question.asked, bold=True)}")
        click.echo(f"       {server.http}{question.page}")
        click.echo(f"       {click.style(question.hint, dim=True)}\n")
    curl = f"curl -H 'x-api-key: {server.key}' {server.http}/v1/traces"
    click.echo(f"  {click.style('Or from a shell', bold=True)}\n\n    {curl}\n")


def _serve(server: Server) -> None:
    click.echo("  The server runs until Ctrl-C.")
    try:
        server.wait()
    except KeyboardInterrupt:
        click.echo()


if __name__ == "__main__":
    demo()
