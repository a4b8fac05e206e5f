"""The older client from the registry, unmodified, pointed here by `TRACEHOUSE_API_BASE`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub import Hub, Token
from tests.support.sdk import Machine
from tests.support.server import Server

CLIENT = Path(sys.prefix) / "old-client"
HEAD = f"""
import sys; sys.path.insert(0, {str(CLIENT)!r})
import logging, time
logging.basicConfig(level=logging.DEBUG, format="%(message)s")
import tracehouse as cm
assert cm.__version__ == "0.6.0", cm.__file__
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Hub() as hub:
        hub.tokens["hf_of_the_owner"] = Token("me")
        hub.add("me/x")
        hf_endpoint = {"HF_ENDPOINT": hub.url}
        with Server(tmp_path_factory.mktemp("server"), environment=hf_endpoint) as server:
            keys = {"TRACEHOUSE_API_KEY": server.key, "TRACEHOUSE_API_BASE": server.http}
            yield Machine(tmp_path_factory.mktemp("machine"), server, keys)


def spans_of(machine: Machine, session: str) -> list[dict[str, Any]]:
    (summary,) = machine.get("/v1/traces", session=session)["traces"]
    return machine.get(f"/v1/traces/{summary['trace_id']}")["spans"]


def test_a_chat_trace(machine: Machine) -> None:
    program = machine.run(
        """
        run = cm.init(project="my-bot", session_id="run-001", task_name="demo task", model="m")
        cm.log_user("hello")
        cm.log_assistant("hi there")
        call = cm.log_tool_use("Read", {"file_path": "x.py"})
        cm.log_tool_result("file contents", parent_span_id=call.id)
        cm.log_thinking("hm")
        cm.log_attachment("plan", {"nested": {"a": 1}})
        cm.finish(outcome="good", metadata={"k": "v"}, task_name="renamed")
        """,
        head=HEAD,
    )
    assert "created" not in program.err
    root, *steps = spans_of(machine, "run-001")
    assert (root["name"], root["project"], root["pending"]) == ("renamed", "my-bot", False)
    assert root["attributes"]["tracehouse.outcome"] == "good"
    assert root["attributes"]["tracehouse.metadata"] == '{"k": "v"}'
    assert root["attributes"]["gen_ai.request.model"] == "m"
    kinds = [step["attributes"]["tracehouse.span.kind"] for step in steps]
    assert kinds == [
        "user_msg", "assistant_msg", "tool_use", "tool_result", "thinking", "attachment"
    ]  # fmt: skip
    assert steps[0]["attributes"]["tracehouse.text"] == "hello"
    assert steps[2]["attributes"]["gen_ai.tool.call.arguments"] == '{"file_path":"x.py"}'
    assert steps[3]["parent_span_id"] == steps[2]["span_id"]
    assert {step["parent_span_id"] for step in steps[:3]} == {root["span_id"]}


def test_a_session_is_resumed(machine: Machine) -> None:
    code = """
        run = cm.init(session_id="twice", project="p")
        cm.log_user("again")
        cm.finish(outcome="neutral")
        print(run.trace_id)
    """
    first, second = machine.run(code, head=HEAD), machine.run(code, head=HEAD)
    assert first.out == second.out
    assert "(resumed)" not in first.err
    assert "(resumed)" in second.err
    assert len(spans_of(machine, "twice")) == 3


def test_a_training_run_with_everything(machine: Machine) -> None:
    program = machine.run(
        """
        run = cm.init_run(project="old", name="n", hf_dataset="ds", hf_dataset_split="train",
                          config={"lr": 1e-4, "bad": float("nan")})
        for step in range(10):
            nan = float("nan") if step == 3 else 1.0
            values = {"loss": 1 / (step + 1), "sometimes": nan, "flag": True, "list": [1, 2]}
            run.log(values, step=step)
        run.log({"inf": float("inf"), "loss": 7.0}, step=0)
        run.log_image("img", b"\\x89PNG\\r\\n\\x1a\\n0000", caption="c ä", step=2)
        run.log_video("vid", b"0000ftypisom0000", step=3)
        run.link_model("me/x", revision="main")
        run.add_artifact("hp", data={"a": 1})
        run.add_artifact("note", data="words", kind="text")
        with run.rollout(step=4) as trace:
            trace.log_user("state")
        assert "# n" in run.model_card()
        run.finish(status="finished")
        """,
        head=HEAD,
    )
    assert "dropped 1 metric point" in program.err
    assert "dropped 2" not in program.err
    run = machine.one_run(project="old")
    assert (run["name"], run["status"]) == ("n", "finished")
    assert run["config"] == {"lr": 1e-4, "bad": None}
    assert run["links"] == {
        "dataset": "ds", "dataset_split": "train", "model": "me/x", "model_revision": "main"
    }  # fmt: skip
    loss = {0: 7.0} | {step: 1 / (step + 1) for step in range(1, 10)}
    assert machine.history(run["id"], "loss") == loss
    assert 3 not in machine.history(run["id"], "sometimes")
    assert machine.history(run["id"], "flag")[0] == 1
    assert "inf" not in run["keys"]
    values = machine.get(f"/v1/runs/{run['id']}/history", keys="list")["values"]
    assert [value["value"] for value in values] == [[1, 2]] * 10
    image, video = machine.get(f"/v1/runs/{run['id']}/media")["media"]
    assert (image["caption"], image["step"], image["type"]) == ("c ä", 2, "image")
    assert machine.server is not None
    assert machine.server.get(image["url"]).content == b"\x89PNG\r\n\x1a\n0000"
    assert machine.server.get(video["url"]).headers["content-type"] == "video/mp4"
    names = [a["name"] for a in machine.get(f"/v1/runs/{run['id']}/artifacts")["artifacts"]]
    assert names == ["hp", "note"]
    assert run["environment"]["python"]["implementation"] == "CPython"
    assert not any(key.startswith("system/") for key in run["keys"])
    assert machine.get(f"/v1/runs/{run['id']}/system")["series"]
    (rollout,) = machine.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"]
    assert (rollout["step"], rollout["session"]) == (4, "n-step4")


def test_a_model_card_is_pushed(machine: Machine) -> None:
    code = """
        run = cm.init_run(project="cards", name="n", config={"base_model": "a/b"})
        run.log({"eval/acc": 0.5})
        run.link_model("me/x")
        try:
            print(run.push_model_card(commit_message="Initial card from tracehouse"))
        except cm.ApiError as error:
            print("PUT /v1/profile/hub_token" in str(error))
        run.finish()
    """
    assert machine.run(code, head=HEAD).out.strip() == "True"
    assert machine.server is not None
    saved = machine.server.client.put(
        f"{machine.server.http}/v1/profile/hub_token",
        json={"token": "hf_of_the_owner"},
        headers=machine.server.headers,
    )
    assert saved.status_code == 200, saved.text
    said = ast.literal_eval(machine.run(code, head=HEAD).out)
    assert said["repo"] == "me/x"
    assert said["commit_url"].endswith(f"/me/x/commit/{said['commit_oid']}")


def test_a_run_is_resumed_and_crashed(machine: Machine) -> None:
    machine.run(
        "cm.init_run(project='again', client_run_id='mine', config={'a': 1}).finish()", head=HEAD
    )
    machine.run(
        """
        with cm.TrainingRun(project="again", client_run_id="mine", config={"b": 2}) as run:
            raise ValueError("x")
        """,
        head=HEAD,
        fails=True,
    )
    run = machine.one_run(project="again")
    assert (run["status"], run["config"]) == ("crashed", {"a": 1})


def test_errors_say_what_to_do(machine: Machine) -> None:
    program = machine.run(
        """
        run = cm.init_run(project="errors")
        span = {"session_id": "s", "id": "1", "kind": "no"}
        for method, path, body in (
            ("PATCH", f"/v1/runs/{run.run_id}", {"x": 1}),
            ("POST", "/v1/runs/nope/metrics", {"points": []}),
            ("POST", "/v1/traces", {"session_id": None}),
            ("POST", "/v1/spans", {"spans": [span]}),
            ("POST", "/v1/runs", {"name": "x"}),
        ):
            try:
                run._request(method, path, body)
            except cm.ApiError as error:
                print(str(error))
        """,
        head=HEAD,
    )
    for line, said in zip(
        program.out.splitlines(),
        (
            "x: only name", "there is no run nope", "session_id: it is required",
            "spans[0].kind: choose one of", "client_run_id: it is required",
        ),
        strict=True,
    ):  # fmt: skip
        assert said in line
