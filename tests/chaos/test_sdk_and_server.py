"""A program logs on while its server is killed again and again: nothing is lost or doubled."""

from __future__ import annotations

import time
from pathlib import Path

from tests.integration.sdk.test_training import QUIET
from tests.support.sdk import Machine
from tests.support.server import Server

STEPS = 1500


def test_a_server_that_is_killed_while_a_run_logs(tmp_path: Path) -> None:
    server = Server(tmp_path / "server").start()
    ports = server.ports
    machine = Machine(tmp_path / "machine", server)
    program = machine.start(f"""
        run = cm.init_run(project="killed-server", {QUIET})
        for step in range({STEPS}):
            run.log({{"a": step, "b": -step}}, step=step)
            if step % 100 == 0:
                run.log({{"text": f"at {{step}}"}}, step=step)
                print("line", step)
                with run.rollout(step=step) as trace:
                    trace.log_user("x")
            time.sleep(0.005)
        run.finish(timeout=60)
    """)
    try:
        for _ in range(3):
            time.sleep(1.5)
            server.kill()
            time.sleep(0.5)
            server.start(**ports)
        out, err = program.communicate(timeout=90)
        assert program.returncode == 0, out + err
        server.settle()
        run = machine.one_run(project="killed-server")
        assert run["status"] == "finished"
        assert machine.history(run["id"], "a") == {n: n for n in range(STEPS)}
        assert machine.history(run["id"], "b") == {n: -n for n in range(STEPS)}
        texts = machine.get(f"/v1/runs/{run['id']}/history", keys="text")["values"]
        assert [value["step"] for value in texts] == list(range(0, STEPS, 100))
        rollouts = machine.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"]
        assert [(r["step"], r["pending"]) for r in rollouts] == [
            (n, False) for n in range(0, STEPS, 100)
        ]
        logs = machine.get("/v1/logs", run=run["id"], limit=1000)["logs"]
        assert len(logs) == len(texts)
        assert machine.buffers() == []
    finally:
        program.kill()
        server.__exit__()
