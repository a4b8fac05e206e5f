"""Every snippet of the README and the docs runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub import Hub, Token
from tests.support.node import NodeMachine
from tests.support.server import Server
from tracehouse_agent.recorder.config import config_path, read_config
from tracehouse_collector.settings import ServerSettings

ROOT = Path(__file__).parent.parent.parent
HUB_TOKEN = "hf_of_the_reader"
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "sdk/js/README.md",
]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose Hugging Face Hub is one of the tests' own, with a token saved."""
    with Hub() as hub:
        hub.tokens[HUB_TOKEN] = Token("your-handle")
        home = tmp_path_factory.mktemp("server")
        with Server(home, environment={"HF_ENDPOINT": hub.url}) as running:
            running.client.put(
                f"{running.http}/v1/profile/hub_token",
                json={"token": HUB_TOKEN},
                headers=running.headers,
            ).raise_for_status()
            yield running


def snippets(language: str) -> list[object]:
    return [
        pytest.param(body, id=f"{document.relative_to(ROOT)}-{number}")
        for document in DOCUMENTS
        for number, (kind, body) in enumerate(_FENCE.findall(document.read_text()))
        if kind == language
    ]


def environment(server: Server) -> dict[str, str]:
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(server.home / "config"),
        "XDG_STATE_HOME": str(server.home / "state"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.http,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={server.key}",
        "PYTHONPATH": str(Path(sys.prefix) / "langfuse-5"),
        "LANGFUSE_BASE_URL": server.http,
        "LANGFUSE_PUBLIC_KEY": "anything",
        "LANGFUSE_SECRET_KEY": server.key,
        "HF_TOKEN": HUB_TOKEN,
    }


def accepted(server: Server) -> float:
    """How many requests with spans were taken. Rows are no measure: merges make them fewer."""
    found = re.search(
        r'^tracehouse_requests_accepted_total{signal="traces"} (\S+)$',
        server.get("/metrics").text, re.MULTILINE,
    )  # fmt: skip
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("snippet", snippets("python"))
def test_python_snippets_run_and_their_spans_arrive(server: Server, snippet: str) -> None:
    before = accepted(server)
    subprocess.run(
        [sys.executable, "-c", snippet], check=True, env=environment(server), cwd=server.home
    )
    server.settle()
    assert accepted(server) > before


@pytest.mark.parametrize("snippet", snippets("js"))
def test_javascript_snippets_run_and_their_spans_arrive(
    server: Server, tmp_path: Path, snippet: str
) -> None:
    before = accepted(server)
    said = NodeMachine(tmp_path, server).run_node(snippet, head="")
    assert said.err == ""
    assert accepted(server) > before


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
    if "[redaction]" in snippet:  # the recorder's
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        config_path().parent.mkdir()
        config_path().write_text(snippet)
        assert read_config().redaction.ips is True
        return
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
