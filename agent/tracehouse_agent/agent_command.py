"""`tracehouse agent`: record, in the foreground."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from pathlib import Path

import click

from tracehouse_agent.recorder.config import Config, parse_since, read_config
from tracehouse_agent.recorder.daemon import Daemon
from tracehouse_agent.recorder.follower import Follower
from tracehouse_agent.recorder.positions import Positions
from tracehouse_agent.recorder.roots import root_of
from tracehouse_agent.recorder.running import AlreadyRunning, record
from tracehouse_agent.recorder.step import Step
from tracehouse_agent.voice import Voice, speaks

_LOG_BYTES = 1 << 20


@click.command()
@click.option("--once", is_flag=True, help="Record what is there, and end: for cron and CI.")
@click.option("--root", "roots", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="Read the transcripts in this folder, and no others.")  # fmt: skip
@click.option("--since", help="Leave out what was last written to before: 30d, 12h, 2026-11-01.")
@click.option("--dry-run", is_flag=True,
              help="Print what would be sent, as JSON lines, and send nothing.")  # fmt: skip
@click.option("--log-file", type=click.Path(path_type=Path), help="Log there and not to stderr.")
@speaks
def agent(
    once: bool,
    roots: tuple[Path, ...],
    since: str | None,
    dry_run: bool,
    log_file: Path | None,
    voice: Voice,
) -> None:
    """Record Claude Code and Codex, until it is stopped."""
    _log(log_file, voice)
    try:
        config = read_config()
        from_time = parse_since(since) if since else config.since
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if roots:
        config = replace(config, roots=tuple(r for path in roots for r in root_of(path)), only=True)
    if dry_run:
        _show(config, from_time)
        return
    bar = _Progress(voice)
    try:
        sent = record(config, once=once, since=from_time, progress=bar)
    except AlreadyRunning:
        raise click.ClickException(
            "another process of yours records already: `tracehouse doctor` says which"
        ) from None
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    finally:
        bar.close()
    voice.say(f"{bar.spans:,} spans of {bar.files:,} transcripts")
    voice.result(spans=bar.spans, transcripts=bar.files, sent=sent)
    if once and not sent:
        click.echo("Error: not everything was sent: it is kept, and sent next time", err=True)
    voice.end(1 if once and not sent else 0)


class _Progress:
    """How far the backfill is, while it lasts."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._most = 0
        self.spans = self.files = 0

    def __call__(self, daemon: Daemon) -> None:
        self.spans, self.files = daemon.spans, daemon.files
        self._most = max(self._most, daemon.bytes_behind)
        if not self._most or not self._voice.shows_progress:
            return
        done = 1 - daemon.bytes_behind / self._most
        filled = "█" * round(30 * done)
        click.echo(
            f"\r  reading {filled:<30} {done:4.0%}  {self.spans:,} spans", err=True, nl=False
        )
        if not daemon.bytes_behind:
            self._most = 0
            click.echo(err=True)

    def close(self) -> None:
        if self._most and self._voice.shows_progress:
            click.echo(err=True)


class _Nowhere:
    def put(self, request: bytes) -> None:
        raise AssertionError(request)

    def is_full(self) -> bool:
        return False


def _show(config: Config, since: float) -> None:
    """What would be sent, after redaction."""

    def show(follower: Follower, steps: list[Step]) -> None:
        for step in steps:
            where = {"agent": follower.reader.agent, "session": follower.reader.session}
            click.echo(json.dumps(where | step.to_json(), ensure_ascii=False))

    with tempfile.TemporaryDirectory() as folder:
        positions = Positions(Path(folder) / "positions.sqlite")
        try:
            daemon = Daemon(
                config.all_roots, positions, config.redactor(), _Nowhere(), since=since, show=show
            )
            while daemon.round(look=not daemon.files):
                pass
            daemon.finish(everything=True)
        except (ValueError, OSError) as error:
            raise click.ClickException(str(error)) from None
        finally:
            positions.close()


def _log(path: Path | None, voice: Voice) -> None:
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    told = path is not None or voice.quiet  # a service's standard error is its log
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("tracehouse_agent").setLevel(logging.INFO if told else logging.WARNING)
