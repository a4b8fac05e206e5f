"""A Claude Code session, as its transcript has it, read by the recorder: `tracehouse agent`."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

from .clock import Clock, iso

Row = dict[str, Any]
_FOLDER = "/home/dev/src/payments"
_LEDGER = "src/payments/ledger.py"
# What it thought or said, the tool and its input, and what the tool answered.
_STEPS: tuple[tuple[str, str, Row, str], ...] = (
    (
        "Refunds time out while the pool is exhausted. I look at how connections are taken.",
        "Grep",
        {"pattern": "engine.connect", "path": "src"},
        f"{_LEDGER}:31: return self._engine.connect()\nsrc/payments/refunds.py:88",
    ),
    (
        "The ledger opens one connection for each retry and never gives the first one back.",
        "Read",
        {"file_path": f"{_FOLDER}/{_LEDGER}"},
        "def begin(self):\n    return self._engine.connect()\n",
    ),
    (
        "A context manager closes it on every path, also when the insert raises.",
        "Edit",
        {
            "file_path": f"{_FOLDER}/{_LEDGER}",
            "old_string": "return self._engine.connect()",
            "new_string": "with self._engine.begin() as connection:\n        yield connection",
        },
        "The file was updated.",
    ),
    (
        "Now the tests of the ledger.",
        "Bash",
        {"command": "pytest tests/ledger -q", "description": "Run the ledger's tests"},
        "1 failed, 11 passed\nE   AssertionError: pool.checkedout() == 1",
    ),
    (
        "One test held the connection itself. It has to use the context manager, too.",
        "Edit",
        {
            "file_path": f"{_FOLDER}/tests/ledger/test_pool.py",
            "old_string": "connection = ledger.begin()",
            "new_string": "with ledger.begin() as connection:",
        },
        "The file was updated.",
    ),
    (
        "Again.",
        "Bash",
        {"command": "pytest tests -q", "description": "Run all tests"},
        "148 passed in 9.41s",
    ),
)
_END = """The refunds failed because `Ledger.begin` left a connection open for every retry.

- `ledger.py`: the connection is a context manager now, closed on every path
- `test_pool.py`: uses it, and checks that nothing stays checked out

All 148 tests pass."""


def record(clock: Clock, chance: random.Random) -> None:
    """Write the transcript where Claude Code writes it, below a folder that is thrown away, and
    have the recorder read it. Raises subprocess.CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="tracehouse-claude-") as folder:
        session = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        project = Path(folder) / "projects" / _FOLDER.replace("/", "-")
        project.mkdir(parents=True)
        rows = _Transcript(session, clock.ago(hours=0.9), chance).rows()
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (project / f"{session}.jsonl").write_text(lines)
        subprocess.run(
            [sys.executable, "-m", "tracehouse_agent.cli", "agent", "--once", "--root", folder],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )


class _Transcript:
    """Rows as Claude Code writes them: a chain of messages, some seconds apart."""

    def __init__(self, session: str, start: int, chance: random.Random) -> None:
        self._session = session
        self._at = start
        self._chance = chance
        self._rows: list[Row] = []
        self._cached = 96_000

    def rows(self) -> list[Row]:
        self._user("Refunds fail with 503 since this morning, the pool is exhausted. Find out why.")
        for number, (thought, tool, given, answer) in enumerate(_STEPS):
            call = f"toolu_{number:02d}{self._chance.getrandbits(48):012x}"
            thinking = {"type": "thinking", "thinking": thought, "signature": "s"}
            asks = {"type": "tool_use", "id": call, "name": tool, "input": given}
            self._assistant(number, [thinking, asks], "tool_use")
            failed = "failed" in answer
            result = {"type": "tool_result", "tool_use_id": call, "content": answer}
            self._user([result | ({"is_error": True} if failed else {})], seconds=1.8)
        self._assistant(len(_STEPS), [{"type": "text", "text": _END}], "end_turn")
        title = {"type": "ai-title", "aiTitle": "Refunds fail: the pool is exhausted"}
        return [*self._rows, {**title, "sessionId": self._session}]

    def _add(self, kind: str, message: Row, **fields: Any) -> None:
        number = len(self._rows) + 1
        self._rows.append(
            {
                "parentUuid": f"row-{number - 1}" if number > 1 else None,
                "isSidechain": False,
                "userType": "external",
                "cwd": _FOLDER,
                "sessionId": self._session,
                "version": "2.1.240",
                "gitBranch": "refund-pool",
                "type": kind,
                "uuid": f"row-{number}",
                "timestamp": iso(self._at),
                "message": message,
                **fields,
            }
        )

    def _user(self, content: Any, seconds: float = 1.0) -> None:
        self._at += int(seconds * 1e9)
        self._add("user", {"role": "user", "content": content})

    def _assistant(self, number: int, content: list[Row], reason: str) -> None:
        self._at += int(self._chance.uniform(9, 64) * 1e9)
        written = self._chance.randint(2_900, 9_200)
        usage = {
            "input_tokens": self._chance.randint(4, 40),
            "cache_read_input_tokens": self._cached,
            "cache_creation_input_tokens": written,
            "output_tokens": self._chance.randint(600, 3_400),
            "service_tier": "standard",
        }
        self._cached += written
        message = {
            "id": f"msg_{self._session[:8]}{number:02d}",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-4-5",
            "content": content,
            "stop_reason": reason,
            "usage": usage,
        }
        self._add("assistant", message, requestId=f"req_{self._session[:8]}{number:02d}")
