"""The same two small programs, written with each face that has the concepts.

A chat of two turns, of which the second calls a tool where a face has tools; and a training run of
three points with a configuration, and a rollout where a face has rollouts.
"""

PYTHON_CHAT = """
with cm.Run(project="words", session_id="chat-tracehouse", model="m-1") as run:
    run.log_user("2 + 2?")
    run.log_assistant("4", attributes={
        "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 1})
    run.log_user("and the weather?")
    call = run.log_tool_use("weather", {"city": "Oslo"})
    run.log_tool_result("rain", parent_span_id=call.id)
    run.log_assistant("It rains.", attributes={
        "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 3})
    run.finish(outcome="good", metadata={"turns": 2}, subject_id="u-1",
               experiment="e", variant="b")
"""

JAVASCRIPT_CHAT = """
const run = new th.Run({ project: "words", sessionId: "chat-js", model: "m-1" });
run.logUser("2 + 2?");
run.logAssistant("4", { attributes: {
  "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 1 } });
run.logUser("and the weather?");
const call = run.logToolUse("weather", { city: "Oslo" });
run.logToolResult("rain", { parentSpanId: call.id });
run.logAssistant("It rains.", { attributes: {
  "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 3 } });
await run.finish({ outcome: "good", metadata: { turns: 2 }, subjectId: "u-1",
  experiment: "e", variant: "b" });
"""

AGENTTRACE_CHAT = """
from tracehouse.agenttrace import AgentTrace
at = AgentTrace(project_id="words")
with at.trace("chat", session_id="chat-agenttrace") as trace:
    with trace.generation("answer", model="m-1",
                          input=[{"role": "user", "content": "2 + 2?"}]) as call:
        call.output = {"role": "assistant", "content": "4"}
        call.usage = {"inputTokens": 5, "outputTokens": 1}
    with trace.generation("answer", model="m-1",
                          input=[{"role": "user", "content": "and the weather?"}]) as call:
        call.output = {"role": "assistant", "content": "It rains."}
        call.usage = {"inputTokens": 9, "outputTokens": 3}
at.flush()
"""

ROLLOUTS_CHAT = """
from tracehouse.rollouts import Message, configure, flush, log, trace_run
configure(run_id="chat-rollouts", phase="prod")
with trace_run({"datapoint_id": "d-1"}):
    log(Message("user", "2 + 2?"))
    log(Message("assistant", "4", model="m-1", usage={"input_tokens": 5, "output_tokens": 1}))
    log(Message("user", "and the weather?"))
    log(Message("assistant", "It rains.", model="m-1",
                usage={"input_tokens": 9, "output_tokens": 3}))
flush()
"""

PYTHON_RUN = """
run = cm.init_run(project="words", name="run-tracehouse", config={"lr": 0.1, "layers": [8, 8]},
                  tags=["a"], subject_id="u-1", experiment="e", variant="b", capture_env=False,
                  capture_console=False, system_metrics=False)
for step in range(3):
    run.log({"loss": 1 / (step + 1), "n": step}, step=step)
run.log({"norms": [0.1, 0.2]}, step=2)
with run.rollout(step=1) as rollout:
    rollout.log_user("state")
    rollout.log_assistant("action")
run.add_artifact("params", data={"warmup": 0.5})
run.link_model("me/model", revision="r1")
run.finish()
"""

JAVASCRIPT_RUN = """
const run = await th.initRun({ project: "words", name: "run-js",
  config: { lr: 0.1, layers: [8, 8] }, tags: ["a"], subjectId: "u-1", experiment: "e",
  variant: "b", captureEnv: false });
for (let step = 0; step < 3; step++) await run.log({ loss: 1 / (step + 1), n: step }, step);
await run.log({ norms: [0.1, 0.2] }, 2);
const rollout = run.rollout({ step: 1 });
rollout.logUser("state");
rollout.logAssistant("action");
await rollout.finish();
run.addArtifact("params", { data: { warmup: 0.5 } });
run.linkModel("me/model", { revision: "r1" });
await run.finish();
"""

WANDB_RUN = """
from tracehouse import wandb
run = wandb.init(project="words", name="run-wandb", config={"lr": 0.1, "layers": [8, 8]},
                 tags=["a"], settings=wandb.Settings(console="off", x_disable_stats=True))
for step in range(3):
    run.log({"loss": 1 / (step + 1), "n": step}, step=step)
run.log({"norms": [0.1, 0.2]}, step=2)
run.finish()
"""

TRACELET_RUN = """
import tracehouse.tracelet as tracelet
with tracelet.start_logging("run-tracelet", project="words", config={"tags": ["a"]}) as experiment:
    experiment.log_params({"lr": 0.1, "layers": [8, 8]})
    for step in range(3):
        experiment.log_metric("loss", 1 / (step + 1), step)
        experiment.log_metric("n", step, step)
"""
