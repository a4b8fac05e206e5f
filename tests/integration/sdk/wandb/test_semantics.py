"""What wandb's users rely on: steps, summaries, config, modes, resuming, media, artifacts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sdk import Machine, last_json

HEAD = """
import sys, json, logging, time
import tracehouse.wandb
sys.modules["wandb"] = tracehouse.wandb
import wandb
logging.basicConfig(format="%(message)s")
quiet = wandb.Settings(console="off", x_disable_stats=True)
"""


def wandb_run(machine: Machine, code: str, **more: Any) -> Any:
    return machine.run(code, head=HEAD, **more)


def rows(machine: Machine, run: dict[str, Any], *keys: str) -> dict[str, dict[int, Any]]:
    return {key: machine.history(run["id"], key) for key in keys}


def test_steps(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        run = wandb.init(project="steps", settings=quiet)
        wandb.log({"a": 1})                      # row 0
        wandb.log({"b": 1}, commit=False)
        wandb.log({"c": 1})                      # row 1, with b
        wandb.log({"a": 10}, step=10)
        wandb.log({"b": 10}, step=10)            # the same row
        wandb.log({"c": 10})                     # still row 10, and ends it
        print(run.step)
        wandb.log({"late": 1}, step=3)           # dropped
        wandb.log({})
        print(run.step)
        for bad in ("x", 1.5, True):
            try:
                wandb.log({"a": 1}, step=bad)
            except TypeError:
                print("TypeError")
        for bad in ([1], {1: 2}):
            try:
                wandb.log(bad)
            except TypeError as error:
                print(error)
        wandb.finish()
    """,
    )
    assert program.out.splitlines() == [
        "11", "12", "TypeError", "TypeError", "TypeError",
        "wandb.log must be passed a dictionary",
        "Key values passed to `wandb.log` must be strings.",
    ]  # fmt: skip
    assert program.err.count("less than the current step") == 1
    run = machine.one_run(project="steps")
    assert run["status"] == "finished"
    assert rows(machine, run, "a", "b", "c") == {
        "a": {0: 1, 10: 10}, "b": {1: 1, 10: 10}, "c": {1: 1, 10: 10}
    }  # fmt: skip
    assert "late" not in run["keys"]


def test_values_and_summary(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        import numpy as np
        run = wandb.init(project="values", settings=quiet)
        run.define_metric("loss", summary="min,max,mean")
        run.define_metric("acc/*", summary="max")
        run.define_metric("hidden", summary="none")
        for n in (3.0, 1.0, float("nan"), 2.0):
            wandb.log({"loss": n, "acc/top": n, "hidden": n, "n": {"x": n, "y": {"z": 1}},
                       "flag": True, "none": None, "text": "t", "np": np.float32(0.5),
                       "small": np.arange(4), "large": np.arange(100)})
        wandb.summary["best"] = 99
        run.summary.update({"other": [1, 2]})
        print(json.dumps(run.summary.as_dict(), default=str))
        wandb.finish()
    """,
    )
    summary = last_json(program)
    assert summary["loss"] == {"min": 1.0, "max": 3.0, "mean": 2.0}
    assert summary["acc/top"] == {"max": 3.0}
    assert "hidden" not in summary
    assert summary["n"] == {"x": 2.0, "y": {"z": 1}}
    assert (summary["flag"], summary["text"], summary["best"]) == (True, "t", 99)
    run = machine.one_run(project="values")
    assert run["summary"]["loss"] == {"min": 1.0, "max": 3.0, "mean": 2.0}
    assert run["summary"]["best"] == 99
    assert run["summary"]["other"] == [1, 2]
    assert run["summary"]["n.x"] == 2.0
    assert machine.history(run["id"], "loss")[2] == "NaN"
    values = machine.get(f"/v1/runs/{run['id']}/history", max_points=100)["values"]
    by_key = {value["key"]: value["value"] for value in values}
    assert by_key["small"] == [0, 1, 2, 3]
    assert sum(by_key["large"]["counts"]) == 100


def test_step_metrics_are_filled_in(machine: Machine) -> None:
    wandb_run(
        machine,
        """
        run = wandb.init(project="axes", settings=quiet)
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch", step_sync=True)
        wandb.log({"val/loss": 1.0})
        wandb.log({"epoch": 5})
        wandb.log({"val/loss": 2.0})
        wandb.log({"train": 3.0})
        for wrong in (dict(name=""), dict(name="a*b"), dict(name="x", summary="median")):
            try:
                run.define_metric(**wrong)
            except wandb.Error as error:
                print(error)
        wandb.finish()
    """,
    )
    run = machine.one_run(project="axes")
    assert machine.history(run["id"], "epoch") == {0: 0, 1: 5, 2: 5}


def test_config(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        import argparse
        run = wandb.init(project="config", settings=quiet,
                         config=argparse.Namespace(lr=0.1, layers=(1, 2), f=len))
        run.config.update({"--batch": 8})
        run.config.update({"lr": 0.1})           # equal: well
        try:
            run.config.lr = 0.2
        except wandb.sdk.lib.config_util.ConfigError as error:
            print(str(error).splitlines()[0])
        run.config.update({"lr": 0.2}, allow_val_change=True)
        run.config.setdefaults({"lr": 7, "new": 1})
        run.config["model/size"] = 3
        same = dict(run.config.items()) == run.config.as_dict()
        print(run.config.lr, "lr" in run.config, run.config.get("nope", 5), same)
        for miss in (lambda: run.config.nope, lambda: run.config["nope"]):
            try:
                miss()
            except (AttributeError, KeyError) as error:
                print(type(error).__name__)
        wandb.finish()
    """,
    )
    assert program.out.splitlines() == [
        'Attempted to change value of key "lr" from 0.1 to 0.2', "0.2 True 5 True",
        "AttributeError", "KeyError",
    ]  # fmt: skip
    assert machine.one_run(project="config")["config"] == {
        "lr": 0.2, "layers": [1, 2], "f": "len", "batch": 8, "new": 1, "model/size": 3
    }  # fmt: skip


def test_before_and_after_a_run(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        for call in (
            lambda: wandb.log({}), lambda: wandb.config.update({}), lambda: wandb.summary["x"],
            lambda: wandb.define_metric("x"), lambda: wandb.save("x"),
            lambda: wandb.alert("t", "x"),
        ):
            try:
                call()
            except wandb.Error as error:
                print(error)
        print(wandb.run, wandb.finish())
        first = wandb.init(project="reinit", name="one", settings=quiet)
        assert wandb.init(project="reinit") is first is wandb.run
        second = wandb.init(project="reinit", name="two", reinit=True, settings=quiet)
        third = wandb.init(project="reinit", name="three", reinit="create_new", settings=quiet)
        assert wandb.run is second
        third.finish(exit_code=3)
        with second:
            second.log({"a": 1})
        try:
            second.log({"a": 2})
        except wandb.errors.UsageError as error:
            print(error)
        second.finish()
        print(wandb.run)
    """,
    )
    lines = program.out.splitlines()
    assert lines[0] == "You must call wandb.init() before wandb.log()"
    assert all(line.startswith("You must call wandb.init() before wandb.") for line in lines[:6])
    assert lines[6] == "None None"
    assert "is finished" in lines[7]
    assert lines[8] == "None"
    runs = machine.get("/v1/runs", project="reinit")["runs"]
    assert {run["name"]: run["status"] for run in runs} == {
        "one": "finished", "two": "finished", "three": "failed"
    }  # fmt: skip


def test_resuming(machine: Machine) -> None:
    wandb_run(
        machine,
        """
        run = wandb.init(project="resume", id="abc12345", config={"lr": 1}, settings=quiet)
        for n in range(3):
            wandb.log({"a": n})
        run.summary["best"] = 7
        wandb.finish(exit_code=1)
    """,
    )
    program = wandb_run(
        machine,
        """
        run = wandb.init(project="resume", id="abc12345", resume="allow", config={"b": 2},
                         settings=quiet)
        print(run.resumed, run.step, run.config.lr, run.summary["best"])
        wandb.log({"a": 30})
        wandb.finish()
        for wrong in (dict(id="abc12345", resume="never"), dict(id="nothere1", resume="must"),
                      dict(id="a:b"), dict(mode="sideways"), dict(resume="perhaps", id="x")):
            try:
                wandb.init(project="resume", settings=quiet, **wrong)
            except wandb.UsageError as error:
                print(error)
    """,
    )
    lines = program.out.splitlines()
    assert lines[0] == "True 3 1 7"
    assert len(lines) == 6
    run = machine.one_run(project="resume")
    assert machine.history(run["id"], "a") == {0: 0, 1: 1, 2: 2, 3: 30}
    assert (run["status"], run["config"]) == ("finished", {"lr": 1, "b": 2})
    # Another machine, which remembers nothing, asks the server.
    elsewhere = Machine(machine.home / "elsewhere", machine.server)
    program = wandb_run(
        elsewhere,
        """
        run = wandb.init(project="resume", id="abc12345", resume="must", settings=quiet)
        print(run.name, run.step, run.config.b)
        wandb.finish()
    """,
    )
    assert program.out.strip() == f"{run['name']} 4 2"


def test_modes_and_variables(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        run = wandb.init()
        print(run.project, run.name, run.id, run.group, run.job_type, run.tags)
        wandb.log({"a": 1})
        wandb.finish()
        """,
        WANDB_PROJECT="by-variable", WANDB_NAME="n", WANDB_RUN_ID="id123456", WANDB_TAGS="x, y",
        WANDB_RUN_GROUP="g", WANDB_JOB_TYPE="eval", WANDB_NOTES="notes",
    )  # fmt: skip
    assert program.out.strip() == "by-variable n id123456 g eval ('x', 'y')"
    run = machine.one_run(project="by-variable", tag="y")
    assert (run["group"], run["job_type"], run["notes"]) == ("g", "eval", "notes")
    program = wandb_run(
        machine,
        """
        run = wandb.init(project="off", mode="disabled")
        wandb.log({"a": 1}); run.config.x = 1
        print(bool(run.id), run.disabled, run.summary["a"], run.config.x, run.url)
        wandb.finish()
    """,
    )
    assert program.out.strip().startswith("True True 1 1")
    program = wandb_run(
        machine, "run = wandb.init(project='later'); run.log({'a': 1}); print(run.url)",
        WANDB_MODE="offline",
    )  # fmt: skip
    assert program.out.strip() == "None"
    assert machine.get("/v1/runs", project="off")["runs"] == []
    assert machine.get("/v1/runs", project="later")["runs"] == []
    machine.tracehouse("sync")
    assert machine.one_run(project="later")["summary"] == {"a": 1}


def test_media(machine: Machine) -> None:
    wandb_run(
        machine,
        """
        import numpy as np
        run = wandb.init(project="media", settings=quiet)
        frames = np.zeros((3, 3, 8, 8), dtype="uint8")
        wandb.log({
            "image": wandb.Image(np.zeros((4, 4, 3)), caption="c", boxes={"b": {"box_data": []}}),
            "images": [wandb.Image(np.zeros((4, 4))), wandb.Image(np.ones((4, 4)))],
            "video": wandb.Video(frames, fps=2),
            "audio": wandb.Audio(np.zeros(100), sample_rate=8000),
            "html": wandb.Html("<b>x</b>"), "points": wandb.Object3D(np.zeros((2, 3))),
            "hist": wandb.Histogram(np.arange(10.0)),
            "table": wandb.Table(columns=["a", "b"], data=[[1, wandb.Image(np.zeros((2, 2)))]]),
            "chart": wandb.plot.bar(wandb.Table(columns=["l", "v"], data=[["x", 1]]), "l", "v"),
            "cm": wandb.plot.confusion_matrix(y_true=[0, 1], preds=[0, 0], class_names=["a", "b"]),
        })
        wandb.finish()
    """,
    )
    run = machine.one_run(project="media")
    media = machine.get(f"/v1/runs/{run['id']}/media")["media"]
    assert [(m["key"], m["index"], m["type"]) for m in media] == [
        ("audio", 0, "audio"), ("html", 0, "html"), ("image", 0, "image"), ("images", 0, "image"),
        ("images", 1, "image"), ("points", 0, "object3D"), ("video", 0, "video"),
    ]  # fmt: skip
    assert media[2]["boxes"] == {"b": {"box_data": []}}
    assert machine.server is not None
    html = machine.server.get(media[1]["url"])
    assert html.headers["content-type"] == "application/octet-stream"
    assert html.content == b"<b>x</b>"
    values = machine.get(f"/v1/runs/{run['id']}/history", max_points=100)["values"]
    by_key = {value["key"]: value["value"] for value in values}
    assert by_key["table"]["data"][0][1]["type"] == "image"
    assert by_key["chart"]["preset"] == "wandb/bar/v0"
    assert by_key["cm"]["table"]["data"] == [
        ["a", "a", 1],
        ["a", "b", 0],
        ["b", "a", 1],
        ["b", "b", 0],
    ]


def test_artifacts_have_versions_aliases_and_lineage(machine: Machine) -> None:
    wandb_run(
        machine,
        """
        from pathlib import Path
        Path("data/sub").mkdir(parents=True)
        Path("data/a.txt").write_text("one")
        Path("data/sub/b.bin").write_bytes(bytes(range(256)) * 200_000)   # larger than a piece
        run = wandb.init(project="artifacts", settings=quiet)
        first = wandb.Artifact("set", "dataset", metadata={"n": 1})
        first.add_dir("data")
        run.log_artifact(first, aliases=["good"]).wait()
        Path("data/a.txt").write_text("two")
        second = wandb.Artifact("set", "dataset")
        second.add_dir("data")
        with second.new_file("new.txt") as file:
            file.write("new")
        second.add_reference("s3://bucket/key", name="far")
        run.log_artifact(second)
        run.log_artifact(first, aliases=["again"])
        wandb.finish()
    """,
    )
    program = wandb_run(
        machine,
        """
        from pathlib import Path
        run = wandb.init(project="artifacts", settings=quiet)
        latest = run.use_artifact("set:latest")
        old = run.use_artifact("set:v0", type="dataset")
        folder = Path(old.download())
        assert (folder / "a.txt").read_text() == "one"
        assert (folder / "sub/b.bin").read_bytes() == bytes(range(256)) * 200_000
        old.verify()
        newer = wandb.Api().artifact("someone/artifacts/set:v1")
        files = sorted(newer.manifest.entries)
        print(json.dumps([latest.name, sorted(old.aliases), old.metadata, files]))
        try:
            run.use_artifact("nothing:latest")
        except wandb.CommError as error:
            print(error, file=sys.stderr)
        wandb.finish()
    """,
    )
    assert last_json(program) == [
        "set:v0", ["again", "good", "latest"], {"n": 1}, ["a.txt", "far", "new.txt", "sub/b.bin"]
    ]  # fmt: skip
    assert "there is no artifact nothing" in program.err
    versions = machine.get("/v1/artifacts/set", project="artifacts")["versions"]
    assert [(v["version"], len(v["logged_by"]), len(v["used_by"])) for v in versions] == [
        ("v0", 1, 1), ("v1", 1, 0)
    ]  # fmt: skip
    assert machine.get("/v1/artifacts", project="artifacts")["artifacts"] == [
        {"name": "set", "type": "dataset", "latest": "v1"}
    ]


def test_reading_by_the_public_api(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        for n in range(3):
            run = wandb.init(project="public", id=f"run0000{n}", name=f"r{n}", config={"n": n},
                             settings=quiet)
            for step in range(5):
                wandb.log({"a": step * n, "t": "x"})
            Path = __import__("pathlib").Path
            (Path(run.dir) / "note.txt").write_text("saved")
            wandb.finish()
        api = wandb.Api()
        for _ in range(50):  # a list does not wait for what was just sent
            runs = list(api.runs("me/public", order="-created_at"))
            if len(runs) == 3:
                break
            time.sleep(0.2)
        one = api.run("me/public/run00001")
        print(json.dumps([
            [r.name for r in runs],
            [r.name for r in api.runs("me/public", {"config.n": {"$in": [0, 2]}})],
            one.state, one.config, one.summary["a"], one.history(keys=["a"], pandas=False),
            len(list(one.scan_history())), [f.path for f in one.files()], len(one.history()),
        ]))
        for wrong in (lambda: api.run("me/public/nope"), lambda: api.runs(filters={"$or": []})):
            try:
                wrong()
            except (wandb.CommError, ValueError) as error:
                print(error, file=sys.stderr)
    """,
    )
    names, filtered, state, config, last, history, rows_, files, frame = last_json(program)
    assert (names, filtered, state, config, last) == (
        ["r2", "r1", "r0"],
        ["r0", "r2"],
        "finished",
        {"n": 1},
        4,
    )
    assert history == [{"_step": step, "a": step} for step in range(5)]
    assert (rows_, files, frame) == (5, ["note.txt"], 5)
    assert "could not find run" in program.err
    assert "$or: give a list of filters" in program.err


def test_what_is_not_there_says_its_name(machine: Machine) -> None:
    program = wandb_run(
        machine,
        """
        run = wandb.init(project="missing", mode="disabled")
        for call in (
            lambda: wandb.controller("x"), lambda: wandb.Molecule("x"),
            lambda: run.link_artifact(None, "x"), lambda: wandb.init(fork_from="x?_step=1"),
        ):
            try:
                call()
            except NotImplementedError as error:
                print(error)
        print(hasattr(wandb, "nonsense"), hasattr(run, "nonsense"))
    """,
    )
    lines = program.out.splitlines()
    assert len(lines) == 5
    assert lines[0] == "tracehouse.wandb: wandb.controller is not there"
    assert lines[-1] == "False False"


def test_an_exception_and_an_exit_code(machine: Machine) -> None:
    wandb_run(
        machine, "wandb.init(project='codes', name='a', settings=quiet); sys.exit(2)", fails=True
    )
    wandb_run(machine, "wandb.init(project='codes', name='b', settings=quiet); 1 / 0", fails=True)
    wandb_run(machine, "wandb.init(project='codes', name='c', settings=quiet).log({'a': 1})")
    runs = machine.get("/v1/runs", project="codes")["runs"]
    assert {run["name"]: run["status"] for run in runs} == {
        "a": "failed", "b": "crashed", "c": "finished"
    }  # fmt: skip


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_the_shim_reaches_programs_and_children_that_nobody_edits(
    machine: Machine, start: str
) -> None:
    shim = machine.tracehouse("wandb-shim").out.strip()
    script = machine.home / "train.py"
    script.write_text(f"""
import importlib.metadata, importlib.util, multiprocessing, sys
import wandb
from wandb.errors import UsageError
assert UsageError is wandb.errors.UsageError
assert importlib.util.find_spec("wandb") is not None
print(importlib.metadata.version("wandb"), wandb.__version__)

def child():
    import wandb
    wandb.init(project="shim-{start}", name="child").log({{"a": 1}})

if __name__ == "__main__":
    process = multiprocessing.get_context("{start}").Process(target=child)
    process.start(); process.join()
    wandb.init(project="shim-{start}", name="parent").log({{"a": 2}})
""")
    program = machine.run(
        "import subprocess, sys; sys.exit(subprocess.call([sys.executable, 'train.py']))",
        PYTHONPATH=shim,
    )
    assert "0.31.0 0.31.0" in program.out
    runs = machine.get("/v1/runs", project=f"shim-{start}", sort="name")["runs"]
    assert [(run["name"], run["status"], run["summary"]) for run in runs] == [
        ("child", "finished", {"a": 1}), ("parent", "finished", {"a": 2})
    ]  # fmt: skip
