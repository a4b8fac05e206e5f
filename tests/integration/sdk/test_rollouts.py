"""Rollouts from a program to the server: statuses, turns, continuity, concurrency, destinations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sdk.test_langfuse_mirror import Langfuse
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.sdk import Machine, last_json
from tests.support.server import Server

HEAD = """
import asyncio, json, os, threading, time
from tracehouse.rollouts import *
"""


@pytest.fixture
def langfuse() -> Iterator[Langfuse]:
    opened = Langfuse()
    yield opened
    opened.close()


def rollouts(machine: Machine, **asked: Any) -> list[dict[str, Any]]:
    return machine.get("/v1/rollouts", **asked)["rollouts"]


def spans(machine: Machine, trace_id: str) -> list[dict[str, Any]]:
    return machine.get(f"/v1/traces/{trace_id}")["spans"]


def test_what_the_document_shows(machine: Machine) -> None:
    said = last_json(machine.run("""
        configure(run_id="doc", phase="train", project="docs")
        meta = {
            "datapoint_id": "d1", "phase": "eval", "step_number": 4, "env_name": "math",
            "model_name": "m", "grader_name": "exact",
        }
        with trace_run(meta) as trace_id:
            add_meta({"seed": 1, "a": {"b": 2}})
            add_meta({"seed": 2})
            add_tags("hard", "retry", "hard")
            log(Message("system", "be short"))
            log(Message("user", "2 + 2?"))
            call = {"id": "c1", "function": {"name": "add", "arguments": '{"a": 2}'}}
            usage = {"prompt_tokens": 10, "completion_tokens": 3}
            log(Message("assistant", "", tool_calls=[call], usage=usage, token_ids=[1, 2]))
            log(Message("tool", "4", tool_call_id="c1"))
            log(Message("assistant", "4"))
            log(Message("user", "sure?"))
            assert increment_turn() == 2 and increment_intra() == 1
            assert set_turn_index(5) == 5 and set_intra_index(2) == 2
            span = log(Message("assistant", "yes"))
            log([Reward(0.5), Reward(1.0, "format"), Reward(0.75)])
            set_status("TRUNCATED", "too long")
        assert flush(timeout=20)
        shutdown()
        with trace_run(meta): log(Message("user", "never seen"))
        print(json.dumps([trace_id, span]))
    """, head=HEAD))  # fmt: skip
    trace_id, span_id = said
    (found,) = rollouts(machine, run="doc")
    assert found["trace_id"] == trace_id
    assert (found["phase"], found["datapoint"], found["step"]) == ("eval", "d1", 4)
    assert (found["environment"], found["model"], found["grader"]) == ("math", "m", "exact")
    assert (found["status"], found["error"]) == ("TRUNCATED", "too long")
    assert (found["reward"], found["rewards"]) == (0.75, {"reward": 0.75, "format": 1.0})
    assert (found["turns"], found["messages"], found["tool_calls"]) == (6, 7, 1)
    assert (found["input_tokens"], found["output_tokens"]) == (10, 3)
    assert found["tags"] == ["hard", "retry"]
    assert found["metadata"] == {"seed": 2, "a": {"b": 2}}
    messages = [s for s in spans(machine, trace_id) if s["name"].startswith("message.")]
    place = "tracehouse.rollout.turn", "tracehouse.rollout.intra"
    assert [tuple(s["attributes"][name] for name in place) for s in messages] == [
        (0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (5, 2),
    ]  # fmt: skip
    assert messages[-1]["span_id"] == span_id
    (call,) = [s for s in spans(machine, trace_id) if s["name"] == "add"]
    assert call["parent_span_id"] == messages[2]["span_id"]
    assert call["attributes"]["gen_ai.tool.call.result"] == "4"
    assert messages[3]["links"][0]["span_id"] == call["span_id"]
    scores = machine.get("/v1/scores", trace_id=trace_id)["scores"]
    assert sorted((s["name"], s["value"]) for s in scores)[-1] == ("reward", 0.75)
    # The root repeats what its calls used, and does not count twice.
    (usage,) = machine.get("/v1/usage", group_by="model", project="docs")["usage"]
    assert (usage["input_tokens"], usage["calls"]) == (10, 1)


def test_how_a_rollout_ends(machine: Machine) -> None:
    machine.run("""
        configure(run_id="ends", phase="eval")
        def one(name, body):
            try:
                with trace_run(datapoint_id=name): body()
            except BaseException as error: print(name, type(error).__name__)
        def fail(error):
            raise error
        one("clean", lambda: None)
        one("error", lambda: fail(KeyError("k")))
        one("kept", lambda: (set_status("GRADER_TIMEOUT"), fail(ValueError("v"))))
        one("interrupted", lambda: fail(KeyboardInterrupt()))
        one("cancelled", lambda: fail(asyncio.CancelledError()))
        one("last", lambda: (set_status("ERROR"), set_status(RolloutStatus.COMPLETED)))
        one("unknown", lambda: set_status("FINE"))
        one("span", lambda: set_error("this span"))
        @trace_run(datapoint_id="decorated", phase="train")
        def answer(): return 42
        @trace_run({"datapoint_id": "decorated-async"})
        async def answer_later():
            async with trace_run(datapoint_id="inside"): pass
            return 43
        assert (answer(), answer(), asyncio.run(answer_later())) == (42, 42, 43)
        assert log(Message("user", "outside")) == "0" * 16
        add_meta({}); add_tags("x"); set_status("ERROR"); set_error("x")
        with trace_run(datapoint_id="wrong"): log(3); log({"no": "role"}); log(Message("owl", "hu"))
    """, head=HEAD)  # fmt: skip
    found = {r["datapoint"]: r for r in rollouts(machine, run="ends")}
    assert {name: r["status"] for name, r in found.items()} == {
        "clean": "COMPLETED", "error": "ERROR", "kept": "GRADER_TIMEOUT", "interrupted": "ABORTED",
        "cancelled": "ABORTED", "last": "COMPLETED", "unknown": "ERROR", "span": "COMPLETED",
        "decorated": "COMPLETED", "decorated-async": "COMPLETED", "inside": "COMPLETED",
        "wrong": "COMPLETED",
    }  # fmt: skip
    assert found["error"]["error"] == "KeyError: 'k'"
    assert len(rollouts(machine, run="ends", datapoint="decorated")) == 2
    assert [r["datapoint"] for r in rollouts(machine, run="ends", status="GRADER_TIMEOUT")] == [
        "kept"
    ]
    (inside,) = spans(machine, found["inside"]["trace_id"])
    assert inside["links"][0]["trace_id"] == found["decorated-async"]["trace_id"]
    assert found["wrong"]["messages"] == 1


def test_a_trace_goes_on_with_its_turns(machine: Machine) -> None:
    machine.run("""
        configure(project="shop", phase="prod")
        for text in ("one", "two"):
            with trace_run(datapoint_id="d", trace_id="request-17"):
                log(Message("user", text)); log(Message("assistant", text)); add_meta({text: 1})
        with trace_run(datapoint_id="e", trace_id="AB" * 16) as own: assert own == "ab" * 16
    """, head=HEAD)  # fmt: skip
    found = {r["datapoint"]: r for r in rollouts(machine, run="shop", phase="prod")}
    assert (found["d"]["turns"], found["d"]["messages"], found["d"]["step"]) == (2, 4, None)
    assert found["d"]["metadata"] == {"one": 1, "two": 1}
    roots = [s for s in spans(machine, found["d"]["trace_id"]) if s["name"] == "rollout"]
    assert len(roots) == 2
    assert roots[0]["attributes"]["tracehouse.rollout.external_id"] == "request-17"
    assert "e" in found


def test_ten_thousand_at_once_are_kept_apart(machine: Machine) -> None:
    machine.run("""
        configure(run_id="many", phase="train")
        async def one(n):
            async with trace_run(datapoint_id=str(n), step_number=n % 10):
                log(Message("user", str(n)))
                await asyncio.sleep(0)
                log(Message("assistant", str(n)))
                await asyncio.sleep(0)
                log(Reward(float(n)))
        async def all_of_them(): await asyncio.gather(*(one(n) for n in range(10_000)))
        asyncio.run(all_of_them())
        threads = [threading.Thread(target=asyncio.run, args=(one(10_000 + n),)) for n in range(20)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert flush(60)
    """, head=HEAD, timeout=200)  # fmt: skip
    page = machine.get("/v1/rollouts", run="many", step=3, limit=1000)
    rest = machine.get("/v1/rollouts", run="many", step=3, limit=1000, cursor=page["next_cursor"])
    found = page["rollouts"] + rest["rollouts"]
    assert sorted(int(r["datapoint"]) for r in found) == list(range(3, 10_020, 10))
    assert all(r["reward"] == float(r["datapoint"]) and r["messages"] == 2 for r in found)
    told = spans(machine, found[17]["trace_id"])
    texts = [s["attributes"]["tracehouse.text"] for s in told if s["name"] != "rollout"]
    assert texts == [found[17]["datapoint"]] * 2
    steps = machine.get("/v1/rollouts/steps", run="many")["steps"]
    assert [(s["step"], s["rollouts"], s["rewarded"]) for s in steps] == [
        (n, 1002, 1002) for n in range(10)
    ]
    assert steps[3]["mean"] == pytest.approx(sum(range(3, 10_020, 10)) / 1002)
    assert (steps[3]["min"], steps[3]["max"], steps[3]["median"]) == (3, 10_013, 5008)
    assert steps[3]["statuses"] == {"COMPLETED": 1002}


def test_steps_come_in_pages_and_by_what_is_asked(machine: Machine) -> None:
    machine.run("""
        configure(phase="train")
        for step in range(3):
            for n, env in enumerate(("a", "a", "b")):
                with trace_run(datapoint_id=n, run_id="paged", step_number=step, env_name=env):
                    add_tags(env); log(Reward(n))
        with trace_run(datapoint_id="free", phase="eval", run_id="paged"): pass
    """, head=HEAD)  # fmt: skip
    first = machine.get("/v1/rollouts/steps", run="paged", limit=2)
    rest = machine.get("/v1/rollouts/steps", run="paged", cursor=first["next_cursor"])
    found = first["steps"] + rest["steps"]
    assert [(s["step"], s["rollouts"]) for s in found] == [(None, 1), (0, 3), (1, 3), (2, 3)]
    assert (found[0]["mean"], found[0]["rewarded"]) == (None, 0)
    (only,) = machine.get("/v1/rollouts/steps", run="paged", environment="a", step=1)["steps"]
    assert (only["rollouts"], only["mean"], only["standard_deviation"]) == (2, 0.5, 0.5)
    assert len(rollouts(machine, run="paged", tag="b")) == 3
    answer = machine.server.get("/v1/rollouts", status="FINE")  # pyright: ignore[reportOptionalMemberAccess]
    assert answer.status_code == 422


def test_every_destination_gets_all_of_it_and_a_dead_one_delays_none(
    machine: Machine, langfuse: Langfuse, tmp_path: Path
) -> None:
    assert machine.server is not None
    code = """
        configure(phase="eval")
        started = time.monotonic()
        for n in range(20):
            with trace_run(datapoint_id=n, run_id=os.environ["RUN"], step_number=n % 2):
                log(Message("user", "q")); log(Message("assistant", "a"))
                add_meta({"key": [1], **{str(k): k for k in range(200)}}); add_tags("t")
        took = time.monotonic() - started
        print(json.dumps([took, flush(8)]))
    """
    registry = {"KESTREL_API_URL": machine.server.http, "KESTREL_API_KEY": machine.server.key}
    with ClickHouseHttp(tmp_path / "clickhouse") as clickhouse:
        direct = {"CLICKHOUSE_URL": clickhouse.url, "CLICKHOUSE_DATABASE": "tracehouse"}
        with Server(tmp_path / "made", "--clickhouse-url", clickhouse.url) as other:
            everywhere = {**langfuse.variables, **registry, **direct, "RUN": "everywhere"}
            _, delivered = last_json(machine.run(code, head=HEAD, timeout=60, **everywhere))
            assert delivered
            there = other.get("/v1/rollouts", run="everywhere").json()["rollouts"]
            here = rollouts(machine, run="everywhere")
            assert len(here) == 20
            assert there == here  # one decode, one set of rows
    told = langfuse.spans()
    assert told["rollout"]["langfuse.trace.metadata.key"] == "[1]"
    assert {span["langfuse.session.id"] for span in told.values()} == {"everywhere"}
    assert {span["langfuse.observation.type"] for span in told.values()} == {
        "agent", "event", "generation",
    }  # fmt: skip
    kinds = {kind: machine.get(f"/v1/registry/{kind}")[kind] for kind in ("runs", "steps")}
    assert [(r["id"], r["phase"]) for r in kinds["runs"]] == [("everywhere", "eval")]
    assert [(r["run_id"], r["step"]) for r in kinds["steps"]] == [
        ("everywhere", 0),
        ("everywhere", 1),
    ]
    assert len(machine.get("/v1/registry/datapoints")["datapoints"]) == 20
    langfuse.status = 503
    dead = {
        **langfuse.variables, "KESTREL_API_URL": "http://127.0.0.1:9", "RUN": "alone",
        "CLICKHOUSE_URL": "http://127.0.0.1:9",
    }  # fmt: skip
    began = time.monotonic()
    took, delivered = last_json(machine.run(code, head=HEAD, timeout=90, **dead))
    assert took < 2
    assert not delivered
    assert len(rollouts(machine, run="alone")) == 20
    assert time.monotonic() - began < 60
    kept = {(path / "destination.json").read_text() for path in machine.buffers()}
    assert any(langfuse.url in one for one in kept)
    assert any("127.0.0.1:9" in one for one in kept)


def test_registering_again_changes_nothing_and_adds_what_is_new(server: Server) -> None:
    def post(kind: str, **document: Any) -> Any:
        return server.client.post(
            f"{server.http}/v1/registry/{kind}", json=document, headers=server.headers
        )

    once = post("runs", id="grpo", phase="train").json()
    again = post("runs", id="grpo", model="m").json()
    assert again == once | {"model": "m", "created_at": again["created_at"]}
    assert post("steps", run_id="grpo", step=10).status_code == 200
    assert post("steps", run_id="grpo", step=9).status_code == 200
    assert post("steps", run_id="grpo", step=-1).status_code == 422
    assert post("datapoints").json()["detail"].startswith("id: it is required")
    page = server.get("/v1/registry/steps", limit=1).json()
    found = [page["steps"][0]["step"]]
    while page["next_cursor"]:
        page = server.get("/v1/registry/steps", limit=1, cursor=page["next_cursor"]).json()
        found += [step["step"] for step in page["steps"] if step["run_id"] == "grpo"]
    assert found[-2:] == [9, 10]


def test_debugging_shows_each_span_that_ends(machine: Machine) -> None:
    err = machine.run("""
        with trace_run(datapoint_id="shown", phase="eval"):
            log(Message("assistant", "x" * 500))
    """, head=HEAD, CARIBOU_TRACE_DEBUG="1").err  # fmt: skip
    lines = [line for line in err.splitlines() if "ms" in line]
    assert "message.assistant 0/0" in lines[0]
    assert len(lines[0]) < 280
    assert "rollout" in lines[1]
    assert "status=COMPLETED" in lines[1]


def test_a_sample_leaves_out_whole_rollouts(machine: Machine) -> None:
    machine.run("""
        configure(sample_rate=0.5, phase="eval", run_id="sampled")
        for n in range(200):
            with trace_run(datapoint_id=n): log(Message("user", "x"))
    """, head=HEAD)  # fmt: skip
    found = rollouts(machine, run="sampled", limit=1000)
    assert 60 < len(found) < 140
    assert all(r["messages"] == 1 for r in found)
