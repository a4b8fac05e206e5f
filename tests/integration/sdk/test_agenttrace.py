"""Programs written for AgentTrace, with another import."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.support.sdk import Machine, last_json

HEAD = """
import asyncio, json, os, threading, functools
from tracehouse.agenttrace import AgentTrace, observe, run_in_trace_context
at = AgentTrace(project_id="agents")
"""
INPUT, OUTPUT = "langfuse.observation.input", "langfuse.observation.output"


def spans(machine: Machine, name: str) -> dict[str, dict[str, Any]]:
    """The spans of the only trace of this name, by name."""
    (trace,) = [t for t in machine.get("/v1/traces", limit=1000)["traces"] if t["name"] == name]
    return {s["name"]: s for s in machine.get(f"/v1/traces/{trace['trace_id']}")["spans"]}


def test_calls_lie_in_one_another_to_any_depth(machine: Machine) -> None:
    machine.run("""
        @observe
        def outer(x, *, y=2): return middle(x) + y
        @observe(name="the middle")
        def middle(x): return inner(x)
        @observe(as_type="generation", capture_input=False)
        def inner(x): return x * 2
        assert outer(3) == 8
        assert outer.__name__ == "outer"
        assert asyncio.iscoroutinefunction(observe(asyncio.sleep))
        class Agent:
            @observe()
            def method(self, q): return q
            @observe()
            @staticmethod
            def static(q): return q
            @classmethod
            @observe()
            def of_class(cls, q): return q
        assert (Agent().method(1), Agent.static(2), Agent.of_class(3)) == (1, 2, 3)
        assert observe(functools.partial(outer, 1))() == 4
    """, head=HEAD)  # fmt: skip
    traces = machine.get("/v1/traces", project="agents", limit=100)["traces"]
    assert sorted(t["name"] for t in traces) == ["method", "of_class", "outer", "outer", "static"]
    whole = max((t for t in traces if t["name"] == "outer"), key=lambda t: t["span_count"])
    found = {s["name"]: s for s in machine.get(f"/v1/traces/{whole['trace_id']}")["spans"]}
    assert found["inner"]["parent_span_id"] == found["the middle"]["span_id"]
    assert found["the middle"]["parent_span_id"] == found["outer"]["span_id"]
    assert INPUT not in found["inner"]["attributes"]
    assert found["inner"]["attributes"]["langfuse.observation.type"] == "generation"


def test_async_generators_and_threads(machine: Machine) -> None:
    machine.run("""
        @observe()
        async def leaf(n):
            await asyncio.sleep(0.001); return n
        @observe()
        async def gathered(): return await asyncio.gather(*(leaf(n) for n in range(5)))
        assert asyncio.run(gathered()) == list(range(5))
        @observe()
        def counting(n):
            got = []
            for k in range(n): got.append((yield k))
            return got
        def total():
            return (yield from counting(3))
        assert list(total()) == [0, 1, 2]
        stopped = counting(100); next(stopped); stopped.close()
        @observe()
        async def streamed():
            for word in ("a", "b"): yield word
        async def read(): return [word async for word in streamed()]
        assert asyncio.run(read()) == ["a", "b"]
        with at.trace("threaded"):
            thread = threading.Thread(target=run_in_trace_context(lambda: observe(str)(1)))
            thread.start(); thread.join()
    """, head=HEAD)  # fmt: skip
    traces = machine.get("/v1/traces", limit=1000)["traces"]
    (gathered,) = [t for t in traces if t["name"] == "gathered"]
    told = machine.get(f"/v1/traces/{gathered['trace_id']}")["spans"]
    assert {s["parent_span_id"] for s in told if s["name"] == "leaf"} == {told[0]["span_id"]}
    assert len(told) == 6
    outputs = sorted(
        machine.get(f"/v1/traces/{t['trace_id']}")["spans"][0]["attributes"][OUTPUT]
        for t in traces
        if t["name"] == "counting"
    )
    assert outputs == ["[0,1,2]", "[0]"]
    assert spans(machine, "streamed")["streamed"]["attributes"][OUTPUT] == '["a","b"]'
    assert len(spans(machine, "threaded")) == 2


def test_what_is_assigned_in_a_block_is_read_when_it_ends(machine: Machine) -> None:
    machine.run("""
        with at.trace("chat", user_id="ada", session_id="s1") as trace:
            trace.input = {"prompt": "Hello"}
            trace.metadata = {"version": "1.0"}
            trace.tags = ["production"]
            trace.tags.append("important")
            with trace.generation(name="gpt", model="gpt-x", model_parameters={"t": 0.7}) as gen:
                gen.input = [{"role": "user", "content": "Hello"}]
                gen.output = "Hi"
                gen.usage = {"inputTokens": 30, "outputTokens": 12}
            with trace.span("step") as step:
                step.span("inside").end(output=1)
                trace.event(name="reached", data={"step": 1})
            trace.output = "done"
        try:
            with at.trace("risky") as trace: raise ValueError("no")
        except ValueError: pass
        try:
            with at.trace("said") as trace:
                trace.error = "in my words"; trace.level = "ERROR"
                raise ValueError("no")
        except ValueError: pass
        manual = at.trace("manual"); manual.update(metadata={"a": 1}).end(output="x"); manual.end()
        with at.session(id="s2").trace("in session") as t: assert len(t.id) == 32
        @observe()
        def failing(): raise KeyError("k")
        try: failing()
        except KeyError: pass
    """, head=HEAD)  # fmt: skip
    found = spans(machine, "chat")
    root = found["chat"]["attributes"]
    assert json.loads(root[INPUT]) == {"prompt": "Hello"}
    assert root[OUTPUT] == "done"
    assert root["langfuse.trace.tags"] == ["production", "important"]
    assert root["user.id"] == "ada"
    assert found["inside"]["parent_span_id"] == found["step"]["span_id"]
    assert found["reached"]["attributes"]["langfuse.observation.type"] == "event"
    usage = machine.get("/v1/usage", group_by="model", session="s1")["usage"]
    (used,) = usage
    assert (used["model"], used["input_tokens"], used["output_tokens"]) == ("gpt-x", 30, 12)
    for name, said in (("risky", "no"), ("said", "in my words"), ("failing", "'k'")):
        span = spans(machine, name)[name]
        assert span["status"] == "error"
        assert span["attributes"]["langfuse.observation.status_message"] == said
    assert spans(machine, "manual")["manual"]["attributes"][OUTPUT] == "x"
    (trace,) = machine.get("/v1/traces", session="s2")["traces"]
    assert trace["name"] == "in session"


def test_scores_of_every_kind(machine: Machine) -> None:
    said = last_json(machine.run("""
        with at.trace("scored", id="trace-123") as trace:
            trace.score(name="quality", value=0.95, comment="good")
            with trace.span("part") as part: part.score("depth", 2)
        at.score(trace_id="trace-123", name="correct", value=True)
        at.score(trace_id="trace-123", name="rating", value="fine", id="fixed")
        at.score(trace_id="trace-123", name="rating", value="better", id="fixed")
        try: at.score("x", "y", float("nan"))
        except ValueError: print(json.dumps([trace.id, part.id]))
    """, head=HEAD))  # fmt: skip
    scores = machine.get("/v1/scores", trace_id=said[0])["scores"]
    found = {score["name"]: score for score in scores}
    assert len(scores) == 4
    assert (found["quality"]["value"], found["quality"]["comment"]) == (0.95, "good")
    assert found["depth"]["span_id"] == said[1]
    assert found["correct"]["data_type"] == "boolean"
    assert found["rating"]["value"] == "better"


def test_prompts_and_what_they_are_linked_to(machine: Machine) -> None:
    server = machine.server
    assert server is not None
    for text in ("Review {{ language }}: {code} {{code}}", "Look at {{code}}"):
        server.client.post(
            f"{server.http}/v1/prompts", json={"name": "code-review", "prompt": text},
            headers=server.headers,
        ).raise_for_status()  # fmt: skip
    machine.run("""
        assert at.get_prompt("code-review").version == 2
        prompt = at.get_prompt("code-review", version=1)
        made = prompt.compile(language="Python", code="{{x}}")
        assert made == "Review Python: {code} {{x}}", made
        assert prompt.compile() == prompt.content == prompt.prompt
        assert prompt.compile_chat(language="C")[0]["role"] == "user"
        for wrong in (dict(version=1, label="a"), dict(label="nowhere")):
            try: at.get_prompt("code-review", **wrong)
            except ValueError: pass
            else: raise AssertionError(wrong)
        assert at.get_prompt("absent", fallback="hi {{x}}").compile(x=1) == "hi 1"
        with at.trace("review") as trace:
            trace.prompt = prompt
            trace.generation("call", model="m").end(output="ok")
    """, head=HEAD)  # fmt: skip
    call = spans(machine, "review")["call"]["attributes"]
    assert (call["gen_ai.prompt.name"], call["gen_ai.prompt.version"]) == ("code-review", "1")


def test_what_an_agent_does(machine: Machine) -> None:
    machine.run("""
        import subprocess
        def git(*a):
            who = ("-c", "user.name=a", "-c", "user.email=a@b")
            subprocess.run(["git", *who, *a], check=True, capture_output=True)
        with at.trace("outside") as trace: trace.checkpoint(name="none", files=["absent.py"])
        git("init", "-b", "trunk"); open("main.py", "w").write("one\\n")
        open(".gitignore", "w").write("state\\ncache\\n")
        git("add", "."); git("commit", "-m", "first"); git("remote", "add", "origin", "https://u:p@h/r")
        open("main.py", "w").write("one\\ntwo\\n")
        with at.trace("work") as trace:
            info = trace.checkpoint("before", files=["main.py", "gone.py"])
            assert (info.total_files, info.total_size_bytes, len(info.git_commit_sha)) == (1, 8, 40)
            trace.file_op(operation="edit", path="a.py", before="x\\nx\\ny\\n", after="x\\nz\\n")
            trace.terminal_cmd(command="npm test", exit_code=2, stdout="o" * 200_000, stderr="e")
            trace.file_op(operation="paint", path="a.py")
        at.git_link(trace_id=trace.id)
        at.flush()
    """, head=HEAD)  # fmt: skip
    found = spans(machine, "work")
    assert set(found) == {
        "work", "checkpoint before", "file.update", "terminal.command", "git.link",
    }  # fmt: skip
    edit = json.loads(found["file.update"]["attributes"][OUTPUT])
    assert (edit["lines_added"], edit["lines_removed"]) == (1, 2)
    assert "+z" in edit["diff"].splitlines()
    command = found["terminal.command"]
    assert command["status"] == "error"
    done = json.loads(command["attributes"][OUTPUT])
    assert (len(done["stdout"]), done["stdout_truncated"], done["stderr_truncated"]) == (
        100_000, True, False,
    )  # fmt: skip
    link = json.loads(found["git.link"]["attributes"][OUTPUT])
    assert (link["branch"], link["message"], link["repo_url"]) == ("trunk", "first", "https://h/r")
    assert (link["additions"], link["files_changed"]) == (1, ["main.py"])
    kept = json.loads(found["checkpoint before"]["attributes"][OUTPUT])["files"]
    assert kept[1]["missing"]
    digest = hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert (kept[0]["size"], kept[0]["sha256"]) == (8, digest)


def test_what_a_checkpoint_kept_can_be_read(machine: Machine) -> None:
    said = last_json(machine.run("""
        with open("a b.py", "w") as file: file.write("one\\n")
        open("left.py", "w").close()
        with at.trace("kept") as trace:
            trace.checkpoint("before", files=["a b.py", "gone.py"], content=True)
            trace.checkpoint("plain", files=["left.py"])
        at.flush()
        print(json.dumps(trace.id))
    """, head=HEAD))  # fmt: skip
    found = spans(machine, "kept")

    def read(checkpoint: str, path: str) -> Any:
        span_id = found[checkpoint]["span_id"]
        assert machine.server is not None
        return machine.server.get(f"/v1/traces/{said}/spans/{span_id}/files", path=path)

    answer = read("checkpoint before", "a b.py")
    assert (answer.status_code, answer.content) == (200, b"one\n")
    assert "attachment" in answer.headers["content-disposition"]
    for checkpoint, path in (("before", "gone.py"), ("before", "left.py"), ("plain", "left.py")):
        refused = read(f"checkpoint {checkpoint}", path)
        assert (refused.status_code, path in refused.json()["detail"]) == (404, True)
    assert machine.server is not None
    nowhere = machine.server.get(f"/v1/traces/{said}/spans/{'1' * 16}/files", path="a")
    assert nowhere.status_code == 404


def test_nothing_is_recorded_where_it_is_disabled_or_not_sampled(machine: Machine) -> None:
    machine.run("""
        off = AgentTrace(enabled=False)
        @observe()
        def answer(): return 42
        assert answer() == 42
        with off.trace("off") as trace:
            with trace.span("s") as span: span.output = 1
            trace.event("e"); trace.score("q", 1); trace.file_op("edit", "x", "a", "b")
        none = AgentTrace(sample_rate=0, api_key="sk-at-1", api_url="https://api.agenttrace.io")
        with none.trace("unsampled") as trace:
            with trace.span("child") as child: child.generation("g").end()
        half = AgentTrace(sample_rate=0.5)
        for n in range(100):
            with half.trace("half") as trace: trace.span("child").end()
        half.shutdown()
    """, head=HEAD)  # fmt: skip
    traces = machine.get("/v1/traces", limit=1000)["traces"]
    names = [trace["name"] for trace in traces]
    assert not {"off", "answer", "unsampled", "child", "s"} & set(names)
    halves = [trace for trace in traces if trace["name"] == "half"]
    assert 25 < len(halves) < 75
    assert all(trace["span_count"] == 2 for trace in halves)


def test_without_a_client_a_function_is_simply_called(machine: Machine) -> None:
    out = machine.run("""
        from tracehouse.agenttrace import observe
        @observe()
        def f(x): return x
        print(f(1))
    """, head="").out  # fmt: skip
    assert out == "1\n"
