"""Where telemetry goes: argument > TRACEHOUSE_* > OTEL_* > credentials.json > default."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tracehouse.errors import ClaudeMonitorError
from tracehouse.settings import Mode, resolve_destination, resolve_mode


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("OTEL_", "TRACEHOUSE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def credentials(tmp_path: Path, **profiles: dict[str, str]) -> None:
    (tmp_path / "tracehouse").mkdir(exist_ok=True)
    (tmp_path / "tracehouse/credentials.json").write_text(json.dumps(profiles))


def test_with_nothing_set_it_is_the_local_server() -> None:
    found = resolve_destination()
    assert (found.api_base, found.api_key) == ("http://127.0.0.1:4318", None)
    assert found.may_change


def test_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(
        tmp_path,
        default={"api_base": "http://file", "api_key": "ba_file"},
        other={"api_base": "http://other", "api_key": "ba_other"},
    )
    assert resolve_destination().api_key == "ba_file"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=ba_otel,a=b%20c")
    found = resolve_destination()
    assert found.url("traces") == "http://otel/v1/traces"
    assert found.request_headers() == {"x-api-key": "ba_otel", "a": "b c"}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs/here")
    assert resolve_destination().url("logs") == "http://logs/here"
    monkeypatch.setenv("TRACEHOUSE_API_BASE", "http://other/")
    assert resolve_destination().api_key == "ba_other"
    monkeypatch.setenv("TRACEHOUSE_API_KEY", "ba_env")
    found = resolve_destination()
    assert (found.api_base, found.api_key) == ("http://other", "ba_env")
    assert found.request_headers() == {"Authorization": "Bearer ba_env"}
    found = resolve_destination("ba_argument", "http://argument")
    assert (found.api_base, found.api_key) == ("http://argument", "ba_argument")


@pytest.mark.parametrize("content", ["", "[]", '{"default": 3}', "nonsense"])
def test_a_broken_file_is_no_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "tracehouse").mkdir()
    (tmp_path / "tracehouse/credentials.json").write_text(content)
    assert resolve_destination().api_key is None


def test_a_key_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ClaudeMonitorError, match="starts with ba_"):
        resolve_destination("sk-123")


def test_a_key_is_not_shown() -> None:
    assert "ba_geheim" not in repr(resolve_destination("ba_geheim"))


def test_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_mode() is Mode.online
    monkeypatch.setenv("TRACEHOUSE_MODE", "offline")
    assert resolve_mode() is Mode.offline
    assert resolve_mode("disabled") is Mode.disabled
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert resolve_mode("online") is Mode.disabled
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    with pytest.raises(ClaudeMonitorError, match="choose online, offline or disabled"):
        resolve_mode("sideways")
