"""Claude Code and Codex, stood in for: what they once sent, sent as they are configured.

The programs themselves are several hundred megabytes each, too much to install for a test. What is
checked with these is that the lines which configure them are right: a signal that is not switched
on is not sent, and where and how it goes is read from where they read it. Run as a program, with
the agent's name: `python coding_agents.py claude|codex FOLDER ...`, FOLDER having the captures.
"""

from __future__ import annotations

import os
import shlex
import sys
import tomllib
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def post(url: str, headers: Mapping[str, str], captures: Path, name: str) -> None:
    """Send the captured requests of that name."""
    found = sorted(captures.glob(f"{name}-*.pb"))
    assert found, f"no captures of {name}"
    for capture in found:
        headed = {"content-type": "application/x-protobuf", **headers}
        request = urllib.request.Request(url, capture.read_bytes(), headed)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200


def claude(captures: Path) -> None:
    """Reads the environment, as Claude Code does."""
    wanted = os.environ.get
    if wanted("CLAUDE_CODE_ENABLE_TELEMETRY") != "1":
        return
    assert wanted("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/protobuf"
    headers = dict(
        pair.split("=", 1) for pair in wanted("OTEL_EXPORTER_OTLP_HEADERS", "").split(",")
    )
    signals = {"logs", "metrics"}
    if wanted("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA") == "1":
        signals.add("traces")
    for signal in sorted(signals):
        if wanted(f"OTEL_{signal.upper()}_EXPORTER") == "otlp":
            url = f"{os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/{signal}"
            post(url, headers, captures, f"claude-code-{signal}")


def codex(captures: Path) -> None:
    """Reads `[otel]` of its configuration, as Codex does."""
    config = tomllib.loads((Path(os.environ["CODEX_HOME"]) / "config.toml").read_text())
    exporters: dict[str, dict[str, Any]] = config["otel"]
    for signal, key in (("logs", "exporter"), ("traces", "trace_exporter")):
        to = exporters[key]["otlp-http"]
        assert to["protocol"] == "binary"
        post(to["endpoint"], to["headers"], captures, f"codex-{signal}")


def install(folder: Path, captures: Path) -> None:
    """Programs `claude` and `codex` in a folder, to be found on a PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    for agent in AGENTS:
        command = shlex.join([sys.executable, __file__, agent, str(captures)])
        program = folder / agent
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)


AGENTS = {"claude": claude, "codex": codex}

if __name__ == "__main__":
    AGENTS[sys.argv[1]](Path(sys.argv[2]))
