"""What an agent did to files and on the command line, as a trace shows it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.support.server import Server

_PROGRAM = """
from tracehouse.agenttrace import AgentTrace
at = AgentTrace()
with at.trace("mend") as trace:
    with open("calc.py", "w") as file: file.write("def add(a, b):\\n    return a - b\\n")
    trace.checkpoint("before", ["calc.py", "gone.py"], "as it was", content=True)
    trace.file_op("edit", "calc.py", before="return a - b", after="return a + b")
    trace.terminal_cmd("pytest", 1, args=["-q"], stdout="\\x1b[31m1 failed\\x1b[0m", stderr="oh")
at.git_link(trace.id, "abc1234def", "main", "git@example.com:org/repo.git", message="Mend")
at.flush()
print(trace.id)
"""


@pytest.fixture(scope="module")
def trace_id(filled: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("agent")
    given = {"TRACEHOUSE_API_KEY": filled.key, "TRACEHOUSE_API_BASE": filled.http,
             "XDG_STATE_HOME": str(home / "state")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=home, env=os.environ | given, check=True,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    filled.settle()
    return done.stdout.strip()


def test_each_thing_that_was_done_is_shown_as_what_it_is(page: Page, trace_id: str) -> None:
    page.goto(f"/traces/{trace_id}")
    panel = page.get_by_role("complementary", name="The span")

    def choose(name: str) -> None:
        page.get_by_role("treeitem").filter(has_text=name).first.click()
        expect(panel.get_by_role("heading", name=name)).to_be_visible()

    choose("file.update")
    changed = panel.get_by_role("region", name="What changed in calc.py")
    expect(changed).to_contain_text("return a - b")
    expect(changed).to_contain_text("return a + b")
    choose("terminal.command")
    expect(panel.get_by_text("$ pytest -q")).to_be_visible()
    expect(panel.get_by_text("exit code 1").first).to_be_visible()
    expect(panel.get_by_label("What it wrote to stdout")).to_have_text("1 failed")
    choose("checkpoint before")
    expect(panel.get_by_text("is not there")).to_be_visible()
    panel.get_by_role("button", name="calc.py").click()
    expect(panel.get_by_text("def add(a, b):")).to_be_visible()
    choose("git.link")
    link = panel.get_by_role("link", name="abc1234def")
    expect(link).to_have_attribute("href", "https://example.com/org/repo/commit/abc1234def")
