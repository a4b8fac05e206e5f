"""tracelet's API, from a program to the API."""

from __future__ import annotations

from typing import Any

from tests.support.sdk import Machine, last_json

HEAD = "import json, time\nimport tracehouse.tracelet as tracelet\n"
QUIET = '{"track_env": False, "track_git": False, "track_system": False}'


def run(machine: Machine, code: str, **more: Any) -> Any:
    return machine.run(code, head=HEAD, **more)


def test_an_experiment_is_a_training_run(machine: Machine) -> None:
    """The same rows as a run of our own: points, config, tags, environment, console."""
    run(
        machine,
        """
        with tracelet.start_logging("first", project="same", config={"tags": ["a"]}) as experiment:
            experiment.log_params({"learning_rate": 0.01, "batch_size": 32})
            experiment.log_hyperparameter("optimizer", "adam")
            print("hello")
            for step in range(50):
                experiment.log_metric("loss", 1 / (step + 1), step)
        assert tracelet.get_active_experiment() is None
        """,
    )
    run(
        machine,
        """
        import tracehouse as cm
        own = cm.TrainingRun(project="same", name="second", tags=["a", "project:same"],
                             config={"learning_rate": 0.01, "batch_size": 32, "optimizer": "adam"})
        print("hello")
        for step in range(50):
            own.log({"loss": 1 / (step + 1)}, step=step)
        own.finish()
        """,
    )
    runs = {r["name"]: r for r in machine.get("/v1/runs", project="same")["runs"]}
    first, second = (machine.get(f"/v1/runs/{runs[n]['id']}") for n in ("first", "second"))
    for field in ("config", "summary", "status", "last_step", "tags", "links", "subject_id"):
        assert first[field] == second[field], field
    assert first["config"] == {"learning_rate": 0.01, "batch_size": 32, "optimizer": "adam"}
    assert first["environment"].keys() - {"git"} == second["environment"].keys() - {"git"}
    assert machine.history(first["id"], "loss") == machine.history(second["id"], "loss")
    for each in (first, second):
        lines = machine.get(f"/v1/runs/{each['id']}/console")["lines"]
        assert [line["text"] for line in lines] == ["hello"]
        (series,) = machine.get(f"/v1/runs/{each['id']}/system", keys="system/cpu.util_pct")[
            "series"
        ]
        assert len(series["time"]) >= 1


def test_iterations(machine: Machine) -> None:
    """0 is an iteration; without one it is the current one; while none was set, values count."""
    run(
        machine,
        f"""
        with tracelet.start_logging("steps", project="steps", config={QUIET}) as experiment:
            for value in (1.0, 2.0, 3.0):
                experiment.log_metric("counted", value)
            experiment.set_iteration(7)
            experiment.log_metric("zero", 4.0, 0)
            experiment.log_metric("current", 5.0)
            assert experiment.iteration == 7
        """,
    )
    found = machine.one_run(project="steps")
    assert machine.history(found["id"], "counted") == {0: 1.0, 1: 2.0, 2: 3.0}
    assert machine.history(found["id"], "zero") == {0: 4.0}
    assert machine.history(found["id"], "current") == {7: 5.0}


def test_every_kind_of_value(machine: Machine) -> None:
    run(
        machine,
        f"""
        import numpy
        import tracehouse as cm
        with tracelet.start_logging("kinds", project="kinds", config={QUIET}) as experiment:
            experiment.log_metric("numpy", numpy.float32(0.5), 0)
            experiment.log_metric("one", numpy.array([0.25]), 0)
            experiment.log_metric("flag", True, 0)
            experiment.log_metric("list", [1, 2], 0)
            experiment.log_metric("text", "hi", 0)
            experiment.log_metric("image", cm.Image(numpy.zeros((2, 2, 3))), 0)
            experiment.log_metric("bad", float("nan"), 0)
        """,
    )
    found = machine.one_run(project="kinds")
    assert found["summary"] == {"numpy": 0.5, "one": 0.25, "flag": 1.0}
    values = machine.get(f"/v1/runs/{found['id']}/history", keys=["list", "text"])["values"]
    assert {v["key"]: v["value"] for v in values} == {"list": [1, 2], "text": "hi"}
    (image,) = machine.get(f"/v1/runs/{found['id']}/media")["media"]
    assert (image["key"], image["width"]) == ("image", 2)


def test_how_an_experiment_ends(machine: Machine) -> None:
    """A second start stops the first; an exception crashes; the end of the process finishes."""
    run(
        machine,
        f"""
        first = tracelet.start_logging("first", project="ends", config={QUIET})
        second = tracelet.start_logging("second", project="ends", config={QUIET})
        assert not first.active
        assert tracelet.get_active_experiment() is second
        first.log_metric("late", 1.0, 0)
        """,
    )
    run(
        machine,
        f"""
        with tracelet.start_logging("third", project="ends", config={QUIET}):
            raise ValueError("exploded")
        """,
        fails=True,
    )
    run(
        machine,
        f"""
        tracelet.start_logging("fourth", project="ends", config={QUIET}).log_metric("a", 1.0)
        raise ValueError("exploded")
        """,
        fails=True,
    )
    run(
        machine,
        f"""
        import sys
        tracelet.start_logging("fifth", project="ends", config={QUIET}).log_metric("a", 1.0)
        sys.exit(3)
        """,
        fails=True,
    )
    runs = {r["name"]: r for r in machine.get("/v1/runs", project="ends")["runs"]}
    assert {name: r["status"] for name, r in runs.items()} == {
        "first": "finished", "second": "finished", "third": "crashed", "fourth": "crashed",
        "fifth": "failed",
    }  # fmt: skip
    assert machine.get(f"/v1/runs/{runs['first']['id']}")["keys"] == []


def test_artifacts_come_back(machine: Machine) -> None:
    """File, folder, object, reference and model; versions; by name, version and type."""
    program = run(
        machine,
        f"""
        from pathlib import Path
        Path("data/sub").mkdir(parents=True)
        Path("data/a.txt").write_text("one")
        Path("data/sub/b.bin").write_bytes(bytes(range(256)))
        with tracelet.start_logging("keeps", project="kept",
                                    config={{**{QUIET}, "artifacts": True}}) as experiment:
            made = experiment.create_artifact("set", tracelet.ArtifactType.DATASET, "two files")
            made.add_file("data").add_object({{"n": 1}}, "facts").add_object([1], "rows", "yaml")
            made.add_reference("s3://bucket/big.tar", size_bytes=1000)
            first = experiment.log_artifact(made)["tracehouse"]
            again = experiment.log_artifact(made)["tracehouse"]
            assert first.version == again.version and first.size_bytes > 1000
            Path("data/a.txt").write_text("two")
            changed = experiment.create_artifact("set", tracelet.ArtifactType.DATASET)
            second = experiment.log_artifact(changed.add_file("data/a.txt"))["tracehouse"]

            class Model:
                def __init__(self): self.weight = 3
            experiment.log_artifact(
                experiment.create_artifact("net", tracelet.ArtifactType.MODEL)
                .add_model(Model().__dict__, framework="mine", input_example=[1, 2]))
            Path("notes.md").write_text("# notes")
            assert experiment.log_artifact("notes.md")["tracehouse"].backend == "tracehouse"
            assert experiment.log_artifact("missing.pth") == {{}}

        with tracelet.start_logging("reads", project="kept", config={QUIET}) as experiment:
            latest = experiment.get_artifact("set")
            old = experiment.get_artifact("set", "v0", backend="tracehouse")
            assert experiment.get_artifact("set", first.version).version == "v0"
            assert experiment.get_artifact("nothing") is None
            folder = Path(old.download("copy"))
            listed = experiment.list_artifacts()
            models = experiment.list_artifacts(tracelet.ArtifactType.MODEL)
            print(json.dumps({{
                "latest": [latest.version, [Path(f.local_path).read_text() for f in latest.files]],
                "old": sorted(f.artifact_path for f in old.files),
                "facts": json.loads((folder / "facts.json").read_text()),
                "binary": (folder / "data/sub/b.bin").read_bytes() == bytes(range(256)),
                "references": [[r.uri, r.size_bytes] for r in old.references],
                "described": [old.type.value, old.description, old.size_bytes > 1000],
                "listed": [a.name for a in listed],
                "models": [[a.name, a.metadata["model_info"]["framework"]] for a in models],
            }}))
        """,
    )
    assert last_json(program) == {
        "latest": ["v1", ["two"]],
        "old": ["data/a.txt", "data/sub/b.bin", "facts.json", "rows.yaml"],
        "facts": {"n": 1},
        "binary": True,
        "references": [["s3://bucket/big.tar", 1000]],
        "described": ["dataset", "two files", True],
        "listed": ["net", "notes.md", "set"],
        "models": [["net", "mine"]],
    }
    assert "missing.pth" in program.err
    versions = machine.get("/v1/artifacts/set", project="kept")["versions"]
    assert [(v["version"], v["type"]) for v in versions] == [("v0", "dataset"), ("v1", "dataset")]


def test_the_environment_decides_and_arguments_win(machine: Machine) -> None:
    (machine.home).mkdir(parents=True, exist_ok=True)
    (machine.home / ".env").write_text(
        "TRACELET_PROJECT=from-file\nexport TRACELET_EXPERIMENT_NAME='named in a file' # so\n"
    )
    code = f"""
        with tracelet.start_logging(config={QUIET}) as experiment:
            experiment.log_metric("a", 1.0)
    """
    run(machine, code)
    run(machine, code, TRACELET_PROJECT="from-variable", tracelet_experiment_name="lower")
    run(machine, code.replace("(config", '("given", "from-argument", config'))
    for project, name in (
        ("from-file", "named in a file"), ("from-variable", "lower"), ("from-argument", "given"),
    ):  # fmt: skip
        found = machine.one_run(project=project)
        assert (found["name"], found["tags"]) == (name, [f"project:{project}"])


def test_what_is_not_tracked_is_not_there(machine: Machine) -> None:
    run(
        machine,
        """
        config = tracelet.ExperimentConfig(
            track_metrics=False, track_environment=False, track_args=False, track_stdout=False,
            track_system_metrics=False, track_git=False)
        with tracelet.Experiment("silent", config) as experiment:
            print("unheard")
            experiment.log_metric("a", 1.0)
            experiment.log_params({"lr": 1})
        """,
        TRACELET_PROJECT="silent",
    )
    found = machine.one_run(project="silent")
    assert (found["keys"], found["config"]) == ([], {"lr": 1})
    assert not found["environment"]
    assert machine.get(f"/v1/runs/{found['id']}/console")["lines"] == []


def test_git_and_arguments_are_captured(machine: Machine) -> None:
    run(
        machine,
        """
        import subprocess, sys
        sys.argv += ["--lr=0.1", "--api-key", "sekrit"]
        git = ["git", "-c", "user.name=n", "-c", "user.email=e@x"]
        subprocess.run([*git, "init", "-q", "-b", "work"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first words"], check=True)
        with tracelet.start_logging(
            project="git", config={"track_env": False, "track_system": False}
        ):
            time.sleep(0)
        """,
    )
    environment = machine.one_run(project="git")["environment"]
    assert environment.keys() == {"argv", "git"}
    assert environment["argv"][1:] == ["--lr=0.1", "--api-key", "<hidden>"]
    git = environment["git"]
    assert (git["branch"], git["commit_message"]) == ("work", "first words")
    assert (git["commit_author"], len(git["commit"])) == ("n", 40)


def test_files_that_appear_become_artifacts(machine: Machine) -> None:
    run(
        machine,
        f"""
        from pathlib import Path
        Path("out").mkdir()
        Path("out/before.json").write_text("1")
        with tracelet.start_logging("watch", project="watch", config={{
            **{QUIET}, "automagic_artifacts": True, "artifact_watch_dirs": ["out"]}}):
            Path("out/plot.png").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n")
            Path("out/notes.unknown").write_text("?")
            time.sleep(2.5)
            Path("out/late.csv").write_text("a,b")
        """,
    )
    listed = machine.get("/v1/artifacts", project="watch")["artifacts"]
    assert {a["name"]: a["type"] for a in listed} == {"plot.png": "image", "late.csv": "dataset"}


def test_a_server_that_is_away_costs_nothing_and_loses_nothing(machine: Machine) -> None:
    program = run(
        machine,
        f"""
        began = time.perf_counter()
        experiment = tracelet.start_logging("away", project="away", config={QUIET})
        for step in range(10_000):
            experiment.log_metric("loss", float(step), step)
        print(json.dumps(time.perf_counter() - began))
        """,
        TRACEHOUSE_API_BASE="http://127.0.0.1:9",
        TRACEHOUSE_API_KEY="ba_" + "x" * 40,
    )
    assert last_json(program) < 5
    assert machine.buffers()
    machine.tracehouse("sync", fails=True)  # what it was meant for is away for good
    assert "Traceback" not in program.err


def test_a_backend_of_ones_own_beside_ours(machine: Machine) -> None:
    """Found in a folder; it gets everything in order; routing rules choose; one that hangs delays
    neither the program nor ours."""
    plugins = machine.home / ".tracelet/plugins"
    plugins.mkdir(parents=True)
    (plugins / "lines.py").write_text(PLUGINS)
    (plugins / "broken.py").write_text("import nothing_of_this_name")
    program = run(
        machine,
        f"""
        began = time.perf_counter()
        experiment = tracelet.start_logging(
            "two", project="plugins", backend=["tracehouse", "lines", "hangs"],
            config={{**{QUIET}, "lines_path": "lines.txt"}})
        experiment.orchestrator.add_routing_rule(tracelet.RoutingRule(
            "exper*", "backend_lines", {{tracelet.MetricType.SCALAR}}, lambda m: m.name != "not"))
        for step in range(10_000):
            experiment.log_metric("loss", step, step)
        experiment.log_metric("not", 1.0, 0)
        experiment.log_params({{"lr": 0.1}})
        logged = time.perf_counter() - began
        hanging = next(b for b in experiment.backends if b.name == "hangs")
        hanging.patience.set()
        tracelet.stop_logging()
        lines = open("lines.txt").read().splitlines()
        print(json.dumps([logged, lines[0], lines[1], lines[-2], lines[-1], len(lines),
                          experiment.orchestrator.get_stats()["backends"]]))
        """,
        HOME=str(machine.home),
    )
    logged, begin, first, last, end, count, stats = last_json(program)
    assert logged < 5
    assert (begin, first, last, end, count) == (
        "start plugins", "loss 0 0", "loss 9999 9999", "stop", 10_002
    )  # fmt: skip
    assert stats["lines"]["metrics_processed"] == 10_000
    assert stats["hangs"]["metrics_processed"] == 10_002
    assert "nothing_of_this_name" in program.err
    found = machine.one_run(project="plugins")
    assert len(machine.history(found["id"], "loss")) == 10_000
    assert found["environment"]["answers"] == {"all": 42}


PLUGINS = """
import threading
from tracehouse.tracelet import BackendPlugin, CollectorPlugin, PluginMetadata, PluginType


class Lines(BackendPlugin):
    @classmethod
    def get_metadata(cls):
        return PluginMetadata("lines", "1.0", PluginType.BACKEND)

    def initialize(self, config):
        self.config = config

    def start(self):
        self.file = open(self.config["path"], "w")
        print("start", self.config["project"], file=self.file)

    def stop(self):
        print("stop", file=self.file)
        self.file.close()

    def log_metric(self, name, value, iteration):
        print(name, value, iteration, file=self.file)

    def log_params(self, params):
        pass

    def log_artifact(self, local_path, artifact_path=None):
        pass

    def save_experiment(self, facts):
        pass


class Hangs(Lines):
    @classmethod
    def get_metadata(cls):
        return PluginMetadata("hangs", "1.0", PluginType.BACKEND)

    def initialize(self, config):
        self.patience = threading.Event()

    def start(self):
        pass

    def stop(self):
        pass

    def log_metric(self, name, value, iteration):
        self.patience.wait()


class Answers(CollectorPlugin):
    @classmethod
    def get_metadata(cls):
        return PluginMetadata("answers", "1.0", PluginType.COLLECTOR)

    def collect(self):
        return {"all": 42}
"""
