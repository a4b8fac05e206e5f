"""TraceletSettings: arguments, then the environment, then `.env`, then defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracehouse.tracelet import ConfigurationError, TraceletSettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults() -> None:
    settings = TraceletSettings()
    assert (settings.project, settings.backend) == ("default", ["tracehouse"])
    assert (settings.metrics_interval, settings.track_git, settings.enable_automagic) == (
        10.0, True, False
    )  # fmt: skip


def test_what_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text(
        "# a comment\nTRACELET_PROJECT=file\nTRACELET_BACKEND='mlflow, wandb'\n"
        'export TRACELET_METRICS_INTERVAL="2.5" # seconds\nOTHER=1\n'
    )
    assert TraceletSettings().project == "file"
    assert TraceletSettings().backend == ["mlflow", "wandb"]
    assert TraceletSettings().metrics_interval == 2.5
    monkeypatch.setenv("tracelet_project", "environment")
    assert TraceletSettings().project == "environment"
    assert TraceletSettings(project="argument").project == "argument"


def test_lists_do_not_leak_from_one_to_the_next() -> None:
    TraceletSettings().backend.append("mlflow")
    assert TraceletSettings().backend == ["tracehouse"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRACK_GIT", "perhaps"), ("METRICS_INTERVAL", "soon"), ("METRICS_INTERVAL", "0")],
)
def test_what_is_none_is_said(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"TRACELET_{name}", value)
    with pytest.raises(ConfigurationError, match=name.lower() if value == "0" else name):
        TraceletSettings()


def test_an_unknown_field_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no colour"):
        TraceletSettings(colour="red")
