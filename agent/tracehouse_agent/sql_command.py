"""`tracehouse sql`: ask the server in SQL."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tracehouse.api_client import ApiClient
from tracehouse.errors import ClaudeMonitorError
from tracehouse.settings import resolve_destination
from tracehouse_agent.text_table import text_table

# The server has bounds of its own: this is for one that does not answer at all.
_TIMEOUT_SECONDS = 600.0
_TABLE = "table"
_OF_BYTES = ("arrow", "parquet")


@click.command()
@click.argument("query")
@click.option(
    "--format",
    "form",
    type=click.Choice((_TABLE, "json", "csv", *_OF_BYTES)),
    default=_TABLE,
    show_default=True,
    help="How to write the answer.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def sql(query: str, form: str, output: Path | None) -> None:
    """Ask QUERY, one SELECT of ClickHouse's SQL; `-` reads it from standard input.

    The tables are traces, spans, logs, scores, calls, runs and more: see docs/sql.md.
    """
    if form in _OF_BYTES and output is None and sys.stdout.isatty():
        raise click.UsageError(f"{form} is no text: name a file with -o, or pipe it on")
    text = sys.stdin.read() if query == "-" else query
    answer = _ask(text, "json" if form == _TABLE else form)
    if form == _TABLE:
        answer = _shown(json.loads(answer)).encode()
    if output is not None:
        try:
            output.write_bytes(answer)
        except OSError as error:
            raise click.ClickException(f"{output}: {error.strerror}") from None
    else:
        sys.stdout.buffer.write(answer)


def _ask(query: str, form: str) -> bytes:
    body = json.dumps({"query": query, "format": form}).encode()
    try:
        destination = replace(resolve_destination(), timeout=_TIMEOUT_SECONDS)
        return ApiClient(destination).raw("POST", "/v1/sql", body=body)
    except ClaudeMonitorError as error:
        raise click.ClickException(str(error)) from None


def _shown(answer: dict[str, Any]) -> str:
    table = text_table([column["name"] for column in answer["columns"]], answer["rows"])
    count = answer["row_count"]
    if answer["truncated"]:
        click.echo(f"these are the first {count:,} rows: add a LIMIT, or aggregate", err=True)
    return f"{table}\n\n{count:,} row{'' if count == 1 else 's'} in {answer['elapsed_ms']:.0f} ms\n"
