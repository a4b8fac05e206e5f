"""`cm.evaluate`: items become traces, judgements scores, and all of it a run on the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sdk import Machine, last_json
from tests.support.server import Server


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"), server)


def test_a_task_is_tried_on_a_dataset_and_compared(machine: Machine) -> None:
    machine.run("""
        items = [{"id": f"n{n}", "input": {"n": n}, "expected_output": n * n} for n in range(5)]
        made = cm.create_dataset("squares", items, description="n squared")
        assert [item.id for item in made] == [f"n{n}" for n in range(5)], made.items

        def right(output, expected_output):
            return output == expected_output

        def judge(input, output, **_):
            return {"size": output, "parity": "even" if output % 2 == 0 else "odd"}

        def square(input, item):
            assert item.input is input
            if input["n"] == 4:
                raise ValueError("too large")
            return input["n"] ** 2

        async def double(input):
            return input["n"] * 2

        done = cm.evaluate("squares", square, [right, judge], name="square", metadata={"v": 1})
        assert done.scores == {
            "right": 1.0, "size": (0 + 1 + 4 + 9) / 4, "parity": {"even": 2, "odd": 2},
        }, done.scores
        (failed,) = done.errors
        assert (failed.item.id, failed.error) == ("n4", "ValueError: too large")
        assert str(done).startswith("square: 5 items, 1 failed, right: 1"), str(done)
        worse = cm.evaluate(made, double, [right], name="double")
        assert worse.scores == {"right": 0.4}
    """)
    assert machine.server is not None
    machine.server.settle()
    found = machine.get("/v1/datasets/squares/compare")
    runs = {run["name"]: run for run in found["runs"]}
    assert runs["square"]["metadata"] == {"v": 1}
    assert runs["square"]["summary"]["error_count"] == 1
    assert runs["square"]["summary"]["scores"]["right"] == {"count": 4, "mean": 1.0}
    assert runs["double"]["summary"]["scores"]["right"] == {"count": 5, "mean": 0.4}
    by_item = {item["item_id"]: item["results"] for item in found["items"]}
    assert by_item["n3"]["square"]["output"] == 9
    assert by_item["n3"]["double"]["output"] == 6
    assert by_item["n3"]["square"]["scores"] == {"right": True, "size": 9.0, "parity": "odd"}
    assert by_item["n4"]["square"]["error"] == "too large"


def test_what_the_task_does_is_inside_its_trace(machine: Machine) -> None:
    traces = last_json(
        machine.run("""
            import json
            from opentelemetry import trace

            def task(input):
                context = trace.get_current_span().get_span_context()
                return f"{context.trace_id:032x}"

            with cm.Run(project="outer"):
                done = cm.evaluate([{"input": 1}, {"input": 2}], task, name="local")
            assert done.dataset is None
            assert [r.output for r in done.results] == [r.trace_id for r in done.results]
            assert len({r.trace_id for r in done.results}) == 2
            print(json.dumps([r.trace_id for r in done.results]))
        """)
    )
    assert machine.server is not None
    machine.server.settle()
    for identity in traces:
        (span,) = machine.get(f"/v1/traces/{identity}")["spans"]
        assert span["attributes"]["tracehouse.evaluation.run.name"] == "local"


def test_coroutines_share_a_loop_and_are_inside_their_traces(machine: Machine) -> None:
    machine.run("""
        import asyncio
        from opentelemetry import trace
        loops = set()
        async def task(input):
            loops.add(asyncio.get_running_loop())
            await asyncio.sleep(0.01)
            return f"{trace.get_current_span().get_span_context().trace_id:032x}"
        async def judge(output):
            return 1
        done = cm.evaluate([{"input": n} for n in range(12)], task, [judge])
        assert len(loops) == 1 and done.scores == {"judge": 1}
        assert [r.output for r in done.results] == [r.trace_id for r in done.results]
    """)


def test_a_scorer_that_raises_costs_its_own_score(machine: Machine) -> None:
    machine.run("""
        def broken(output):
            raise KeyError("x")

        def odd(output):
            return [1]

        def fine(output):
            return {"fine": 1, "half \\ud83d": "x\\ud83d"}

        def endless(output):
            return float("nan")

        def huge(output):
            return 10**400

        scorers = [broken, odd, fine, endless, huge]
        done = cm.evaluate([{"input": 1}], lambda input: input, scorers)
        (result,) = done.results
        assert result.scores["fine"] == 1 and len(result.scores) == 2, result.scores
        assert set(result.scorer_errors) == {"broken", "odd", "endless", "huge"}
    """)


def test_a_dataset_that_is_not_there_is_said(machine: Machine) -> None:
    machine.run("""
        try:
            cm.evaluate("nothing", lambda input: input)
        except cm.ApiError as error:
            assert error.status == 404 and "nothing" in str(error), error
        else:
            raise AssertionError("it was taken")
    """)


def test_an_outage_after_the_dataset_was_read_loses_no_trace(tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server:
        machine = Machine(tmp_path / "machine", server)
        program = machine.start("""
            import sys
            made = cm.create_dataset("d", [{"id": "a", "input": 1}])
            print("read", flush=True)
            sys.stdin.readline()
            try:
                cm.evaluate(made, lambda input: input, [lambda output: True], name="r")
            except cm.ApiError:
                print("said", flush=True)
        """)
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline() == "read\n"
        server.kill()
        program.stdin.write("\n")
        program.stdin.flush()
        out, err = program.communicate(timeout=90)
        assert (program.returncode, out) == (0, "said\n"), err
        assert machine.buffers(), "what was traced is kept"
