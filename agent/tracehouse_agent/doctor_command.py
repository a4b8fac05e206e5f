"""`tracehouse doctor`: whether sessions are recorded, and if not, why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tracehouse_agent.checks import Finding, look_at_everything
from tracehouse_agent.recorder.config import read_config
from tracehouse_agent.recorder.lines import rows_of
from tracehouse_agent.recorder.redaction import Redactor
from tracehouse_agent.voice import Voice, speaks

MARKS = {"ok": ("✓", "green"), "note": ("•", "yellow"), "problem": ("✗", "red")}


@click.command()
@click.option("--redact", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Print this file as it would be sent, and what was taken out.")  # fmt: skip
@speaks
def doctor(redact: Path | None, voice: Voice) -> None:
    """Say how recording goes. The exit code is 1 where something is wrong."""
    if redact is not None:
        _preview(redact, voice)
        return
    findings: list[Finding] = []
    for finding in look_at_everything():
        findings.append(finding)
        mark, colour = MARKS[finding.state]
        voice.say(f"{click.style(mark, fg=colour)} {finding.name:<14} {finding.detail}")
        if finding.next:
            voice.say(f"  {'':<14} → {finding.next}")
    wrong = any(finding.state == "problem" for finding in findings)
    voice.result(ok=not wrong, findings=[finding.to_json() for finding in findings])
    voice.end(1 if wrong else 0)


def _preview(path: Path, voice: Voice) -> None:
    try:
        redactor = read_config().redactor()
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    plain: list[str] = []  # of one text, because a secret may go over lines
    with path.open("rb") as file:
        for line in file:
            rows, broken = rows_of(line)
            if broken or not rows:
                plain.append(line.decode("utf-8", "replace"))
                continue
            _say_plain(plain, redactor, voice)
            for row in rows:
                voice.say(json.dumps(redactor.redact(row), ensure_ascii=False))
    _say_plain(plain, redactor, voice)
    counts = dict(redactor.counts.most_common())
    told = ", ".join(f"{rule} {count:,}" for rule, count in counts.items()) or "nothing"
    click.echo(f"taken out: {told}", err=True)
    voice.result(removed=counts)
    voice.end()


def _say_plain(lines: list[str], redactor: Redactor, voice: Voice) -> None:
    if lines:
        voice.say(redactor.text("".join(lines)).removesuffix("\n"))
        lines.clear()
