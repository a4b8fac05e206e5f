"""What other libraries log is captured from their own, unmodified calls; and they are left as they
were."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sdk import Machine, last_json
from tests.support.server import Server

PYTHON = str(Path(sys.prefix) / "frameworks/bin/python")
HEAD = """
import json, sys, time
import tracehouse.tracelet as tracelet
QUIET = {"track_env": False, "track_git": False, "track_system": False, "track_stdout": False}
"""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server)


def run(machine: Machine, code: str, **more: Any) -> Any:
    return machine.run(code, head=HEAD, python=PYTHON, timeout=200, **more)


WRITES = """
    import numpy
    for step in (0, 5):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_scalar(tag="named", scalar_value=0.25, global_step=3)
    writer.add_scalars("both", {"train": 1.0, "val": 2.0}, 1)
    writer.add_histogram("weights", numpy.arange(100.0), 1)
    writer.add_image("picture", numpy.zeros((3, 8, 4)), 1)
    writer.add_image("hwc", numpy.zeros((8, 4, 3)), 1, dataformats="HWC")
    writer.add_images("batch", numpy.zeros((2, 3, 8, 4)), 1)
    writer.add_text("text", "hello", 1)
    writer.add_hparams({"lr": 0.1, "units": 32}, {"hparam/accuracy": 0.75})
"""


def written(machine: Machine, project: str) -> None:
    found = machine.one_run(project=project)
    run_id = found["id"]
    assert machine.history(run_id, "loss") == {0: 1.0, 5: 1 / 6}
    assert machine.history(run_id, "named") == {3: 0.25}
    assert machine.history(run_id, "both/train") == {1: 1.0}
    assert machine.history(run_id, "both/val") == {1: 2.0}
    assert list(machine.history(run_id, "hparam/accuracy").values()) == [0.75]
    assert found["config"] == {"lr": 0.1, "units": 32}
    values = machine.get(f"/v1/runs/{run_id}/history", keys=["weights", "text"])["values"]
    by_key = {v["key"]: v["value"] for v in values}
    assert sum(by_key["weights"]["counts"]) == 100
    assert by_key["text"] == "hello"
    media = machine.get(f"/v1/runs/{run_id}/media")["media"]
    assert {m["key"]: m["mime"] for m in media if m["key"] != "sound"} == {
        "picture": "image/png", "hwc": "image/png", "batch": "image/png"
    }  # fmt: skip
    sizes = {m["key"]: (m["width"], m["height"]) for m in media if m["key"] in ("picture", "hwc")}
    assert sizes == {"picture": (4, 8), "hwc": (4, 8)}
    assert len([m for m in media if m["key"] == "batch"]) == 2


def test_tensorboard_that_is_imported_first(machine: Machine) -> None:
    said = run(
        machine,
        """
        import torch
        from torch.utils.tensorboard import SummaryWriter
        before = dict(vars(SummaryWriter))
        with tracelet.start_logging("tb", project="tb", config=QUIET) as experiment:
            writer = SummaryWriter("runs")
            assert SummaryWriter.add_scalar is not before["add_scalar"]
"""
        + WRITES.replace("\n    ", "\n            ")
        + """
            writer.add_audio("sound", torch.zeros(80), 1, sample_rate=8000)
            writer.add_embedding(torch.zeros(3, 2), metadata=["a", "b", "c"], tag="points",
                                 global_step=1)
            writer.add_mesh("mesh", torch.zeros(1, 4, 3), global_step=1)
        assert dict(vars(SummaryWriter)) == before
        writer.add_scalar("loss", 9.0, 9)
        writer.close()
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator("runs"); events.Reload()
        print(json.dumps([e.step for e in events.Scalars("loss")]))
        """,
    )
    assert last_json(said) == [0, 5, 9]  # TensorBoard's own files are what they were
    written(machine, "tb")
    run_id = machine.one_run(project="tb")["id"]
    values = machine.get(f"/v1/runs/{run_id}/history", keys=["points", "mesh"])["values"]
    by_key = {v["key"]: v["value"] for v in values}
    assert by_key["points"]["columns"] == ["0", "1", "label"]
    assert [row[-1] for row in by_key["points"]["data"]] == ["a", "b", "c"]
    assert len(by_key["mesh"]["vertices"][0]) == 4
    media = machine.get(f"/v1/runs/{run_id}/media")["media"]
    assert "audio/wav" in {m["mime"] for m in media if m["key"] == "sound"}


def test_tensorboardx_that_is_imported_later(machine: Machine) -> None:
    said = run(
        machine,
        """
        with tracelet.start_logging("tbx", project="tbx", config=QUIET) as experiment:
            assert "tensorboardX" not in sys.modules and "torch" not in sys.modules
            from tensorboardX import SummaryWriter
            patched = SummaryWriter.add_scalar
            writer = SummaryWriter("runs")
"""
        + WRITES.replace("\n    ", "\n            ")
        + """
        assert SummaryWriter.add_scalar is not patched
        assert SummaryWriter.add_scalar is patched.__wrapped__
        assert not any("tracelet" in type(finder).__module__ for finder in sys.meta_path)
        print(json.dumps([name for name in ("lightning", "sklearn", "xgboost", "mlflow")
                          if name in sys.modules]))
        """,
    )
    assert last_json(said) == []  # nothing is imported that the program does not import
    written(machine, "tbx")


def test_capture_can_be_switched_off(machine: Machine) -> None:
    run(
        machine,
        """
        from tensorboardX import SummaryWriter
        with tracelet.start_logging("off", project="off",
                                    config={**QUIET, "track_tensorboard": False}) as experiment:
            SummaryWriter("runs").add_scalar("loss", 1.0, 0)
            experiment.log_metric("own", 1.0, 0)
        """,
    )
    assert machine.one_run(project="off")["keys"] == ["own"]


def test_lightning(machine: Machine) -> None:
    """Values of steps as they come, averages as Lightning makes them, without a logger; checkpoints
    as artifacts."""
    said = run(
        machine,
        """
        import lightning, torch
        from lightning.pytorch.demos.boring_classes import BoringModel
        class Model(BoringModel):
            def training_step(self, batch, batch_idx):
                loss = self.step(batch)
                self.log("train/loss", loss)
                self.log_dict({"a": float(batch_idx), "b": 2.0})
                self.log("both", float(batch_idx), on_step=True, on_epoch=True)
                return loss
            def validation_step(self, batch, batch_idx):
                self.log("val/index", float(batch_idx))
        before = lightning.LightningModule.log
        with tracelet.start_logging("pl", project="pl", config={**QUIET, "artifacts": True}):
            trainer = lightning.Trainer(
                max_epochs=2, limit_train_batches=4, limit_val_batches=3, logger=False,
                enable_progress_bar=False, enable_model_summary=False, accelerator="cpu",
                enable_checkpointing=False)
            trainer.fit(Model())
            trainer.save_checkpoint("last.ckpt")
        assert lightning.LightningModule.log is before
        """,
    )
    assert "Traceback" not in said.err
    found = machine.one_run(project="pl")
    assert list(machine.history(found["id"], "train/loss")) == list(range(8))
    assert machine.history(found["id"], "a") == {n: float(n % 4) for n in range(8)}
    assert machine.history(found["id"], "both_step") == {n: float(n % 4) for n in range(8)}
    assert machine.history(found["id"], "both_epoch") == {4: 1.5, 8: 1.5}
    assert machine.history(found["id"], "val/index") == {4: 1.0, 8: 1.0}
    listed = machine.get("/v1/artifacts", project="pl")["artifacts"]
    assert [(a["name"], a["type"]) for a in listed] == [("last.ckpt", "checkpoint")]


def test_automagic(machine: Machine) -> None:
    """Hyper-parameters of the caller, those that are set later, argparse, a config file; the model,
    the data; losses and learning rates; checkpoints. And nothing that is none."""
    (machine.home).mkdir(parents=True, exist_ok=True)
    (machine.home / "config.yaml").write_text("optimizer: {name: adam, betas: 0.9}\napi_key: xyz\n")
    said = run(
        machine,
        """
        import argparse, torch
        config_path = "config.yaml"
        torch.set_num_threads(1)
        original_save, original_forward = torch.save, torch.nn.MSELoss.forward

        class Rows(torch.utils.data.Dataset):
            def __len__(self): return 64
            def __getitem__(self, index): return torch.ones(3), torch.zeros(1)

        def train(experiment, momentum, secret_token="hidden"):
            learning_rate, batch_size, epochs = 0.1, 16, 3
            i, x, device, loss = 5, 1.0, "cpu", 0.0
            parser = argparse.ArgumentParser()
            parser.add_argument("--width", type=int, default=3)
            options = parser.parse_args([])
            net = torch.nn.Sequential(torch.nn.Linear(options.width, 4), torch.nn.Linear(4, 1))
            rows = torch.utils.data.DataLoader(Rows(), batch_size)
            optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate, momentum=momentum)
            schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
            criterion = torch.nn.MSELoss()
            for epoch in range(epochs):
                for inputs, targets in rows:
                    optimizer.zero_grad()
                    loss = criterion(net(inputs), targets)
                    loss.backward()
                    optimizer.step()
                schedule.step()
            experiment.set_iteration(epochs)
            weight_decay_late = 0.5
            torch.save(net.state_dict(), "net.pt")

        experiment = tracelet.start_logging("auto", project="auto", config={
            **QUIET, "automagic": True, "artifacts": True})
        dropout_rate = 0.25
        train(experiment, momentum=0.9)
        seed = 7
        tracelet.stop_logging()
        assert torch.save is original_save
        assert torch.nn.MSELoss.forward is original_forward
        assert not sys.modules["torch.optim.optimizer"]._global_optimizer_post_hooks
        """,
    )
    assert "Traceback" not in said.err
    found = machine.one_run(project="auto")
    config = found["config"]
    expected = {
        "learning_rate": 0.1, "batch_size": 16, "epochs": 3, "momentum": 0.9, "args_width": 3,
        "dropout_rate": 0.25, "seed": 7, "config_optimizer_name": "adam",
        "config_optimizer_betas": 0.9, "net_type": "Sequential", "net_parameter_count": 21,
        "rows_batch_size": 16, "rows_dataset_type": "Rows", "rows_dataset_size": 64,
    }  # fmt: skip
    assert {name: config.get(name) for name in expected} == expected
    assert not {"i", "x", "device", "loss", "epoch", "secret_token", "config_api_key"} & set(config)
    assert "xyz" not in str(config)
    assert len(machine.history(found["id"], "mse_loss")) == 12
    rates = machine.history(found["id"], "lr_group_0")
    assert list(rates.values()) == [0.1, 0.05, 0.025]
    listed = machine.get("/v1/artifacts", project="auto")["artifacts"]
    assert [(a["name"], a["type"]) for a in listed] == [("net.pt", "checkpoint")]
    texts = machine.get(f"/v1/runs/{found['id']}/history", keys="net/architecture")["values"]
    assert "Linear(in_features=3" in texts[0]["value"]


def test_automagic_for_other_libraries(machine: Machine) -> None:
    run(
        machine,
        """
        import numpy, xgboost
        from sklearn.ensemble import RandomForestClassifier
        before = xgboost.train
        rng = numpy.random.default_rng(0)
        features, labels = rng.random((64, 3)), rng.integers(0, 2, 64)
        with tracelet.Experiment("other", tracelet.ExperimentConfig(
                track_environment=False, track_git=False, track_system_metrics=False),
                automagic=True) as experiment:
            RandomForestClassifier(n_estimators=3, max_depth=2).fit(features, labels)
            table = xgboost.DMatrix(features, labels)
            xgboost.train({"eta": 0.5, "eval_metric": "rmse"}, table, num_boost_round=4,
                          evals=[(table, "train")], verbose_eval=False)
        assert xgboost.train is before
        """,
        TRACELET_PROJECT="other",
    )
    found = machine.one_run(project="other")
    assert found["config"]["RandomForestClassifier_n_estimators"] == 3
    assert found["config"]["RandomForestClassifier_max_depth"] == 2
    assert (found["config"]["xgboost_eta"], found["config"]["xgboost_num_boost_round"]) == (0.5, 4)
    assert list(machine.history(found["id"], "train-rmse")) == [0, 1, 2, 3]


def test_models_and_datasets_by_hand(machine: Machine) -> None:
    said = run(
        machine,
        """
        import numpy, torch
        from sklearn.linear_model import Ridge
        with tracelet.start_logging("hand", project="hand",
                                    config={**QUIET, "artifacts": True}) as experiment:
            net = torch.nn.Linear(3, 2)
            net.bias.requires_grad_(False)
            facts = experiment.capture_model(net)
            data = experiment.capture_dataset(numpy.zeros((10, 3), dtype="float32"))
            def tune():
                lr, batch_size, i = 0.5, 8, 3
                return experiment.capture_hyperparams()
            found = tune()
            made = experiment.create_artifact("net", tracelet.ArtifactType.WEIGHTS).add_model(net)
            experiment.log_artifact(made)
            experiment.log_artifact(
                experiment.create_artifact("ridge", tracelet.ArtifactType.MODEL).add_model(Ridge()))
        with tracelet.start_logging("back", project="hand", config=QUIET) as experiment:
            folder = experiment.get_artifact("net").download()
            state = torch.load(folder + "/model.pt")
            same = bool((state["weight"] == net.weight).all())
            kinds = {a.name: a.metadata["model_info"]["framework"]
                     for a in experiment.list_artifacts()}
        print(json.dumps([facts["parameter_count"], facts["trainable_parameters"],
                          facts["non_trainable_parameters"], facts["layers"], data["shape"],
                          data["dtype"], found, same, kinds]))
        """,
    )
    assert last_json(said) == [
        8, 6, 2, [], [10, 3], "float32", {"lr": 0.5, "batch_size": 8}, True,
        {"net": "pytorch", "ridge": "sklearn"},
    ]  # fmt: skip
