"""`tracehouse.Api`: what was logged, read back."""

from __future__ import annotations

from tests.integration.sdk.test_training import QUIET
from tests.support.sdk import Machine, last_json


def test_runs_are_read_as_rows_and_frames(machine: Machine) -> None:
    machine.run(f"""
        for n in range(3):
            run = cm.init_run(project="reading", name=f"r{{n}}", config={{"n": n}}, {QUIET})
            for step in range(4):
                run.log({{"a": step * n, "text": "x"}}, step=step)
            run.log({{"image": cm.Image(b"GIF89a" + bytes(10))}}, step=0)
            with run.rollout(step=1) as trace:
                trace.log_user("x")
            run.finish()
    """)
    program = machine.run("""
        import json
        api = cm.Api()
        names = [run.name for run in api.runs(project="reading", sort="name", limit=2)]
        (one,) = api.runs(project="reading", **{"config.n": ">=2"})
        run = api.run(one.id)
        frame, polars, arrow = (run.history(form=f) for f in ("pandas", "polars", "arrow"))
        assert list(frame["last"]) == polars["last"].to_list() == arrow["last"].to_pylist()
        assert list(frame.columns) == ["key", "x", "step", "last", "min", "max", "mean"]
        (item,) = run.media()
        (rollout,) = run.rollouts(step=1)
        run.update(name="renamed", tags=["t"])
        time.sleep(1)
        print(json.dumps([
            names, run.status, run.summary, [row["last"] for row in run.history(["a"])],
            [v["value"] for v in run.values()], run.download(item, "x.gif").stat().st_size,
            api.trace(rollout["trace_id"])["span_count"], api.run(one.id).name,
            len(list(run.console())), run.system(), len(list(api.traces(project="reading"))),
        ]))
        for wrong in (lambda: api.run("nope"), lambda: run.colour):
            try:
                wrong()
            except (cm.ApiError, AttributeError) as error:
                print(type(error).__name__, error)
    """)
    found, *errors = program.out.strip().splitlines()[-3:]
    program.out = found
    names, status, summary, values, texts, size, spans, renamed, lines, system, traces = last_json(
        program
    )
    assert (names, status, summary) == (["r0", "r1", "r2"], "finished", {"a": 6})
    assert (values, texts, size) == ([0, 2, 4, 6], ["x"] * 4, 16)
    assert (spans, renamed, lines, system, traces) == (2, "renamed", 0, [], 6)
    assert errors[0].startswith("ApiError HTTP 404: there is no run nope")
    assert errors[1] == "AttributeError a run has no 'colour'"


def test_experiments_are_compared(machine: Machine) -> None:
    machine.run("""
        for variant in ("control", "new/er"):
            for n in range(12):
                name = f"{variant}-{n}"
                with cm.Run(session_id=name, experiment="a/b", variant=variant) as run:
                    for _ in range(3 if n < (3 if variant == "control" else 2) else 1):
                        run.log_tool_use("search", {"q": "the same"})
                        run.log_tool_result("nothing")
                    run.finish(outcome="bad" if variant == "control" else "good")
    """)
    program = machine.run("""
        import json
        api = cm.Api()
        compared = api.compare("a/b", control="control", metrics=["flag_rate", "loop_rate"])
        print(compared)
        print(json.dumps([
            [one["name"] for one in api.experiments()], api.experiment("a/b")["traces"],
            compared.data["unit"], compared.verdicts["new/er"],
        ]))
    """)
    assert last_json(program)[:3] == [["a/b"], 24, "trace"]
    assert last_json(program)[3]["flag_rate"] == "better"
    first, flags, loops, _ = program.out.strip().splitlines()
    assert first == "a/b, by trace (control 12, new/er 12), beside control:"
    assert flags.split() == ["new/er", "flag_rate", "1", "->", "0", "better"]
    assert loops.split()[:5] == ["new/er", "loop_rate", "0.25", "->", "0.1667"]
    assert loops.endswith(" more units in each arm")
