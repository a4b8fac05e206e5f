"""Chat traces, from a program to the API."""

from __future__ import annotations

import json
from typing import Any

from tests.support.sdk import Machine, last_json


def trace_of(machine: Machine, session: str) -> dict[str, Any]:
    (summary,) = machine.get("/v1/traces", session=session)["traces"]
    return machine.get(f"/v1/traces/{summary['trace_id']}")


def by_name(trace: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {span["name"]: span for span in trace["spans"]}


def test_the_documented_session(machine: Machine) -> None:
    machine.run("""
        cm.init(project="my-bot", session_id="documented", task_name="demo task", model="m-1")
        cm.log_user("hello")
        cm.log_thinking("hm")
        cm.log_assistant("hi back")
        cm.log_tool_use("Read", {"file_path": "x.py"})
        time.sleep(0.1)
        cm.log_tool_result("contents of x.py")
        cm.log_attachment("plan.md", {"size": 3, "nested": {"a": [1]}})
        cm.finish(outcome="good", metadata={"model": "claude-sonnet-4-6"})
    """)
    trace = trace_of(machine, "documented")
    root, *steps = trace["spans"]
    assert (trace["name"], trace["project"], trace["pending"]) == ("demo task", "my-bot", False)
    assert root["attributes"]["tracehouse.outcome"] == "good"
    assert json.loads(root["attributes"]["tracehouse.metadata"]) == {"model": "claude-sonnet-4-6"}
    assert root["attributes"]["gen_ai.operation.name"] == "invoke_agent"
    kinds = [step["attributes"]["tracehouse.span.kind"] for step in steps]
    assert kinds == [
        "user_msg", "thinking", "assistant_msg", "tool_use", "tool_result", "attachment"
    ]  # fmt: skip
    spans = by_name(trace)
    assert spans["user_msg"]["attributes"]["tracehouse.text"] == "hello"
    assert json.loads(spans["assistant_msg"]["attributes"]["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "hi back"}]}
    ]
    assert json.loads(spans["plan.md"]["attributes"]["nested"]) == {"a": [1]}


def test_a_tool_call_lasts_until_its_result(machine: Machine) -> None:
    machine.run("""
        with cm.Run(session_id="tools") as run:
            first = run.log_tool_use("Read", {"n": 1})
            second = run.log_tool_use("Read", {"n": 2})
            other = run.log_tool_use("Bash", {"command": "ls"})
            time.sleep(0.2)
            run.log_tool_result("of bash", tool="Bash")
            run.log_tool_result("of second", parent_span_id=second.id, status="error")
            run.log_tool_result("of first")
    """)
    trace = trace_of(machine, "tools")
    calls = {
        span["attributes"]["gen_ai.tool.call.arguments"]: span
        for span in trace["spans"]
        if span["attributes"].get("tracehouse.span.kind") == "tool_use"
    }
    results = {
        span["parent_span_id"]: span["attributes"]["tracehouse.tool.result"]
        for span in trace["spans"]
        if span["attributes"].get("tracehouse.span.kind") == "tool_result"
    }
    expected = {'{"n":1}': "of first", '{"n":2}': "of second", '{"command":"ls"}': "of bash"}
    for arguments, result in expected.items():
        call = calls[arguments]
        assert call["duration_ms"] >= 190
        assert call["attributes"]["gen_ai.tool.call.result"] == result
        assert results[call["span_id"]] == result
    assert calls['{"n":2}']["status"] == "error"


def test_a_call_without_a_result_is_open_and_ends_with_its_session(machine: Machine) -> None:
    program = machine.start("""
        run = cm.init(session_id="open")
        run.log_tool_use("Wait")
        print("logged", flush=True)
        input()
        cm.finish()
    """)
    assert program.stdout is not None
    program.stdout.readline()
    for _ in range(100):
        machine.server.settle()
        found = machine.get("/v1/traces", session="open")["traces"]
        if found and found[0]["span_count"] == 2:
            break
    trace = trace_of(machine, "open")
    assert [span["pending"] for span in trace["spans"]] == [True, True]
    program.communicate("\n", timeout=20)
    machine.server.settle()
    assert [span["pending"] for span in trace_of(machine, "open")["spans"]] == [False, False]


def test_the_same_session_resumes_the_same_trace(machine: Machine) -> None:
    code = """
        run = cm.init(project="p", session_id="resumed", task_name=TASK)
        run.log_user(TEXT)
        cm.finish(outcome=OUTCOME)
        print(run.trace_id)
    """
    head = "import time\nimport tracehouse as cm\n"
    first = machine.run(code, head=head + "TASK, TEXT, OUTCOME = 'the task', 'one', 'good'\n")
    second = machine.run(code, head=head + "TASK, TEXT, OUTCOME = None, 'two', 'bad'\n")
    assert first.out == second.out
    trace = trace_of(machine, "resumed")
    assert trace["trace_id"] == first.out.strip()
    texts = [span["attributes"].get("tracehouse.text") for span in trace["spans"]]
    assert texts == [None, "one", "two"]
    root = trace["spans"][0]["attributes"]
    assert (root["tracehouse.task.name"], root["tracehouse.outcome"]) == ("the task", "bad")


def test_an_exception_ends_a_session_badly_and_goes_on(machine: Machine) -> None:
    machine.run(
        """
        with cm.Run(session_id="raised") as run:
            run.log_user("x")
            raise KeyError("gone")
        """,
        fails=True,
    )
    root = trace_of(machine, "raised")["spans"][0]
    assert root["attributes"]["tracehouse.outcome"] == "bad"
    assert json.loads(root["attributes"]["tracehouse.metadata"]) == {"error": "KeyError: 'gone'"}
    assert root["status"] == "error"
    assert root["events"][0]["attributes"]["exception.type"] == "KeyError"


def test_cohorts_at_the_start_or_at_the_end(machine: Machine) -> None:
    machine.run("""
        cm.init(session_id="c1", subject_id="customer-42", experiment="e", variant="control")
        cm.finish(outcome="good")
        cm.init(session_id="c2")
        cm.finish(subject_id="customer-43", experiment="e", variant="treatment")
    """)
    for session, subject, variant in (("c1", "42", "control"), ("c2", "43", "treatment")):
        attributes = trace_of(machine, session)["spans"][0]["attributes"]
        assert attributes["tracehouse.subject.id"] == f"customer-{subject}"
        assert attributes["tracehouse.experiment.name"] == "e"
        assert attributes["tracehouse.experiment.variant"] == variant


def test_it_nests_under_the_applications_own_span(machine: Machine) -> None:
    found = last_json(
        machine.run("""
        import json
        from opentelemetry.sdk.trace import TracerProvider
        tracer = TracerProvider().get_tracer("app")
        with tracer.start_as_current_span("request") as around:
            with cm.Run(session_id="nested") as run:
                run.log_user("x")
        context = around.get_span_context()
        print(json.dumps([run.trace_id, f"{context.trace_id:032x}", f"{context.span_id:016x}"]))
    """)
    )
    ours, theirs, span_id = found
    assert ours == theirs
    trace = machine.get(f"/v1/traces/{ours}")
    assert trace["spans"][0]["parent_span_id"] == span_id


def test_bad_arguments_are_said_once_and_harm_nothing(machine: Machine) -> None:
    program = machine.run("""
        logging.basicConfig(format="%(name)s %(message)s")
        run = cm.init(session_id="bad-arguments")
        for _ in range(3):
            run.log(kind="shout", name="x")
            run.log(kind="user_msg", text="kept", parent_span_id="nonsense")
        run.log_user("lone \\ud800 surrogate", attributes={"k\\udc00": object(), "big": 2**80})
        cm.finish(outcome="superb")
    """)
    assert program.err.count("choose one of user_msg, assistant_msg") == 1
    assert program.err.count("parent_span_id must be") == 1
    assert program.err.count("outcome must be good, bad or neutral") == 1
    texts = [
        span["attributes"].get("tracehouse.text")
        for span in trace_of(machine, "bad-arguments")["spans"]
    ]
    assert texts[1:] == ["kept", "kept", "kept", "lone ? surrogate"]


def test_constructors_raise_on_misuse(machine: Machine) -> None:
    program = machine.run("""
        for bad in (dict(api_key="nonsense"), dict(mode="sideways")):
            try:
                cm.Run(**bad)
            except cm.ClaudeMonitorError as error:
                print(error)
        try:
            cm.current()
        except cm.ClaudeMonitorError as error:
            print(error)
    """)
    assert [line.split(":")[0] for line in program.out.splitlines()] == [
        "an API key starts with ba_",
        "mode is 'sideways'",
        "there is no current trace",
    ]
