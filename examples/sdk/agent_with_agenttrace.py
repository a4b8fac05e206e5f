"""A coding agent written for AgentTrace: what it needed here was another import."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tracehouse.agenttrace import AgentTrace, observe

at = AgentTrace(project_id="coding-agent")


@observe(as_type="generation")
def ask_model(prompt: str) -> str:
    return "def add(a, b):\n    return a + b\n" if "mend" in prompt else "add() subtracts"


@observe()
def diagnose(code: str) -> str:
    return ask_model(f"What is wrong with:\n{code}")


with TemporaryDirectory() as folder, at.session("ticket-17").trace("mend add()") as trace:
    file = Path(folder) / "calc.py"
    before = "def add(a, b):\n    return a - b\n"
    file.write_text(before)
    trace.input = {"ticket": "add(2, 2) is 0"}
    trace.checkpoint("before", files=[str(file)])
    finding = diagnose(before)
    after = ask_model(f"{finding}: mend it")
    file.write_text(after)
    trace.file_op("edit", "calc.py", before=before, after=after)
    trace.terminal_cmd("pytest -q", exit_code=0, stdout="3 passed")
    trace.score("mended", True)
    trace.output = finding
at.flush()
print(trace.id)
