"""Which variables are hyper-parameters."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tracehouse.tracelet import Experiment
from tracehouse.tracelet.automagic import variables


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", 0.1), ("batch_size", 32), ("epochs", 3), ("optimizer", "adam"), ("hidden_dim", 64),
        ("num_layers", 2), ("max_length", 512), ("warmup_steps", 10), ("LEARNING_RATE", 1e-3),
        ("use_dropout", True),
    ],
)  # fmt: skip
def test_those_that_are(name: str, value: Any) -> None:
    assert variables.is_hyperparameter(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("i", 3), ("x", 1.0), ("epoch", 2), ("step", 5), ("loss", 0.5), ("model", "name"),
        ("_lr", 0.1), ("lr", None), ("lr", [0.1]), ("lr", float("nan")), ("answer", 42),
        ("api_key", "sekrit"), ("optimizer", "x" * 60), ("layer_names", "a"),
    ],
)  # fmt: skip
def test_those_that_are_not(name: str, value: Any) -> None:
    assert not variables.is_hyperparameter(name, value)


def test_configurations_by_their_values() -> None:
    @dataclasses.dataclass
    class Config:
        anything: int = 3
        token: str = "sekrit"

    found = variables.of_namespace({"cfg": Config(), "params": {"eta": 0.3, "n": [1]}, "i": 1})
    assert found == {"anything": 3, "eta": 0.3}


def test_parsed_command_lines() -> None:
    options = argparse.Namespace(lr=0.1, verbose=False, password="sekrit", files=["a"])
    assert variables.of_argparse({"options": options}) == {"args_lr": 0.1, "args_verbose": False}


def test_configuration_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"a": {"b": 1, "api_key": "sekrit"}, "list": [1]}')
    Path("b.yaml").write_text("lr: 0.5\n")
    Path("broken.json").write_text("{")
    Path("data.json").write_text('{"no": 1}')
    found = variables.of_files(
        {"config_path": "a.json", "other": "data.json", "cfg_broken": "broken.json"},
        ["--config=b.yaml", "missing.yaml"],
    )
    assert found == {"config_a_b": 1, "config_lr": 0.5}


def test_the_calling_code_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACEHOUSE_MODE", "disabled")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    class Trainer:
        def __init__(self) -> None:
            self.hidden_size, self.name = 64, "x"

        def fit(self, gamma: float, anything: int = 5) -> dict[str, Any]:
            batch_size, i = 16, 3
            assert batch_size + i + gamma + anything == 24.9
            return Experiment("found").capture_hyperparams()

    learning_rate = 0.25
    found = Trainer().fit(0.9)
    assert learning_rate == found["learning_rate"]
    expected = {"gamma": 0.9, "anything": 5, "batch_size": 16, "hidden_size": 64}
    assert {name: found.get(name) for name in expected} == expected
    assert not {"i", "name", "self", "tmp_path"} & set(found)
