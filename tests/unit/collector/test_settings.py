"""Settings: flag over environment over `tracehouse.toml` over default."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tracehouse_collector.settings import Role, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the server is started in; nothing of this machine's user is seen."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return here


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load_settings()

    assert (settings.host, settings.http_port, settings.grpc_port) == ("127.0.0.1", 4318, 4317)
    assert settings.role is Role.all
    assert settings.data_dir == tmp_path / "data/tracehouse"


def test_a_file_beats_the_default(folder: Path) -> None:
    (folder / "tracehouse.toml").write_text("http_port = 1000\n")

    assert load_settings().http_port == 1000


def test_a_file_in_this_folder_beats_the_users_own(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "config/tracehouse/tracehouse.toml"
    own.parent.mkdir(parents=True)
    own.write_text("http_port = 1000\ngrpc_port = 1001\n")
    (folder / "tracehouse.toml").write_text("http_port = 2000\n")

    assert (load_settings().http_port, load_settings().grpc_port) == (2000, 1001)


def test_the_environment_beats_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "tracehouse.toml").write_text("http_port = 1000\n")
    monkeypatch.setenv("TRACEHOUSE_HTTP_PORT", "2000")

    assert load_settings().http_port == 2000


def test_a_flag_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEHOUSE_HTTP_PORT", "2000")

    assert load_settings(http_port=3000).http_port == 3000


def test_a_flag_that_was_not_given_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEHOUSE_HTTP_PORT", "2000")

    assert load_settings(http_port=None).http_port == 2000


@pytest.mark.parametrize("line", ["htp_port = 1", "[retention]\nspan = 3"])
def test_an_unknown_key_in_the_file_is_an_error(folder: Path, line: str) -> None:
    (folder / "tracehouse.toml").write_text(f"{line}\n")

    with pytest.raises(ValidationError):
        load_settings()


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(ValidationError):
        load_settings(htp_port=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http_port", 65536),
        ("http_port", "many"),
        ("database", "a; DROP"),
        ("cluster", "it's"),
        ("role", "boss"),
        ("max_request_bytes", 0),
        ("retention", {"spans": -1}),
    ],
)
def test_a_wrong_value_is_an_error_that_names_its_setting(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        load_settings(**{name: value})


def test_retention_is_put_together_from_every_source(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "tracehouse.toml").write_text("[retention]\nlogs = 3\nspans = 4\n")
    monkeypatch.setenv("TRACEHOUSE_RETENTION__SPANS", "7")

    retention = load_settings().retention

    assert (retention.spans, retention.logs, retention.rejects) == (7, 3, 30)
