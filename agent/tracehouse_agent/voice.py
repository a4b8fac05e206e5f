"""How commands speak: to people, to programs with `--json`, to nobody with `--quiet`.

Exit codes: 0 it was done; 1 it was not, and standard error says why and what to do; 2 it was called
wrongly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Voice:
    """`say` is for people and goes nowhere with --json; `result` is the one JSON object then."""

    as_json: bool = False
    quiet: bool = False
    _result: dict[str, Any] = field(default_factory=dict[str, Any])

    def say(self, text: str = "") -> None:
        """A line for people."""
        if not self.as_json and not self.quiet:
            click.echo(text)

    def result(self, **facts: Any) -> None:
        """What a program is told."""
        self._result |= facts

    def end(self, code: int = 0) -> None:
        """Tell it, and end with this exit code."""
        if self.as_json:
            click.echo(json.dumps(self._result, ensure_ascii=False))
        if code:
            raise SystemExit(code)

    @property
    def shows_progress(self) -> bool:
        """Whether a bar may be drawn."""
        return not self.as_json and not self.quiet and sys.stderr.isatty()


def speaks(command: F) -> F:
    """Gives a command `--json` and `--quiet`, as a `voice`."""

    def wrapped(*args: Any, as_json: bool, quiet: bool, **kwargs: Any) -> Any:
        return command(*args, voice=Voice(as_json, quiet), **kwargs)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    with_json = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
    with_quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    return with_json(with_quiet(wrapped))  # pyright: ignore[reportReturnType]
