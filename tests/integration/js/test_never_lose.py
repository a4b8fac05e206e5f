"""Nothing that was logged is lost: servers that are away, programs that are killed or offline."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from tests.support.node import NodeMachine
from tests.support.sdk import kill, last_json
from tests.support.server import Server


def test_a_server_that_is_away_is_not_noticed_and_gets_it_later(tmp_path: Path) -> None:
    server = Server(tmp_path / "server").start()
    machine = NodeMachine(tmp_path / "machine", server)
    ports = server.ports
    server.stop()
    program = machine.start_node("""
        const wrong = [];
        process.on("unhandledRejection", (error) => wrong.push(String(error)));
        const run = await th.initRun({ project: "away" });
        const started = performance.now();
        for (let step = 0; step < 1000; step++) await run.log({ loss: step }, step);
        const picture = Buffer.from("89504e470d0a1a0a" + "00".repeat(100), "hex");
        await run.log({ image: new th.Image(picture) }, 0);
        const logged = performance.now() - started;
        await run.finish();
        console.log(JSON.stringify([logged, performance.now() - started, wrong]));
    """)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    logged, finished, wrong = json.loads(out)
    assert logged < 2000
    assert finished < 11_000
    assert wrong == []
    (left,) = machine.buffers()
    assert err.count("no answer (ECONNREFUSED)") >= 1
    assert str(left) in err
    with server.start(**ports):
        # The next program takes along what the first one left.
        machine.run_node("""
            await (await th.initRun({ project: "later" })).finish();
            await new Promise((resolve) => setTimeout(resolve, 1000));
        """)
        run = machine.one_run(project="away")
        assert run["status"] == "finished"
        assert machine.history(run["id"], "loss") == {n: n for n in range(1000)}
        (image,) = machine.get(f"/v1/runs/{run['id']}/media")["media"]
        assert len(server.get(image["url"]).content) == 108
        assert machine.buffers() == []


def test_offline_and_sent_by_the_command(machine: NodeMachine) -> None:
    machine.run_node("""
        const run = await th.initRun({ project: "offline", mode: "offline" });
        await run.log({ loss: 1 });
        run.addArtifact("params", { data: { a: 1 } });
        await run.finish();
    """)
    assert len(machine.buffers()) == 1
    assert machine.get("/v1/runs", project="offline")["runs"] == []
    machine.tracehouse("sync")
    run = machine.one_run(project="offline")
    assert (run["status"], run["summary"]) == ("finished", {"loss": 1})
    assert machine.buffers() == []


def test_what_a_killed_program_logged_is_sent_by_the_next(machine: NodeMachine) -> None:
    program = machine.start_node("""
        const run = await th.initRun({ project: "killed", mode: "online" });
        for (let step = 0; step < 500; step++) run.log({ loss: step }, step);
        await new Promise((resolve) => setTimeout(resolve, 300));
        console.log("logged");
        await new Promise((resolve) => setTimeout(resolve, 60_000));
    """, TRACEHOUSE_API_BASE="http://127.0.0.1:9")  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == "logged\n"
    (left,) = machine.buffers()
    # While it lives, its buffer is its own, for Python too.
    assert "still writes to it" in machine.tracehouse("sync", fails=True).out
    kill(program)
    assert left.exists()
    machine.tracehouse("sync")
    run = machine.one_run(project="killed")
    assert machine.history(run["id"], "loss") == {n: n for n in range(500)}
    assert machine.buffers() == []


def test_a_buffer_that_is_taken_away_is_begun_anew(machine: NodeMachine) -> None:
    said = machine.run_node("""
        import { readdirSync, rmSync } from "node:fs";
        const folder = `${process.env.XDG_STATE_HOME}/tracehouse/buffers`;
        const run = await th.initRun({ project: "taken" });
        await run.flush();
        for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true });
        await run.log({ loss: 1 });
        await run.finish();
        for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true });
    """)
    assert "another is begun" in said.err
    assert machine.one_run(project="taken")["summary"] == {"loss": 1}


def test_a_machine_without_a_writable_folder_logs_all_the_same(machine: NodeMachine) -> None:
    (machine.home / "blocked").write_text("")
    machine.run_node("""
        const run = await th.initRun({ project: "diskless" });
        await run.log({ loss: 1, image: new th.Image(new Uint8Array(9)) });
        await run.finish();
    """, XDG_STATE_HOME=str(machine.home / "blocked"))  # fmt: skip
    assert machine.one_run(project="diskless")["summary"] == {"loss": 1}


def test_a_program_ends_by_itself_whatever_the_server_does(tmp_path: Path) -> None:
    programs = (
        'await th.initRun({ project: "p" });',
        'await th.init({ sessionId: "s" }); th.logUser("x");',
        "const run = await th.initRun(); setTimeout(() => run.log({ a: 1 }), 50);",
    )
    for number, code in enumerate(programs):
        machine = NodeMachine(tmp_path / str(number), None)
        started = time.monotonic()
        machine.run_node(code, TRACEHOUSE_API_BASE="http://127.0.0.1:9")
        assert time.monotonic() - started < 8, code


def test_disabled_does_nothing(tmp_path: Path) -> None:
    machine = NodeMachine(tmp_path, None)
    said = machine.run_node("""
        const run = await th.initRun({ mode: "disabled", clientRunId: "x" });
        await run.log({ a: 1, i: new th.Image(new Uint8Array(3)) });
        run.rollout().logUser("x");
        await run.finish();
        await th.init({ mode: "disabled", sessionId: "y" });
        console.log(th.logUser("x").kind);
    """)
    assert said.out == "user_msg\n"
    assert not machine.state.exists()


def test_without_an_account_it_goes_on_anonymously(tmp_path: Path) -> None:
    with Server(tmp_path / "server", "--anonymous") as server:
        machine = NodeMachine(tmp_path / "machine", None)
        code = """
            const run = await th.initRun({ project: "nobody" });
            await run.log({ loss: 1 });
            await run.finish();
            const shown = await fetch(run.url.replace("/runs/", "/v1/runs/"));
            console.log(JSON.stringify([run.url, shown.status, (await shown.json()).project]));
        """
        first = machine.run_node(code, TRACEHOUSE_API_BASE=server.http)
        second = machine.run_node(code, TRACEHOUSE_API_BASE=server.http)
        assert "YOU ARE NOT LOGGED IN" in first.err
        for said in (first, second):
            url, status, project = last_json(said)
            assert (status, project) == (200, "nobody")
            assert "?t=anon_" in url
        assert last_json(first)[0].partition("?")[2] == last_json(second)[0].partition("?")[2]


def test_a_wrong_key_is_said_once_and_kept(machine: NodeMachine) -> None:
    assert machine.server is not None
    said = machine.run_node("""
        const run = await th.initRun({ project: "wrong", apiKey: "ba_nobodys" });
        await run.log({ loss: 1 });
        await run.finish();
    """, TRACEHOUSE_API_BASE=machine.server.http)  # fmt: skip
    assert said.err.count("set apiKey to a valid key") == 1
    assert len(machine.buffers()) == 1


def test_processes_at_once_have_buffers_of_their_own(machine: NodeMachine) -> None:
    programs: list[subprocess.Popen[str]] = [
        machine.start_node(
            f"""
            const run = await th.initRun({{ project: "parallel", name: "r{n}" }});
            for (let step = 0; step < 200; step++) await run.log({{ loss: {n} }}, step);
            await run.finish();
            """,
            name=f"p{n}.mjs",
        )
        for n in range(4)
    ]
    assert [program.wait(60) for program in programs] == [0] * 4
    for program in programs:
        program.communicate()
    assert machine.server is not None
    machine.server.settle()
    for run in machine.get("/v1/runs", project="parallel")["runs"]:
        assert machine.history(run["id"], "loss") == dict.fromkeys(range(200), int(run["name"][1:]))
