"""The recorder: how fast it reads, what it costs when nothing happens, what the hook costs."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.claude_transcript import ClaudeTranscript, text, thinking, tool_use
from tracehouse_agent.recorder.daemon import Daemon
from tracehouse_agent.recorder.positions import Positions
from tracehouse_agent.recorder.redaction import Options, Redactor
from tracehouse_agent.recorder.roots import CLAUDE, Root
from tracehouse_agent.settings_patch import hook_command

_IDLE_SECONDS = 30.0
_IDLE_FILES = 300
_HOOKS = 100


@dataclass(frozen=True)
class Backfill:
    """MB of transcript a CPU-second, the spans that they are, and peak resident MB."""

    name: str
    mb_per_second: float
    spans: int
    peak_mb: float


class _Counting:
    """Takes requests as the buffer does, without its disk."""

    def put(self, request: bytes) -> None:
        assert request

    def is_full(self) -> bool:
        return False


def transcripts(folder: Path, megabytes: float) -> int:
    """Sessions made of this repository's files: prompts, thoughts, calls, results. Bytes of it."""
    sources = [
        path.read_text(errors="replace")
        for path in sorted(Path(__file__).parents[1].rglob("*.py"))
        if ".venv" not in path.parts
    ]
    chance = random.Random(1)
    projects = folder / "projects/-p"
    projects.mkdir(parents=True)
    written, number = 0, 0
    while written < megabytes * 1e6:
        session = f"00000000-0000-4000-8000-{number:012d}"
        t = ClaudeTranscript(session)
        for turn in range(10):
            t.user(f"Mend part {turn} of it, please, so that it holds\n" * 3)
            for call in range(10):
                source = chance.choice(sources)
                start = chance.randrange(max(1, len(source) - 4000))
                identity = f"{number}_{turn}_{call}"
                t.assistant(f"msg_{identity}", thinking(source[start : start + 600]))
                t.assistant(f"msg_{identity}", text(source[start : start + 300]), output=100)
                t.assistant(
                    f"msg_{identity}", tool_use(f"toolu_{identity}", "Read", file_path="/a/b.py")
                )
                content = source[start : start + 4000]
                t.result(
                    f"toolu_{identity}", content,
                    toolUseResult={"file": {"content": content, "filePath": "/a/b.py"}},
                )  # fmt: skip
        (projects / f"{session}.jsonl").write_bytes(t.lines)
        written += len(t.lines)
        number += 1
    return written


def backfill(megabytes: float) -> list[Backfill]:
    """Once with redaction, once without, each in a process of its own."""
    return [_in_a_process("with redaction", megabytes), _in_a_process("without", megabytes)]


def _in_a_process(name: str, megabytes: float) -> Backfill:
    command = [sys.executable, "-m", "bench.recorder", name, str(megabytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Backfill(name, **json.loads(done.stdout))


def _measure(name: str, megabytes: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        size = transcripts(Path(folder), megabytes)
        positions = Positions(Path(folder) / "positions.sqlite")
        options = Options(secrets=name == "with redaction", home=Path("/home/marlene"))
        redactor = Redactor(b"salt", options)
        daemon = Daemon([Root(CLAUDE, Path(folder))], positions, redactor, _Counting())
        began = time.process_time()
        while daemon.round(look=not daemon.files):
            pass
        daemon.finish(everything=True)
        spent = time.process_time() - began
        positions.close()
    peak = next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return {"mb_per_second": size / 1e6 / spent, "spans": daemon.spans, "peak_mb": peak}


def idle() -> tuple[float, float]:
    """(% of a core, resident MB) of the process where nothing is written, with a few hundred
    transcripts there."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / ".claude/projects/-p"
        folder.mkdir(parents=True)
        for number in range(_IDLE_FILES):
            t = ClaudeTranscript(f"00000000-0000-4000-8000-{number:012d}")
            t.user("Hello")
            path = folder / f"{t.session}.jsonl"
            path.write_bytes(t.lines)
            os.utime(path, (1, 1))
        environment = os.environ | {
            "HOME": home, "XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config",
            "TRACEHOUSE_API_BASE": "http://127.0.0.1:9", "TRACEHOUSE_API_KEY": "ba_" + "x" * 38,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tracehouse_agent.cli", "agent", "--quiet"],
            env=environment, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            time.sleep(10)
            before = _cpu_seconds(process.pid)
            time.sleep(_IDLE_SECONDS)
            spent = _cpu_seconds(process.pid) - before
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        finally:
            process.terminate()
            process.wait(20)
    return 100 * spent / _IDLE_SECONDS, pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def hook() -> tuple[float, float]:
    """(median, 95th percentile) of the hook's milliseconds, its shell's start included."""
    command, given = ["sh", "-c", hook_command()], b'{"tool_input":"' + b"x" * 5000 + b'"}'
    taken: list[float] = []
    for _ in range(_HOOKS):
        began = time.perf_counter()
        subprocess.run(command, input=given, capture_output=True, check=True)
        taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken), sorted(taken)[int(0.95 * _HOOKS)]


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], float(sys.argv[2]))))
