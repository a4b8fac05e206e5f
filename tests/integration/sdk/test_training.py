"""Training runs, from a program to the API."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.support.sdk import Machine, kill

QUIET = "capture_env=False, system_metrics=False, capture_console=False"


def wait_for(condition: Any, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_a_run_that_is_over_at_once_has_its_environment(machine: Machine) -> None:
    machine.run("""
        import tracehouse.training
        found = tracehouse.training.capture_environment
        tracehouse.training.capture_environment = lambda: (time.sleep(0.5), found())[1]
        cm.init_run(project="short").finish()
    """)
    assert machine.one_run(project="short")["environment"]["python"]["version"]


def test_the_documented_run(machine: Machine) -> None:
    machine.run("""
        run = cm.init_run(project="documented", name="qwen-sft-v1",
                          config={"lr": 1e-4, "batch": 32, "base_model": "Qwen/Qwen2.5-0.5B"})
        for step in range(100):
            run.log({"train/loss": 1 / (step + 1), "eval/acc": step / 100}, step=step)
            run.log({"grad/norm_hist": [0.1, 0.2, 0.4, 0.3]}, step=step)
        run.link_dataset("HuggingFaceH4/ultrachat_200k", split="train_sft")
        run.link_model("your-handle/my-finetune")
        run.add_artifact("hparams", data={"warmup_ratio": 0.03, "weight_decay": 0.0})
        run.finish(status="finished")
    """)
    run = machine.one_run(project="documented")
    assert (run["name"], run["status"]) == ("qwen-sft-v1", "finished")
    assert run["config"] == {"lr": 1e-4, "batch": 32, "base_model": "Qwen/Qwen2.5-0.5B"}
    assert run["summary"] == {"train/loss": 0.01, "eval/acc": 0.99}
    assert run["last_step"] == 99
    assert run["keys"] == ["eval/acc", "train/loss"]
    assert run["links"]["dataset"] == "HuggingFaceH4/ultrachat_200k"
    assert run["links"]["dataset_split"] == "train_sft"
    assert run["links"]["model"] == "your-handle/my-finetune"
    assert run["environment"]["python"]["implementation"] == "CPython"
    assert machine.history(run["id"], "train/loss") == {n: 1 / (n + 1) for n in range(100)}
    values = machine.get(f"/v1/runs/{run['id']}/history", keys="grad/norm_hist")["values"]
    assert len(values) == 100
    assert values[7]["value"] == [0.1, 0.2, 0.4, 0.3]
    (artifact,) = machine.get(f"/v1/runs/{run['id']}/artifacts")["artifacts"]
    assert artifact["name"] == "hparams"
    data = machine.get(f"/v1/runs/{run['id']}/artifacts/hparams/files/data.json")
    assert data == {"warmup_ratio": 0.03, "weight_decay": 0.0}
    assert machine.buffers() == []


def test_the_context_manager_marks_what_happened(machine: Machine) -> None:
    machine.run(f"""
        with cm.TrainingRun(project="context", name="good", {QUIET}) as run:
            run.log({{"loss": 1.0}})
    """)
    machine.run(
        f"""
        with cm.TrainingRun(project="context", name="bad", {QUIET}) as run:
            run.log({{"loss": 1.0}})
            raise ValueError("exploded")
        """,
        fails=True,
    )
    runs = {run["name"]: run for run in machine.get("/v1/runs", project="context")["runs"]}
    assert (runs["good"]["status"], runs["bad"]["status"]) == ("finished", "crashed")
    assert runs["bad"]["error"] == "ValueError: exploded"


@pytest.mark.parametrize(
    ("ending", "status", "fails"),
    [
        ("pass", "finished", False),
        ("sys.exit(0)", "finished", False),
        ("sys.exit(3)", "failed", True),
        ("raise ValueError('x')", "crashed", True),
        ("raise KeyboardInterrupt", "killed", True),
        ("os.kill(os.getpid(), 15)", "killed", True),
        ("run.finish(status='failed')", "failed", False),
        ("cm.init_run(project='other', " + QUIET + ")", "killed", False),
    ],
)
def test_a_run_that_is_not_finished_by_hand(
    machine: Machine, ending: str, status: str, fails: bool
) -> None:
    project = f"ending {ending}"
    machine.run(
        f"""
        import os, sys
        run = cm.init_run(project={project!r}, {QUIET})
        run.log({{"loss": 1.0}})
        {ending}
        """,
        fails=fails,
    )
    run = machine.one_run(project=project)
    assert run["status"] == status
    assert run["summary"] == {"loss": 1.0}


def test_a_run_is_seen_while_it_runs_and_crashed_when_its_heartbeat_stops(machine: Machine) -> None:
    program = machine.start(
        f"""
        run = cm.init_run(project="alive", {QUIET})
        for step in range(50):
            run.log({{"loss": step}})
        print("logged", flush=True)
        input()
        """,
        TRACEHOUSE_HEARTBEAT_SECONDS="0.5",
    )
    assert program.stdout is not None
    program.stdout.readline()
    wait_for(lambda: machine.get("/v1/runs", project="alive")["runs"])
    run = machine.one_run(project="alive")
    assert (run["status"], run["end_time"]) == ("running", None)
    wait_for(lambda: machine.one_run(project="alive")["heartbeat_time"] > run["heartbeat_time"])
    kill(program)
    wait_for(lambda: machine.one_run(project="alive")["status"] == "crashed")
    assert machine.get("/v1/runs", project="alive", status="running")["runs"] == []
    assert len(machine.history(run["id"], "loss")) == 50


def test_config_summary_and_tags_are_live(machine: Machine) -> None:
    program = machine.start(f"""
        run = cm.init_run(project="live", config={{"lr": 1}}, tags=["first"], {QUIET})
        run.config.update(lr=2, layers=[1, 2])
        run.config["warmup"] = 0.1
        run.summary["best"] = 0.5
        run.add_tags("second")
        print("told", flush=True)
        input()
    """)
    assert program.stdout is not None
    program.stdout.readline()
    wait_for(lambda: machine.get("/v1/runs", project="live", tag="second")["runs"])
    run = machine.one_run(project="live")
    assert run["config"] == {"lr": 2, "layers": [1, 2], "warmup": 0.1}
    assert run["summary"] == {"best": 0.5}
    assert run["tags"] == ["first", "second"]
    assert machine.get("/v1/runs", project="live", tag="sec")["runs"] == []
    program.communicate("\n", timeout=20)


def test_any_step_in_any_order_and_the_last_write_wins(machine: Machine) -> None:
    machine.run(f"""
        run = cm.init_run(project="order", {QUIET})
        run.log({{"a": 1.0}}, step=10)
        run.log({{"a": 2.0}}, step=-5)
        run.log({{"a": 3.0}}, step=10)
        run.log({{"a": 4.0}})
        run.log({{"b": 5.0}}, commit=False)
        run.log({{"c": 6}})
        run.finish()
    """)
    run = machine.one_run(project="order")
    assert machine.history(run["id"], "a") == {-5: 2.0, 10: 3.0, 11: 4.0}
    assert machine.history(run["id"], "b") == {12: 5.0}
    assert machine.history(run["id"], "c") == {12: 6.0}
    assert run["summary"] == {"a": 4.0, "b": 5.0, "c": 6}


def test_what_can_be_logged(machine: Machine) -> None:
    program = machine.run(f"""
        import numpy as np, decimal, enum
        logging.basicConfig(format="%(message)s")
        class Kind(enum.Enum):
            A = "a"
        class Scalar:  # as torch and jax have them
            shape = ()
            def item(self): return 1.5
        run = cm.init_run(project="values", {QUIET})
        run.log({{
            "int": 3, "big": 2**70, "true": True, "f32": np.float32(0.5), "i64": np.int64(7),
            "zero_d": np.array(2.5), "scalar": Scalar(), "decimal": decimal.Decimal("1.25"),
            "nan": float("nan"), "inf": np.float64("inf"), "none": None,
            "text": "hello", "list": [1, float("nan"), "x"], "dict": {{"a": {{"b": 1}}}},
            "array": np.arange(4).reshape(2, 2), "enum": Kind.A, "set": {{1}},
            "large": np.arange(5000.0), "histogram": cm.Histogram([1, 2, 2, 3], bins=2),
            "table": cm.Table(columns=["a", "b"], data=[[1, "x"]]), "": 1.0,
            "drawn": cm.Table(columns=["a"], data=[[cm.Image(np.zeros((2, 3)))]]),
        }}, step=1)
        for _ in range(3):
            run.log({{"nan": float("nan")}}, step=2)
        print(run.dropped_values)
        run.finish()
    """)
    assert program.out.strip() == "5"
    assert program.err.count("NaN and infinite values are dropped") == 2  # a key each
    run = machine.one_run(project="values")
    assert run["summary"] == {
        "int": 3, "big": 2.0**70, "true": 1, "f32": 0.5, "i64": 7, "zero_d": 2.5, "scalar": 1.5,
        "decimal": 1.25,
    }  # fmt: skip
    history = machine.get(f"/v1/runs/{run['id']}/history", max_points=100)
    values = {value["key"]: value["value"] for value in history["values"]}
    assert values["text"] == "hello"
    assert values["list"] == [1, None, "x"]
    assert values["dict"] == {"a": {"b": 1}}
    assert values["array"] == [[0, 1], [2, 3]]
    assert (values["enum"], values["set"]) == ("a", [1])
    assert sum(values["large"]["counts"]) == 5000
    assert values["histogram"] == {"_type": "histogram", "counts": [1, 3], "bins": [1, 2, 3]}
    assert values["table"] == {"_type": "table", "columns": ["a", "b"], "data": [[1, "x"]]}
    ((cell,),) = values["drawn"]["data"]
    path = f"/v1/runs/{run['id']}/value/files/{cell['sha256']}"
    picture = machine.server.get(path, key="drawn", step=1)
    assert picture.content.startswith(b"\x89PNG"), "the files of a table are sent with it"


def test_nothing_raises_into_a_training_loop(machine: Machine) -> None:
    program = machine.run(f"""
        logging.basicConfig(format="%(message)s")
        run = cm.init_run(project="misuse", {QUIET})
        for _ in range(2):
            run.log([1, 2])
            run.log({{"a": 1.0}}, step="three")
            run.log({{"a": 1.0}}, step=1.5)
            run.log_image("x", "/nowhere.png")
            run.log_image("x", object())
            run.add_artifact("x", data=1, kind="what")
            run.log({{"kept": 1.0}})
        run.finish(status="superb")
        run.log({{"late": 1.0}})
        run.finish()
    """)
    for complaint in ("step must be a whole number, not 'three'", "/nowhere.png", "kind is 'what'"):
        assert program.err.count(complaint) == 1, program.err
    assert program.err.count("is finished: what is logged to it is dropped") == 1
    run = machine.one_run(project="misuse")
    assert (run["status"], run["summary"]) == ("finished", {"kept": 1.0})


def test_resuming_by_the_callers_own_id(machine: Machine) -> None:
    first = machine.run(f"""
        run = cm.init_run(project="resume", name="r", client_run_id="mine",
                          config={{"a": 1}}, {QUIET})
        for n in range(3):
            run.log({{"loss": n}})
        run.finish(status="failed")
        print(run.id)
    """)
    machine.run(f"""
        run = cm.init_run(project="resume", client_run_id="mine", config={{"b": 2}}, {QUIET})
        assert run.resumed
        run.log({{"loss": 30}})
        run.finish()
    """)
    run = machine.one_run(project="resume")
    assert run["id"] == first.out.strip()
    assert (run["name"], run["status"], run["config"]) == ("r", "finished", {"a": 1, "b": 2})
    assert machine.history(run["id"], "loss") == {0: 0, 1: 1, 2: 2, 3: 30}


def test_the_console_is_heard(machine: Machine) -> None:
    program = machine.run("""
        import sys
        handler = logging.StreamHandler()  # holds stderr from before the run
        logging.getLogger("app").addHandler(handler)
        run = cm.init_run(project="console", capture_env=False, system_metrics=False)
        print("one\\ntwo")
        for n in range(3):
            print(f"\\r{n}/3", end="")
        print()
        logging.getLogger("app").warning("from a handler")
        sys.stdout.write("no end")
        run.finish()
        print("after the run")
    """)
    run = machine.one_run(project="console")
    lines = machine.get(f"/v1/runs/{run['id']}/console")["lines"]
    assert [(line["stream"], line["text"]) for line in lines] == [
        ("stdout", "one"),
        ("stdout", "two"),
        ("stdout", "2/3"),
        ("stderr", "from a handler"),
        ("stdout", "no end"),
    ]
    assert [line["line"] for line in lines] == [0, 1, 2, 3, 4]
    assert "after the run" in program.out
    found = machine.get(f"/v1/runs/{run['id']}/console", q="TW")["lines"]
    assert [line["text"] for line in found] == ["two"]
    page = machine.get(f"/v1/runs/{run['id']}/console", limit=2)
    rest = machine.get(f"/v1/runs/{run['id']}/console", cursor=page["next_cursor"])
    assert [line["line"] for line in rest["lines"]] == [2, 3, 4]


def test_the_machine_has_an_axis_of_its_own(machine: Machine) -> None:
    machine.run("""
        run = cm.init_run(project="system", system_metrics_interval=2, capture_env=False)
        run.log({"loss": 1.0})
        time.sleep(2.5)
        run.log({"loss": 2.0})
        run.finish()
    """)
    run = machine.one_run(project="system")
    assert run["keys"] == ["loss"]
    assert machine.history(run["id"], "loss") == {0: 1.0, 1: 2.0}
    series = {s["key"]: s for s in machine.get(f"/v1/runs/{run['id']}/system")["series"]}
    assert len(series["system/ram.used_pct"]["time"]) == 2
    assert 0 < series["system/ram.used_pct"]["mean"][0] <= 100
    assert series["system/proc.memory.rss_bytes"]["mean"][0] > 1e6


def test_a_run_shorter_than_a_reading_of_the_machine_has_one(machine: Machine) -> None:
    machine.run("""
        from tracehouse.system_metrics import SystemMetrics
        read = SystemMetrics.read
        SystemMetrics.read = lambda self: time.sleep(1.5) or read(self)
        cm.init_run(project="shorter", capture_env=False).finish()
    """)
    run = machine.one_run(project="shorter")
    assert run["status"] == "finished"
    (series,) = machine.get(f"/v1/runs/{run['id']}/system", keys="system/ram.used_pct")["series"]
    assert len(series["time"]) == 1


def test_rollouts_belong_to_a_run_and_a_step(machine: Machine) -> None:
    machine.run(f"""
        run = cm.init_run(project="rl", name="ppo-v1", subject_id="s", experiment="e",
                          variant="treatment", {QUIET})
        for step in range(3):
            with run.rollout(step=step) as t:
                t.log_user("state")
                t.log_assistant("action")
                t.log_tool_result(f"reward={{step}}")
                t.finish(metadata={{"reward": step / 2}})
            run.log({{"reward": step}}, step=step)
        with run.rollout(step=2) as second:
            second.log_user("again")
        run.finish()
    """)
    run = machine.one_run(project="rl")
    found = machine.get(f"/v1/runs/{run['id']}/rollouts")["rollouts"]
    assert [(r["step"], r["pending"]) for r in found] == [
        (0, False), (1, False), (2, False), (2, False)
    ]  # fmt: skip
    assert [r["reward"] for r in found if r["session"] != "ppo-v1-step2-2"] == [0, 0.5, 1]
    assert sorted(r["session"] for r in found) == [
        "ppo-v1-step0", "ppo-v1-step1", "ppo-v1-step2", "ppo-v1-step2-2"
    ]  # fmt: skip
    trace = machine.get(f"/v1/traces/{found[0]['trace_id']}")
    root = trace["spans"][0]
    assert trace["span_count"] == 4
    assert root["attributes"]["tracehouse.run.id"] == run["id"]
    assert root["attributes"]["tracehouse.experiment.variant"] == "treatment"
    assert root["links"][0]["trace_id"] == run["trace_id"]
    only = machine.get(f"/v1/runs/{run['id']}/rollouts", step=2)["rollouts"]
    assert len(only) == 2
    page = machine.get(f"/v1/runs/{run['id']}/rollouts", limit=3)
    rest = machine.get(f"/v1/runs/{run['id']}/rollouts", cursor=page["next_cursor"])
    assert page["rollouts"] + rest["rollouts"] == found


def test_a_process_that_is_told_to_stop_ends_its_run(machine: Machine) -> None:
    program = machine.start(f"""
        run = cm.init_run(project="sigterm", {QUIET})
        run.log({{"loss": 1.0}})
        print("ready", flush=True)
        while True:
            time.sleep(0.1)
    """)
    assert program.stdout is not None
    program.stdout.readline()
    program.send_signal(signal.SIGTERM)
    program.communicate(timeout=15)
    assert program.returncode == -signal.SIGTERM
    machine.server.settle()
    assert machine.one_run(project="sigterm")["status"] == "killed"


def test_secrets_stay_out_of_the_environment(machine: Machine) -> None:
    machine.run(
        """
        import sys
        sys.argv = ["train.py", "--api-key", "sekrit-1", "--token=sekrit-2", "--lr", "0.1"]
        run = cm.init_run(project="secrets", system_metrics=False)
        time.sleep(1)
        run.finish()
        """,
        MY_SECRET="sekrit-3",
        CUDA_VISIBLE_DEVICES="0",
    )
    environment = machine.one_run(project="secrets")["environment"]
    assert "sekrit" not in json.dumps(environment)
    assert environment["argv"][-2:] == ["--lr", "0.1"]
    assert environment["env_vars"]["CUDA_VISIBLE_DEVICES"] == "0"
    assert "opentelemetry-sdk" in environment["packages"]
