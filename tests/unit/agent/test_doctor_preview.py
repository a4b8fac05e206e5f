"""`doctor --redact FILE`: what would be sent of it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from tests.support.samples import sample
from tracehouse_agent.doctor_command import doctor


def test_a_secret_over_several_lines_is_shown_of_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    body = sample("[A-Za-z0-9+/]{64}", Random(1))[0]
    file = tmp_path / "notes.txt"
    file.write_text(
        f"before\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nbehind\n"
        '{"type": "user", "message": {"content": "jane@corp.io"}}\nat last\n'
    )
    shown = CliRunner().invoke(doctor, ["--redact", str(file)])
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert body not in shown.output
    assert [line.split(":")[0] for line in lines[:3]] == ["before", "[REDACTED", "behind"]
    assert "jane" not in lines[3]
    assert lines[4] == "at last"
    assert "email 1" in shown.stderr
