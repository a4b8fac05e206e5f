"""Programs instrumented for something else, with nothing but their environment changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.emitters import coding_agents, npm
from tests.conformance.emitters.fake_answers import ANSWER
from tests.conformance.emitters.fake_model import FakeModel
from tests.conformance.emitters.running import PYTHON, Arrived, World, counted, said
from tests.conformance.emitters.truth import ANSWERED, GPT, check_tool
from tests.support import captures
from tests.support.server import Server

# One worker for all: one server, and one run of each program, is enough.
pytestmark = pytest.mark.timeout(360)

EXAMPLES = Path(__file__).parent.parent.parent / "examples/already_instrumented"
# Where the real `claude` and `codex` are, if they are to be run.
REAL_AGENTS = os.environ.get("TRACEHOUSE_TEST_CODING_AGENTS", "")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[World]:
    with FakeModel() as model:
        yield World(server, model, tmp_path_factory.mktemp("home"))


def run_python(world: World, program: str, **environment: str) -> Arrived:
    return world.run(program, PYTHON, str(EXAMPLES / f"{program}.py"), **environment)


def check_answer(arrived: Arrived, calls: int) -> None:
    """It said what the model said, and each of its calls counts once."""
    assert arrived.out == f"{ANSWER}\n"
    assert len(arrived.world.model.asked[arrived.service]) == calls
    assert arrived.usage() == {GPT: (calls, 30 * calls, 12 * calls, 10 * calls, 0)}
    assert arrived.cost() > 0
    last = arrived.content(arrived.spans("generation")[-1])
    assert said(last["output"]) == ANSWERED


def test_the_program_written_for_langfuse(world: World) -> None:
    arrived = run_python(world, "langfuse_app", **world.langfuse)
    check_answer(arrived, 1)
    check_tool(arrived, ["Paris"])
    assert arrived.kinds == {"agent": 1, "generation": 1, "tool": 1}
    (trace,) = arrived.traces
    assert (trace["name"], trace["session"], trace["user"]) == ("weather_agent", "weather-1", "ada")
    (score,) = world.get("/v1/scores", trace_id=trace["trace_id"])["scores"]
    assert (score["name"], score["value"]) == ("helpful", True)


def test_the_program_instrumented_by_openinference(world: World) -> None:
    arrived = run_python(world, "openinference_app")
    check_answer(arrived, 1)
    check_tool(arrived)
    assert arrived.kinds == {"agent": 1, "generation": 1, "tool": 1}
    (trace,) = arrived.traces
    assert (trace["name"], trace["session"], trace["user"]) == ("weather_agent", "weather-2", "ada")


def test_the_program_instrumented_by_openllmetry(world: World) -> None:
    arrived = run_python(world, "openllmetry_app")
    check_answer(arrived, 1)
    assert arrived.kinds == {"span": 1, "generation": 1}
    (trace,) = arrived.traces
    assert (trace["name"], trace["session"], trace["user"]) == ("weather_agent", "weather-3", "ada")


def test_the_program_of_the_vercel_ai_sdk(world: World) -> None:
    npm.install(EXAMPLES / "vercel_ai")
    node, _ = npm.find_node()
    arrived = world.run("vercel_ai", node, str(EXAMPLES / "vercel_ai/main.js"))
    check_answer(arrived, 2)
    check_tool(arrived)
    assert arrived.kinds == {"agent": 1, "chain": 2, "generation": 2, "tool": 1}
    assert arrived.sessions() == {"weather-4"}


# --- coding agents ----------------------------------------------------------------------------


def run_agent(world: World, script: str, service: str, programs: Path, **more: str) -> Arrived:
    """A script of the examples, which finds the agent among these programs."""
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **more}
    # It names its service itself.
    return world.run(service, "/bin/sh", str(EXAMPLES / script), **environment)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that send, as they are configured, what the real ones once sent."""
    folder = tmp_path_factory.mktemp("bin")
    coding_agents.install(folder, captures.FOLDER)
    return folder


def test_the_lines_for_claude_code_send_every_signal(world: World, stand_ins: Path) -> None:
    arrived = run_agent(world, "claude_code.sh", "claude-code", stand_ins)
    assert list(arrived.usage().values()) == [(2, 70, 24, 20, 10)]
    assert {"agent": 1, "generation": 2, "tool": 1}.items() <= arrived.kinds.items()
    (trace,) = arrived.traces
    whole = world.get(f"/v1/sessions/{trace['session']}")
    assert counted(whole["usage"]) == (2, 70, 24, 20, 10)
    logs = world.get("/v1/logs", service="claude-code")["logs"]
    assert {log["attributes"]["session.id"] for log in logs} == {trace["session"]}
    names = [metric["name"] for metric in world.get("/v1/metrics/names")["metrics"]]
    assert "claude_code.token.usage" in names


def test_the_lines_for_codex_send_logs_and_traces(
    world: World, stand_ins: Path, tmp_path: Path
) -> None:
    environment = {"CODEX_HOME": str(tmp_path), "TRACEHOUSE_KEY": world.server.key}
    # What was configured before is left as it is.
    (tmp_path / "config.toml").write_text('model = "gpt-5-codex"\n')
    arrived = run_agent(world, "codex.sh", "codex_exec", stand_ins, **environment)
    assert (tmp_path / "config.toml").read_text().startswith('model = "gpt-5-codex"\n')
    assert arrived.usage() == {"gpt-5-codex": (2, 60, 24, 20, 0)}
    (tool,) = arrived.spans("tool")
    # Arguments come in log records only.
    assert arrived.content(tool)["arguments"] == {"cmd": "echo hi"}


@pytest.mark.skipif(not REAL_AGENTS, reason="TRACEHOUSE_TEST_CODING_AGENTS names no folder")
def test_the_real_claude_code(tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server, FakeModel() as model:
        world = World(server, model, tmp_path / "home")
        arrived = run_agent(
            world, "claude_code.sh", "claude-code", Path(REAL_AGENTS),
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        )  # fmt: skip
        assert arrived.out == f"{ANSWER}\n"
        assert list(arrived.usage().values()) == [(1, 35, 12, 10, 5)]
        assert arrived.kinds == {"agent": 1, "generation": 1}
        (agent,) = arrived.spans("agent")
        assert said(arrived.content(agent)["input"]) == [("user", "Say hi, in the shell.")]


@pytest.mark.skipif(not REAL_AGENTS, reason="TRACEHOUSE_TEST_CODING_AGENTS names no folder")
def test_the_real_codex(tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server, FakeModel() as model:
        world = World(server, model, tmp_path / "home")
        codex_home = tmp_path / "codex"
        codex_home.mkdir()
        (codex_home / "config.toml").write_text(
            'model = "gpt-5-codex"\nmodel_provider = "here"\n[model_providers.here]\n'
            f'name = "here"\nbase_url = "{model.url}/v1"\nenv_key = "OPENAI_API_KEY"\n'
        )
        arrived = run_agent(
            world, "codex.sh", "codex_exec", Path(REAL_AGENTS),
            CODEX_HOME=str(codex_home), TRACEHOUSE_KEY=server.key,
        )  # fmt: skip
        assert arrived.out == f"{ANSWER}\n"
        assert arrived.usage() == {"gpt-5-codex": (1, 30, 12, 10, 0)}
        assert {"agent": 1, "generation": 1}.items() <= arrived.kinds.items()
