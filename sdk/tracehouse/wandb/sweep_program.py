"""A sweep's own program: the command that runs it with one configuration, and how it learns of it.

`program` and `command` of a sweep's definition are wandb's, with its macros:
https://docs.wandb.ai/guides/sweeps/define-sweep-configuration#command
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracehouse.wandb.env import PROJECT, SWEEP_ID
from tracehouse.wandb.errors import UsageError

PARAMETERS = "WANDB_SWEEP_PARAM_PATH"
_USUAL = ("${env}", "${interpreter}", "${program}", "${args}")
_VARIABLE = re.compile(r"\$\{envvar:(\w+)\}")


def command(definition: Mapping[str, Any], config: Mapping[str, Any], file: Path) -> list[str]:
    """The words that run the program with this configuration; `file` holds it as JSON. Raises
    UsageError where the definition names no program, or a command that is no list of texts."""
    program = definition.get("program")
    asked: Any = definition.get("command") or _USUAL
    if not isinstance(asked, Sequence) or isinstance(asked, str):
        raise UsageError("command: give a list of texts")
    if not program and "${program}" in asked:
        raise UsageError("agent() without a function runs the sweep's `program`, and it has none")
    known: dict[str, list[str]] = {
        "${env}": [] if os.name == "nt" else ["/usr/bin/env"],
        "${interpreter}": [sys.executable],
        "${program}": [str(program)],
        "${args}": [f"--{name}={_text(value)}" for name, value in config.items()],
        "${args_no_hyphens}": [f"{name}={_text(value)}" for name, value in config.items()],
        "${args_no_boolean_flags}": list(_flags(config)),
        "${args_json}": [json.dumps(config)],
        "${args_json_file}": [str(file)],
    }
    words: list[str] = []
    for word in asked:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(word, str):
            raise UsageError("command: give a list of texts")
        words += known[word] if word in known else [_with_variables(word)]
    return words


def environment(sweep_id: str, project: str | None, file: Path) -> dict[str, str]:
    """The variables of the program: this process's, and by what it knows its configuration."""
    found = {**os.environ, SWEEP_ID: sweep_id, PARAMETERS: str(file)}
    return found if project is None else {**found, PROJECT: project}


def from_environment() -> tuple[str, dict[str, Any]] | None:
    """The sweep that started this program, and the configuration; None where none did. Raises
    UsageError where it cannot be read."""
    sweep_id, file = os.environ.get(SWEEP_ID), os.environ.get(PARAMETERS)
    if not sweep_id or not file:
        return None
    try:
        config: Any = json.loads(Path(file).read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{PARAMETERS}: {error}") from None
    if not isinstance(config, dict):
        raise UsageError(f"{PARAMETERS}: {file} holds no object")
    return sweep_id, config  # pyright: ignore[reportUnknownVariableType]


def _flags(config: Mapping[str, Any]) -> Iterator[str]:
    for name, value in config.items():
        if value is True:
            yield f"--{name}"
        elif value is not False:
            yield f"--{name}={_text(value)}"


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _with_variables(word: str) -> str:
    def value(found: re.Match[str]) -> str:
        if (said := os.environ.get(found[1])) is None:
            raise UsageError(f"command: the variable {found[1]} is not set")
        return said

    return _VARIABLE.sub(value, word)
