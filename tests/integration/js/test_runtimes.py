"""Bun and Deno run the package as it is published, with the same rows for the same program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.emitters import npm
from tests.support.node import NodeMachine
from tests.support.sdk import last_json
from tests.support.server import Server

RUNTIMES = Path(__file__).parent / "runtimes"
COMMANDS = {
    "bun": ("@oven/bun-linux-x64/bin/bun", "run"),
    # It takes the packages that npm has installed only where it is told to.
    "deno": ("@deno/linux-x64-glibc/deno", "run", "--allow-all", "--node-modules-dir=manual"),
}
PNG = "Uint8Array.from(Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAUAAAAG', 'base64'))"


@pytest.fixture(params=COMMANDS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def machine(name: str, server: Server, tmp_path: Path) -> NodeMachine:
    npm.install(RUNTIMES)
    program, *arguments = COMMANDS[name]
    command = RUNTIMES / "node_modules" / program
    if not command.exists():
        pytest.skip(f"{name} is installed for Linux on x64 alone")
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"@tracehouse/sdk": "*"}}))
    return NodeMachine(tmp_path, server, runtime=(str(command), *arguments))


def test_a_run_is_logged_whole(machine: NodeMachine, name: str) -> None:
    said = machine.run_node(
        f"""
        import {{ Buffer }} from "node:buffer";
        const run = await th.initRun({{ project: "{name}", name: "forms", config: {{ lr: 0.1 }} }});
        for (let step = 0; step < 100; step++) await run.log({{ loss: 1 / (step + 1) }}, step);
        await run.log({{ pictures: [new th.Image({PNG})], rows: new th.Table(["x"], [[1]]) }}, 99);
        run.addArtifact("hparams", {{ data: {{ warmup: 0.03 }} }});
        await run.finish();
        console.log(JSON.stringify(run.id));
        """
    )
    run_id = last_json(said)
    run = machine.one_run(project=name)
    assert (run["id"], run["name"], run["status"], run["config"]) == (
        run_id, "forms", "finished", {"lr": 0.1}
    )  # fmt: skip
    assert machine.history(run_id, "loss") == {step: 1 / (step + 1) for step in range(100)}
    (picture,) = machine.get(f"/v1/runs/{run_id}/media")["media"]
    assert (picture["key"], picture["width"], picture["height"]) == ("pictures", 5, 6)
    assert "executable" in run["environment"][name]
    assert "node" not in run["environment"]


def test_what_is_observed_nests_over_awaits(machine: NodeMachine, name: str) -> None:
    machine.run_node(
        f"""
        th.init({{ project: "{name}-chat" }});
        const tool = th.observe(async function search(word) {{
          await new Promise((resolve) => setTimeout(resolve, 2));
          return word.toUpperCase();
        }});
        const answer = th.observe(async function answer(words) {{
          return (await Promise.all(words.map((word) => tool(word)))).join(" ");
        }});
        await answer(["a", "b"]);
        await th.finish();
        """
    )
    (listed,) = machine.get("/v1/traces", project=f"{name}-chat")["traces"]
    spans = machine.get(f"/v1/traces/{listed['trace_id']}")["spans"]
    named = {span["span_id"]: span["name"] for span in spans}
    children = [span["name"] for span in spans if named.get(span["parent_span_id"]) == "answer"]
    assert children == ["search", "search"]


def test_what_a_server_that_was_away_missed_is_sent_by_the_next_program(
    machine: NodeMachine, name: str
) -> None:
    with Server(machine.home / "server") as server:
        machine.server = server
        ports = server.ports
        server.stop()
        log = f"""
            const run = await th.initRun({{ project: "{name}-away" }});
            for (let step = 0; step < 100; step++) await run.log({{ loss: step }}, step);
            await run.finish();
        """
        program = machine.start_node(log)
        _, said = program.communicate(timeout=60)
        assert (program.returncode, len(machine.buffers())) == (0, 1), said
        server.start(**ports)
        machine.run_node(
            f"""
            await (await th.initRun({{ project: "{name}-later" }})).finish();
            await new Promise((resolve) => setTimeout(resolve, 1000));
            """
        )
        run = machine.one_run(project=f"{name}-away")
        assert run["status"] == "finished"
        assert machine.history(run["id"], "loss") == {step: step for step in range(100)}
        assert machine.buffers() == []
