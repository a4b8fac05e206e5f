"""What a sweep's definition makes of a configuration: a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tracehouse.wandb import sweep_program
from tracehouse.wandb.errors import UsageError

CONFIG: dict[str, Any] = {"lr": 0.1, "amp": True, "slow": False, "layers": [1, 2]}
FILE = Path("/tmp/config.json")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (None, ["/usr/bin/env", sys.executable, "train.py", "--lr=0.1", "--amp=True",
                "--slow=False", "--layers=[1, 2]"]),
        (["${program}", "${args_no_boolean_flags}"],
         ["train.py", "--lr=0.1", "--amp", "--layers=[1, 2]"]),
        (["sh", "${args_no_hyphens}"],
         ["sh", "lr=0.1", "amp=True", "slow=False", "layers=[1, 2]"]),
        (["run", "--config", "${args_json}"], ["run", "--config", json.dumps(CONFIG)]),
        (["run", "${args_json_file}", "--name=${envvar:ARM}"], ["run", str(FILE), "--name=b"]),
    ],
)  # fmt: skip
def test_macros(monkeypatch: pytest.MonkeyPatch, asked: list[str] | None, words: list[str]) -> None:
    monkeypatch.setenv("ARM", "b")
    definition = {"program": "train.py", "command": asked}
    assert sweep_program.command(definition, CONFIG, FILE) == words


def test_no_parameters_are_no_arguments() -> None:
    definition = {"program": "train.py", "command": ["${program}", "${args}"]}
    assert sweep_program.command(definition, {}, FILE) == ["train.py"]


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({}, "it has none"),
        ({"program": "a", "command": "python a"}, "list of texts"),
        ({"program": "a", "command": ["python", 1]}, "list of texts"),
        ({"program": "a", "command": ["${envvar:NOT_SET_HERE}"]}, "NOT_SET_HERE is not set"),
    ],
)
def test_what_cannot_be_run_is_told(definition: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sweep_program.command(definition, CONFIG, FILE)


def test_the_program_learns_of_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(CONFIG))
    for name, value in sweep_program.environment("sweep-1", "p", file).items():
        monkeypatch.setenv(name, value)
    assert sweep_program.from_environment() == ("sweep-1", CONFIG)
    file.write_text("[]")
    with pytest.raises(UsageError, match="no object"):
        sweep_program.from_environment()
    file.unlink()
    with pytest.raises(UsageError, match="WANDB_SWEEP_PARAM_PATH"):
        sweep_program.from_environment()
