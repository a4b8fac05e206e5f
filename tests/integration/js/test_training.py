"""Training runs from JavaScript, as the API shows them."""

from __future__ import annotations

import json

from tests.support.node import NodeMachine
from tests.support.sdk import last_json

PNG = "Uint8Array.from(Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAUAAAAG', 'base64'))"


def test_what_a_run_logs_is_there_in_its_form(machine: NodeMachine) -> None:
    said = machine.run_node(f"""
        const run = await th.initRun({{
          project: "js", name: "forms", config: {{ lr: 0.1, layers: [64, 64] }}, tags: ["a"],
          subjectId: "u", experiment: "e", variant: "v", hfDataset: "d/d",
        }});
        for (let step = 0; step < 3; step++) {{
          await run.log({{ loss: 1 / (step + 1), n: step, on: true }}, step);
        }}
        const odd = {{ bad: NaN, worse: -Infinity, none: undefined, large: 5n }};
        await run.log({{ loss: 7, ...odd }}, {{ step: 1 }});
        await run.log({{ hist: new th.Histogram([1, 1, 2], 2), list: [1, NaN, 2], text: "ü" }}, 2);
        await run.log({{ wide: Float32Array.from({{ length: 2000 }}, (_, n) => n) }});
        await run.log({{ early: 1 }}, {{ commit: false }});
        await run.log({{ late: 2 }});
        await run.log({{ past: 1 }}, {{ step: 0, wallTime: 1700000000.25 }});
        const pictures = [new th.Image({PNG}, {{ caption: "one" }}), new th.Image({PNG})];
        await run.log({{ pictures }}, 2);
        await run.logImage("shot", new Blob([{PNG}]), {{ caption: "two", step: 1 }});
        await run.logVideo("clip", new Uint8Array([0, 0, 0, 24, 102, 116, 121, 112, 105, 115]));
        await run.log({{ rows: new th.Table(["x", "y"], [[1, "a"]]) }}, 2);
        run.addArtifact("hparams", {{ data: {{ warmup: 0.03 }} }});
        run.addArtifact("notes", {{ data: "hello", kind: "text" }});
        run.linkModel("me/model", {{ revision: "r1" }});
        run.addTags("b", "a");
        run.config.seed = 7;
        run.summary.best = 0.25;
        await run.finish();
        console.log(JSON.stringify([run.id, run.droppedValues, run.step, run.url]));
    """)
    run_id, dropped, step, url = last_json(said)
    assert (dropped, step, url.rpartition("/")[2]) == (2, 5, run_id)
    run = machine.one_run(project="js")
    assert (run["id"], run["name"], run["status"]) == (run_id, "forms", "finished")
    assert run["config"] == {"lr": 0.1, "layers": [64, 64], "seed": 7}
    assert run["tags"] == ["a", "b"]
    assert (run["subject_id"], run["experiment"], run["variant"]) == ("u", "e", "v")
    assert (
        run["links"] | {"dataset": "d/d", "model": "me/model", "model_revision": "r1"}
        == (run["links"])
    )
    assert run["summary"]["best"] == 0.25
    assert run["environment"]["node"]["version"].split(".")[0].isdigit()
    assert machine.history(run_id, "loss") == {0: 1, 1: 7, 2: 1 / 3}
    assert machine.history(run_id, "on") == {0: 1, 1: 1, 2: 1}
    assert machine.history(run_id, "large") == {1: 5}
    assert machine.history(run_id, "early") == machine.history(run_id, "late") | {4: 1}
    assert machine.history(run_id, "past") == {0: 1}
    values = {
        v["key"]: v["value"]
        for v in machine.get(f"/v1/runs/{run_id}/history", keys="hist,list,text,wide,rows")[
            "values"
        ]
    }
    assert values["hist"] == {"_type": "histogram", "counts": [2, 1], "bins": [1, 1.5, 2]}
    assert values["list"] == [1, None, 2]
    assert values["text"] == "ü"
    assert sum(values["wide"]["counts"]) == 2000
    assert values["rows"]["data"] == [[1, "a"]]
    media = machine.get(f"/v1/runs/{run_id}/media")["media"]
    assert sorted((m["key"], m["step"], m["index"], m["type"]) for m in media) == [
        ("clip", 4, 0, "video"),
        ("pictures", 2, 0, "image"),
        ("pictures", 2, 1, "image"),
        ("shot", 1, 0, "image"),
    ]
    assert all(m["width"] == 5 and m["height"] == 6 for m in media if m["type"] == "image")
    assert machine.server is not None
    assert machine.server.get(media[0]["url"]).content
    artifacts = machine.get(f"/v1/runs/{run_id}/artifacts")["artifacts"]
    assert {a["name"]: a["kind"] for a in artifacts} == {"hparams": "json", "notes": "text"}


def test_rollouts_belong_to_the_run_and_the_step(machine: NodeMachine) -> None:
    machine.run_node("""
        const run = await th.initRun({ project: "rl", name: "ppo", experiment: "e", variant: "b" });
        for (let step = 0; step < 3; step++) {
          for (let attempt = 0; attempt < 2; attempt++) {
            const rollout = run.rollout({ step });
            rollout.logUser("state");
            rollout.logAssistant("action");
            await rollout.finish({ outcome: "good", metadata: { reward: attempt } });
          }
          await run.log({ reward: step }, step);
        }
        await run.finish();
    """)
    run = machine.one_run(project="rl")
    rollouts = machine.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"]
    rollouts.sort(key=lambda rollout: rollout["start_time"])
    assert [(r["step"], r["session"]) for r in rollouts] == [
        (n, f"ppo-step{n}{more}") for n in range(3) for more in ("", "-2")
    ]
    assert [r["metadata"]["reward"] for r in rollouts] == [0, 1] * 3


def test_a_run_goes_on_where_it_ended_in_either_language(machine: NodeMachine) -> None:
    machine.run_node("""
        const run = await th.initRun({
          project: "on", name: "first", clientRunId: "same", config: { a: 1 },
        });
        await run.log({ loss: 3 });
        await run.log({ loss: 2 });
        await run.finish({ status: "killed" });
    """)
    machine.run("""
        run = cm.init_run(project="on", client_run_id="same", config={"b": 2},
                          capture_env=False, capture_console=False, system_metrics=False)
        assert run.resumed and run.name == "first"
        run.log({"loss": 1.0})
        run.finish()
    """)
    said = machine.run_node("""
        const run = await th.initRun({ project: "on", clientRunId: "same" });
        console.log(JSON.stringify([run.resumed, run.name, run.step, run.config]));
        await run.log({ loss: 0 });
        await run.finish();
    """)
    assert last_json(said) == [True, "first", 3, {"a": 1, "b": 2}]
    run = machine.one_run(project="on")
    assert (run["status"], run["config"]) == ("finished", {"a": 1, "b": 2})
    assert machine.history(run["id"], "loss") == {0: 3, 1: 2, 2: 1, 3: 0}


def test_how_a_program_ends_is_how_its_runs_end(machine: NodeMachine) -> None:
    """A status reaches the server with the next program at the latest."""
    inside = 'th.withRun({ project: "ends", name: "within" }, () => { throw 1; })'
    forever = "await new Promise((resolve) => setTimeout(resolve, 30_000));"
    endings = {
        "left": ("", False, "finished"),
        "code": ("process.exitCode = 3;", True, "failed"),
        "exit": ("process.exit(0);", False, "finished"),
        "exit-2": ("process.exit(2);", True, "failed"),
        "thrown": ('throw new RangeError("off");', True, "crashed"),
        "rejected": ('Promise.reject(new Error("off"));', True, "crashed"),
        "inside": (f"await {inside}.catch(() => {{}});", False, "finished"),
        "SIGTERM": (f'process.kill(process.pid, "SIGTERM"); {forever}', True, "killed"),
    }  # fmt: skip
    for name, (code, fails, _) in endings.items():
        machine.run_node(
            f'const run = await th.initRun({{ project: "ends", name: "{name}" }});'
            f"await run.log({{ loss: 1 }});\n{code}",
            fails=fails,
        )
    machine.run_node('await (await th.initRun({ project: "last" })).finish();')
    assert machine.buffers() == []
    found = {r["name"]: r["status"] for r in machine.get("/v1/runs", project="ends")["runs"]}
    assert found == {name: status for name, (_, _, status) in endings.items()} | {
        "within": "crashed"
    }


def test_a_loop_that_never_awaits_is_written_all_the_same(machine: NodeMachine) -> None:
    said = machine.run_node("""
        const run = await th.initRun({ project: "fast" });
        const started = performance.now();
        for (let step = 0; step < 100_000; step++) run.log({ a: step, b: 0.5 }, step);
        const took = performance.now() - started;
        await run.finish({ timeoutMs: 50_000 });
        console.log(JSON.stringify({ took, heap: process.memoryUsage().heapUsed }));
    """)
    found = last_json(said)
    assert found["took"] < 20_000
    assert found["heap"] < 200e6
    run = machine.one_run(project="fast")
    assert len(machine.history(run["id"], "a")) == 100_000


def test_what_cannot_be_logged_costs_itself_alone(machine: NodeMachine) -> None:
    said = machine.run_node("""
        const told = [];
        const onError = (error) => told.push(error.message);
        const run = await th.initRun({ project: "odd", onError });
        const hostile = { get x() { throw new Error("boom"); } };
        await run.log({ fine: 1, hostile, list: [new th.Image(new Uint8Array(4)), 3] });
        await run.log({ x: 1 }, 1.5);
        await run.rollout({ step: "soon" }).finish();
        await run.logImage("gone", "/nowhere/at/all.png");
        await run.logImage("large", new Uint8Array(25_000_001));
        run.addArtifact("a", { data: 1, kind: "zip" });
        await run.finish({ status: "done" });
        await run.log({ after: 1 });
        await run.finish();
        console.log(JSON.stringify(told));
    """)
    told = json.dumps(last_json(said))
    for reason in (
        "whole number, not 1.5",
        "whole number, not soon",
        "ENOENT",
        "25 MB",
        "choose json, text",
    ):
        assert reason in told
    run = machine.one_run(project="odd")
    assert (run["status"], run["summary"]) == ("finished", {"fine": 1})
    assert said.err.count("is finished: what is logged to it is dropped") == 1
