"""What a wrapped `openai` client adds to the first token of a stream, beside the plain one.

Both ask the same stand-in for the model, in one process and in turn, so that what the machine does
meanwhile happens to both. The SDK sends to a real server.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.emitters.fake_model import FakeModel
from tests.conformance.emitters.running import PYTHON, World, with_sdk
from tests.support.server import Server

_PROGRAM = """
import json, sys, time
from openai import OpenAI
from tracehouse.agenttrace import AgentTrace
from tracehouse.agenttrace.integrations.openai import wrap_openai
at = AgentTrace()
clients = {"plain": OpenAI(), "wrapped": wrap_openai(OpenAI())}
asked = [{"role": "user", "content": "What is 2 + 3?"}] * 20
waited, worked_for = ({name: [] for name in clients} for _ in range(2))
with at.trace("bench"):
    for number in range(int(sys.argv[1]) + 20):
        for name, client in clients.items():
            began, worked = time.perf_counter_ns(), time.thread_time_ns()
            stream = client.chat.completions.create(model="m", messages=asked, stream=True)
            next(stream)
            if number >= 20:
                waited[name].append((time.perf_counter_ns() - began) / 1e3)
                worked_for[name].append((time.thread_time_ns() - worked) / 1e3)
            list(stream)
at.flush(60)
print(json.dumps({name: [sorted(waited[name]), sorted(worked_for[name])] for name in clients}))
"""


@dataclass(frozen=True)
class Waited:
    """Until the first token, in µs. `cpu`: the median of what the caller's thread worked, which
    others on the machine do not change."""

    name: str
    p50: float
    p95: float
    cpu: float


def measure(count: int) -> list[Waited]:
    """The plain client and the wrapped one."""
    with tempfile.TemporaryDirectory() as folder, FakeModel() as model:
        home = Path(folder)
        with Server(home / "server") as server:
            world = World(server, model, home / "home")
            environment = world.environment("bench", **with_sdk(server, home))
            done = subprocess.run(
                [PYTHON, "-c", _PROGRAM, str(count)], env=environment, cwd=home, check=True,
                capture_output=True, text=True, timeout=600,
            )  # fmt: skip
    found: dict[str, tuple[list[float], list[float]]] = json.loads(done.stdout)
    return [
        Waited(name, times[len(times) // 2], times[len(times) * 95 // 100], cpu[len(cpu) // 2])
        for name, (times, cpu) in found.items()
    ]
