"""Every snippet of the README and the docs runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.server import Server
from tracehouse_collector.settings import ServerSettings

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(language: str) -> list[object]:
    return [
        pytest.param(body, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, (kind, body) in enumerate(_FENCE.findall(document.read_text()))
        if kind == language
    ]


def environment(server: Server) -> dict[str, str]:
    return os.environ | {
        "XDG_CONFIG_HOME": str(server.home / "config"),
        "XDG_STATE_HOME": str(server.home / "state"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.http,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={server.key}",
        "PYTHONPATH": str(Path(sys.prefix) / "langfuse-5"),
        "LANGFUSE_BASE_URL": server.http,
        "LANGFUSE_PUBLIC_KEY": "anything",
        "LANGFUSE_SECRET_KEY": server.key,
    }


@pytest.mark.parametrize("snippet", snippets("python"))
def test_python_snippets_run_and_their_spans_arrive(server: Server, snippet: str) -> None:
    before = server.get("/v1/stats").json()["spans"]
    subprocess.run(
        [sys.executable, "-c", snippet], check=True, env=environment(server), cwd=server.home
    )
    server.settle()
    assert server.get("/v1/stats").json()["spans"] > before


@pytest.mark.parametrize("snippet", snippets("sh"))
def test_shell_snippets_run(server: Server, snippet: str) -> None:
    script = "set -e\n" + snippet.replace("http://127.0.0.1:4318", server.http)
    done = subprocess.run(
        ["bash", "-c", script], check=True, env=environment(server), stdout=subprocess.PIPE
    )
    assert done.stdout


@pytest.mark.parametrize("snippet", snippets("toml"))
def test_settings_snippets_are_settings(
    tmp_path: Path, snippet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tracehouse.toml").write_text(snippet)
    settings = ServerSettings()
    for name, value in tomllib.loads(snippet).items():
        if name == "forward":
            assert [forward.name for forward in settings.forward] == [f["name"] for f in value]
        elif not isinstance(value, dict):
            assert getattr(settings, name) == value


@pytest.mark.parametrize("snippet", snippets("console"))
def test_commands_that_are_shown_exist(snippet: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in re.findall(r"^\$ (.*)$", snippet, re.MULTILINE):
        if line.startswith("make "):
            assert re.search(rf"^{line.split()[1]}:", makefile, re.MULTILINE)
        if line.startswith("tracehouse serve"):
            shown = subprocess.run(
                [sys.executable, "-m", "tracehouse_agent.cli", "serve", "--help"],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            assert set(re.findall(r"--[a-z-]+", line)) <= set(re.findall(r"--[a-z-]+", shown))
