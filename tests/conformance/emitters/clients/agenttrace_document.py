"""What AgentTrace's document shows, section by section, with another import."""

import asyncio

import anthropic
import httpx
import openai

from tracehouse.agenttrace import AgentTrace, observe
from tracehouse.agenttrace.integrations.anthropic import wrap_anthropic
from tracehouse.agenttrace.integrations.openai import wrap_openai

MODEL = "gpt-4o-mini"
MESSAGES = [{"role": "user", "content": "Hello"}]

# Configuration: their key and address are none of ours.
at = AgentTrace(
    api_key="sk-at-...",
    project_id="document",
    api_url="https://api.agenttrace.io",
    debug=True,
    flush_interval=5.0,
    batch_size=100,
    enabled=True,
)


# The decorator
@observe()
def simple(x: int) -> int:
    return x * 2


@observe(name="custom-name")
def named(x: int) -> int:
    return x * 2


@observe(capture_input=True, capture_output=True)
def full_capture(data: dict) -> dict:
    return {"result": data["value"] * 2}


@observe()
async def asynchronous(prompt: str) -> str:
    await asyncio.sleep(0)
    return prompt


@observe()
def parent_function() -> None:
    child_function()


@observe()
def child_function() -> None:
    simple(1)


assert (simple(2), named(3), full_capture({"value": 4})) == (4, 6, {"result": 8})
assert asyncio.run(asynchronous("hi")) == "hi"
parent_function()

# Manual and nested traces
with at.trace("my-task") as trace:
    trace.input = {"prompt": "Hello"}
    trace.output = {"answer": 1}
    trace.metadata = {"version": "1.0"}
    trace.tags = ["production", "important"]
with at.trace("parent-task") as parent:
    with parent.span("step-1") as step:
        step.output = 1
    with parent.span("step-2") as step:
        step.output = 2
    parent.output = 2

# Observations
with at.trace("chat") as trace:
    parameters = {"temperature": 0.7}
    with trace.generation(name="gpt", model=MODEL, model_parameters=parameters) as generation:
        generation.input = MESSAGES
        response = openai.OpenAI().chat.completions.create(model=MODEL, messages=MESSAGES)
        generation.output = response.choices[0].message.content
        generation.usage = {
            "inputTokens": response.usage.prompt_tokens,
            "outputTokens": response.usage.completion_tokens,
        }
    trace.event(name="checkpoint-reached", data={"step": 1})

# Integrations
with at.trace("openai-chat"):
    wrap_openai(openai.OpenAI()).chat.completions.create(model=MODEL, messages=MESSAGES)
with at.trace("anthropic-chat"):
    wrap_anthropic(anthropic.Anthropic()).messages.create(
        model="claude-sonnet-4-5", max_tokens=1024, messages=MESSAGES
    )

# Prompts
assert at.get_prompt("code-review").version == 3
assert at.get_prompt("code-review", version=1).content == "Review {{language}}: {{code}}"
prompt = at.get_prompt("code-review", label="production")
assert prompt.compile(language="Python", code="x") == "Review Python: x"
assert prompt.variables == ("language", "code")
with at.trace("review") as trace:
    trace.prompt = prompt

# Scores
at.score(trace_id="trace-123", name="quality", value=0.95, comment="Excellent response")
at.score(trace_id="trace-123", name="correct", value=1)
at.score(trace_id="trace-123", name="rating", value="good")

# Agent features
with at.trace("edit-task") as trace:
    trace.checkpoint(name="before-edit", description="before", files=["main.py", "utils.py"])
    trace.file_op(operation="edit", path="src/main.py", before="old content", after="new content")
    trace.terminal_cmd(command="npm test", exit_code=0, stdout="All tests passed", stderr="")
at.git_link(trace_id=trace.id)
at.git_link(trace_id=trace.id, commit_sha="abc123", branch="main", repo_url="https://h/org/repo")

# Sessions
session = at.session(id="user-123-session")
with session.trace("task-1"), session.trace("task-2"):
    simple(1)

# Errors
try:
    with at.trace("risky-task") as trace:
        try:
            raise RuntimeError("no")
        except Exception as error:
            trace.error = str(error)
            trace.level = "ERROR"
            raise
except RuntimeError:
    at.flush()

# Advanced configuration
AgentTrace(enabled=False).trace("disabled").end()
AgentTrace(sample_rate=0.0).trace("not sampled").end()
AgentTrace(api_key="...", http_client=httpx.Client(timeout=30.0)).shutdown()
at.shutdown()
at.shutdown()
with at.trace("after shutdown"):
    print("the program goes on")
