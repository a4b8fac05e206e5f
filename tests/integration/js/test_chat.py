"""Chat traces and observed functions from JavaScript."""

from __future__ import annotations

from typing import Any

from tests.support.node import NodeMachine
from tests.support.sdk import last_json


def spans_of(machine: NodeMachine, trace_id: str) -> list[dict[str, Any]]:
    return machine.get(f"/v1/traces/{trace_id}")["spans"]


def test_a_session_is_a_trace_and_each_step_a_span(machine: NodeMachine) -> None:
    machine.run_node("""
        await th.init({ project: "my-bot", sessionId: "js-1", model: "m-1", subjectId: "u-1" });
        th.logUser("how do I install jq?");
        th.logThinking("brew");
        const call = th.logToolUse("search", { query: "install jq" });
        await new Promise((resolve) => setTimeout(resolve, 30));
        th.logToolResult("brew install jq", { parentSpanId: call.id });
        th.logAssistant("Use brew.", { attributes: { "gen_ai.usage.input_tokens": 42 } });
        th.logAttachment("shot.png", { pixels: [1, 2] });
        await th.finish({ outcome: "good", metadata: { n: 1 }, experiment: "e", variant: "v" });
    """)
    (trace,) = machine.get("/v1/traces", session="js-1")["traces"]
    root, user, thought, call, result, answer, file = spans_of(machine, trace["trace_id"])
    assert root["parent_span_id"] is None
    assert (
        root["attributes"]
        | {
            "tracehouse.outcome": "good",
            "tracehouse.metadata": '{"n":1}',
            "tracehouse.subject.id": "u-1",
            "tracehouse.experiment.name": "e",
            "tracehouse.experiment.variant": "v",
            "gen_ai.conversation.id": "js-1",
        }
        == root["attributes"]
    )
    assert root["resource"]["telemetry.sdk.language"] == "nodejs"
    assert root["resource"]["tracehouse.scaffold"] == "js-sdk"
    assert user["attributes"]["tracehouse.text"] == "how do I install jq?"
    assert thought["attributes"]["tracehouse.span.kind"] == "thinking"
    assert call["duration_ms"] >= 29
    assert call["attributes"]["gen_ai.tool.call.result"] == "brew install jq"
    assert result["parent_span_id"] == call["span_id"]
    assert answer["attributes"]["gen_ai.usage.input_tokens"] == 42
    assert answer["attributes"]["gen_ai.request.model"] == "m-1"
    assert file["attributes"]["pixels"] == "[1,2]"


def test_the_same_session_goes_on_in_the_next_program_in_either_language(
    machine: NodeMachine,
) -> None:
    machine.run_node("""
        await th.init({ project: "both", sessionId: "shared", subjectId: "u-7" });
        th.logUser("from JavaScript");
        await th.finish();
    """)
    machine.run("""
        cm.init(project="both", session_id="shared")
        cm.log_user("from Python")
        cm.finish(outcome="good")
    """)
    (trace,) = machine.get("/v1/traces", session="shared")["traces"]
    root, first, second = spans_of(machine, trace["trace_id"])
    assert [s["attributes"]["tracehouse.text"] for s in (first, second)] == [
        "from JavaScript",
        "from Python",
    ]
    assert root["attributes"]["tracehouse.subject.id"] == "u-7"
    assert root["start_time"] <= first["start_time"]


def test_traces_of_concurrent_functions_are_kept_apart(machine: NodeMachine) -> None:
    machine.run_node("""
        const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const look = th.observe(async function look(n) {
          await wait(n % 7);
          th.logAssistant(`${n}`);
          return n;
        });
        await Promise.all(Array.from({ length: 50 }, (_, n) =>
          th.withTrace({ project: "many", sessionId: `s-${n}` }, async () => {
            th.logUser(`${n}`);
            await wait(n % 5);
            await look(n);
            th.logUser(`${n}`);
          })));
    """)
    for n in range(50):
        (trace,) = machine.get("/v1/traces", session=f"s-{n}")["traces"]
        root, *steps = spans_of(machine, trace["trace_id"])
        said = [s["attributes"].get("tracehouse.text", f"{n}") for s in steps]
        assert said == [f"{n}"] * 4
        assert {s["parent_span_id"] for s in steps} == {root["span_id"]}


def test_observed_calls_lie_in_each_other_and_keep_what_they_return(machine: NodeMachine) -> None:
    said = machine.run_node("""
        class Agent {
          constructor() { this.name = "a"; }
          answer = th.observe(async function answer(question) {
            const [one, two] = await Promise.all([inner(1), inner(2)]);
            let text = "";
            for await (const part of stream(one + two)) text += part;
            return { who: this.name, text };
          });
        }
        const inner = th.observe(async (n) => { await null; return n * 10; },
          { name: "inner", asType: "generation" });
        const stream = th.observe(async function* stream(n) { yield `${n}`; yield "!"; });
        const failing = th.observe(() => { throw new RangeError("no"); }, { name: "failing" });
        const quiet = th.observe((secret) => secret,
          { name: "quiet", captureInput: false, captureOutput: false });
        const counted = th.observe(function* counted() { const got = yield 1; yield got; });
        console.error(JSON.stringify(await new Agent().answer("?")));
        try { failing(); } catch (error) { console.error(error.name); }
        quiet("hush");
        const numbers = counted(); numbers.next(); numbers.next("sent"); numbers.next();
        console.error([...counted()].length, stream.name, th.observe((a, b) => a).length);
    """)
    assert said.err.splitlines() == ['{"who":"a","text":"30!"}', "RangeError", "2 stream 2"]
    traces = {t["name"]: t for t in machine.get("/v1/traces", limit=100)["traces"]}
    spans = spans_of(machine, traces["answer"]["trace_id"])
    by_name = {s["name"]: s for s in spans}
    assert sorted(s["name"] for s in spans) == ["answer", "inner", "inner", "stream"]
    assert by_name["stream"]["parent_span_id"] == by_name["answer"]["span_id"]
    assert by_name["stream"]["attributes"]["langfuse.observation.output"] == '["30","!"]'
    assert by_name["inner"]["attributes"]["langfuse.observation.type"] == "generation"
    assert by_name["answer"]["attributes"]["langfuse.observation.input"] == '["?"]'
    (failed,) = spans_of(machine, traces["failing"]["trace_id"])
    assert (failed["status"], failed["status_message"]) == ("error", "no")
    (hushed,) = spans_of(machine, traces["quiet"]["trace_id"])
    assert "hush" not in str(hushed)
    (both,) = spans_of(machine, traces["counted"]["trace_id"])
    assert both["attributes"]["langfuse.observation.output"] in ('[1,"sent"]', "[1,null]")


def test_misuse_is_told_and_nothing_else_happens(machine: NodeMachine) -> None:
    said = machine.run_node("""
        const told = [];
        process.on("unhandledRejection", (error) => told.push(`unhandled ${error}`));
        th.init({ apiKey: "sk-wrong" });
        await th.init({ apiKey: "sk-wrong" })
          .catch((error) => told.push(`${error.name}: ${error.message}`));
        try { th.logUser("?"); } catch (error) { told.push(error.message); }
        const onError = (error) => told.push(error.message);
        const run = new th.Run({ onError, sessionId: "misused" });
        run.log({ kind: "nonsense" });
        run.logUser("fine", { parentSpanId: "nowhere" });
        const circle = { name: "c" }; circle.self = circle;
        run.logAttachment("odd",
          { circle, big: 10n ** 30n, fn() {}, at: new Date(0), none: undefined, bad: NaN });
        await run.finish({ outcome: "splendid" });
        await run.finish({ outcome: "good" });
        await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(JSON.stringify(told));
    """)
    assert last_json(said) == [
        "TracehouseError: an API key starts with ba_: see TRACEHOUSE_API_KEY or apiKey",
        "there is no current trace: call init() or withTrace() first",
        'kind is "nonsense": choose one of user_msg, assistant_msg, tool_use, tool_result, '
        "thinking, attachment",
    ]
    assert said.err.count("parentSpanId must be") == 1
    assert said.err.count("outcome must be") == 1
    (trace,) = machine.get("/v1/traces", session="misused")["traces"]
    _, _, odd = spans_of(machine, trace["trace_id"])
    assert odd["attributes"]["circle"] == '{"name":"c","self":"…"}'
    assert odd["attributes"]["big"] == str(10**30)
    assert odd["attributes"]["at"] == "1970-01-01T00:00:00.000Z"
    assert "bad" not in odd["attributes"]
