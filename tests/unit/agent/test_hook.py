"""The hook: it wakes the recorder, and blocks, prints and breaks nothing."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracehouse_agent import hook
from tracehouse_agent.recorder.alarm import Alarm
from tracehouse_agent.settings_patch import hook_command

INPUT = b'{"tool_name":"Bash","tool_input":{"command":"' + b"x" * 300_000 + b'"}}'


def run(state: Path, stdin: bytes = INPUT, command: str | None = None) -> None:
    """As Claude Code runs it: it must be silent and end with 0."""
    done = subprocess.run(
        ["sh", "-c", command or hook_command()],
        input=stdin,
        capture_output=True,
        timeout=10,
        env={"XDG_STATE_HOME": str(state), "PATH": os.environ["PATH"]},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tracehouse/recorder"
    made.mkdir(parents=True)
    return made


def test_it_wakes_the_recorder(tmp_path: Path, folder: Path) -> None:
    alarm = Alarm(folder)
    assert not alarm.sleep(0)
    run(tmp_path)
    assert alarm.sleep(0)
    assert not alarm.sleep(0)


def test_without_a_recorder_it_is_as_quick(tmp_path: Path, folder: Path) -> None:
    run(tmp_path)
    alarm = Alarm(folder)
    alarm.close()
    run(tmp_path)


@pytest.mark.parametrize("stdin", [b"", b"not json", b"\x00\xff" * 10])
def test_any_input_will_do(tmp_path: Path, stdin: bytes) -> None:
    run(tmp_path, stdin)


def test_a_pipe_that_nobody_empties_does_not_hold_it_up(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(folder / "wake")
    reader = os.open(folder / "wake", os.O_RDWR | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while os.write(reader, b"x" * 4096):
            pass
    run(tmp_path)
    os.close(reader)


def test_a_hook_whose_file_is_gone_blocks_no_tool(tmp_path: Path) -> None:
    command = hook_command().replace("hook.py", "hook_of_a_version_that_is_gone.py")
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0, "2 would block the tool"


def test_it_starts_a_recorder_that_nothing_else_would(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(tmp_path / "started")
    reader = os.open(tmp_path / "started", os.O_RDONLY | os.O_NONBLOCK)
    script = f"import os; f = open({str(tmp_path / 'started')!r}, 'w'); f.write(str(os.getsid(0)))"
    (folder / "revive").write_text("\n".join((sys.executable, "-c", script)))
    run(tmp_path)
    select.select([reader], [], [], 10)
    time.sleep(0.1)
    assert int(os.read(reader, 100)) != os.getsid(0), "in a session of its own"
    os.close(reader)


def test_it_imports_nothing_but_what_python_itself_does() -> None:
    script = Path(hook.__file__).read_text()
    listing = "\nimport sys; print(*sys.modules)"
    assert modules(script.replace("__main__", "elsewhere") + listing) == modules(
        "import os" + listing
    )


def modules(code: str) -> set[str]:
    command = [sys.executable, "-I", "-S", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
