"""Other people's libraries, unmodified, with `sys.modules["wandb"] = tracehouse.wandb`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sdk import Machine
from tests.support.server import Server

PYTHON = str(Path(sys.prefix) / "frameworks/bin/python")
HEAD = """
import sys
import tracehouse.wandb
sys.modules["wandb"] = tracehouse.wandb
import wandb, torch
torch.manual_seed(0)
torch.set_num_threads(1)
"""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server, {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"})


def run_of(machine: Machine, project: str, code: str, head: str = HEAD) -> dict[str, Any]:
    machine.run(code, head=head, python=PYTHON, timeout=200)
    run = machine.one_run(project=project)
    assert run["status"] == "finished"
    return run


def test_transformers(machine: Machine) -> None:
    machine.environment["WANDB_PROJECT"] = "hf"
    run = run_of(
        machine,
        "hf",
        """
        import transformers
        from transformers import (
            BertConfig, BertForSequenceClassification, Trainer, TrainingArguments,
        )
        assert transformers.integrations.is_wandb_available()
        config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1,
                            num_attention_heads=2, intermediate_size=32)
        data = [{"input_ids": [n % 50, 3, 4, 5], "labels": n % 2} for n in range(64)]
        Trainer(
            BertForSequenceClassification(config),
            TrainingArguments("out", report_to="wandb", run_name="tiny", max_steps=20,
                              logging_steps=5, per_device_train_batch_size=8, eval_strategy="steps",
                              eval_steps=10, use_cpu=True),
            train_dataset=data, eval_dataset=data[:16],
        ).train()
    """,
    )
    assert run["name"] == "tiny"
    assert run["config"]["model/num_parameters"] > 1000
    assert run["config"]["max_steps"] == 20
    loss = machine.history(run["id"], "train/loss")
    assert len(loss) == 4
    assert set(machine.history(run["id"], "train/global_step").values()) == {5, 10, 15, 20}
    assert len(machine.history(run["id"], "eval/loss")) == 2
    over = machine.get(f"/v1/runs/{run['id']}/history", keys="train/loss", x="train/global_step")
    assert over["series"][0]["x"] == [5, 10, 15, 20]


def test_lightning(machine: Machine) -> None:
    run = run_of(
        machine,
        "lightning",
        """
        import lightning
        from lightning.pytorch.demos.boring_classes import BoringModel
        from lightning.pytorch.loggers import WandbLogger
        class Model(BoringModel):
            def training_step(self, batch, batch_idx):
                loss = self.step(batch)
                self.log("loss", loss)
                return {"loss": loss}
            def validation_step(self, batch, batch_idx):
                self.log("val_loss", self.step(batch))
        logger = WandbLogger(project="lightning", name="boring")
        model = Model()
        logger.watch(model, log="all", log_freq=1)
        trainer = lightning.Trainer(max_epochs=2, limit_train_batches=10, limit_val_batches=2,
                                    logger=logger, log_every_n_steps=1, accelerator="cpu",
                                    enable_progress_bar=False, enable_checkpointing=False)
        trainer.fit(model)
        logger.log_table("table", columns=["a"], data=[[1]])
        logger.experiment.config.update({"after": 1})
        wandb.finish()
    """,
    )
    assert run["name"] == "boring"
    assert run["config"]["after"] == 1
    assert len(machine.history(run["id"], "loss")) == 20
    assert machine.history(run["id"], "trainer/global_step")[0] == 0
    assert len(machine.history(run["id"], "val_loss")) == 2
    values = machine.get(f"/v1/runs/{run['id']}/history", max_points=1000)["values"]
    keys = {value["key"] for value in values}
    assert {"table", "gradients/layer.weight", "parameters/layer.bias"} <= keys


def test_xgboost(machine: Machine) -> None:
    run = run_of(
        machine,
        "xgb",
        """
        import numpy as np, xgboost
        from wandb.integration.xgboost import WandbCallback
        rng = np.random.default_rng(0)
        x = rng.normal(size=(200, 4)); y = (x[:, 0] > 0).astype(int)
        data = xgboost.DMatrix(x, label=y)
        wandb.init(project="xgb")
        parameters = {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"]}
        xgboost.train(parameters, data, num_boost_round=8, evals=[(data, "train")],
                      callbacks=[WandbCallback(log_model=True)])
        wandb.finish()
    """,
    )
    loss = list(machine.history(run["id"], "train-logloss").values())
    assert len(loss) == 8
    assert loss == sorted(loss, reverse=True)
    assert run["summary"]["train-logloss"] == {"min": loss[-1]}
    assert run["summary"]["train-auc"] == {"max": 1}
    assert run["config"]["learner"]["objective"]["name"] == "binary:logistic"
    artifacts = machine.get(f"/v1/runs/{run['id']}/artifacts")["artifacts"]
    assert artifacts[0]["files"][0]["path"] == "model.json"


def test_lightgbm(machine: Machine) -> None:
    run = run_of(
        machine,
        "lgbm",
        """
        import lightgbm, numpy as np
        from wandb.integration.lightgbm import log_summary, wandb_callback
        rng = np.random.default_rng(0)
        x = rng.normal(size=(200, 4)); y = (x[:, 0] > 0).astype(int)
        data = lightgbm.Dataset(x, y)
        wandb.init(project="lgbm")
        parameters = {"objective": "binary", "metric": "auc", "verbose": -1}
        model = lightgbm.train(parameters, data, 8, valid_sets=[data], valid_names=["train"],
                               callbacks=[wandb_callback()])
        log_summary(model, save_model_checkpoint=True)
        wandb.finish()
    """,
    )
    assert len(machine.history(run["id"], "train_auc")) == 8
    assert run["summary"]["train_auc"] == {"max": 1}
    assert run["config"]["objective"] == "binary"


def test_stable_baselines3(machine: Machine) -> None:
    run = run_of(
        machine,
        "sb3",
        """
        from stable_baselines3 import PPO
        from wandb.integration.sb3 import WandbCallback
        run = wandb.init(project="sb3", sync_tensorboard=True, monitor_gym=True, save_code=True)
        model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=1, verbose=0,
                    tensorboard_log=f"runs/{run.id}", device="cpu")
        model.learn(total_timesteps=256, callback=WandbCallback(
            model_save_path=f"models/{run.id}", gradient_save_freq=1))
        run.finish()
    """,
    )
    assert run["config"]["algo"] == "PPO"
    history = machine.history(run["id"], "train/loss")
    assert len(history) >= 2
    steps = machine.history(run["id"], "global_step")
    assert set(steps) == set(steps.values())
    assert machine.history(run["id"], "rollout/ep_len_mean")
    files = machine.get("/v1/artifacts", project="sb3")["artifacts"]
    assert [artifact["type"] for artifact in files] == ["run-files"]


def test_accelerate(machine: Machine) -> None:
    run = run_of(
        machine,
        "accelerate",
        """
        from accelerate import Accelerator
        accelerator = Accelerator(log_with="wandb", cpu=True)
        accelerator.init_trackers("accelerate", config={"lr": 0.1},
                                  init_kwargs={"wandb": {"name": "n", "tags": ["t"]}})
        for step in range(5):
            accelerator.log({"loss": 1.0 / (step + 1)}, step=step)
        accelerator.end_training()
    """,
    )
    assert (run["name"], run["tags"], run["config"]) == ("n", ["t"], {"lr": 0.1})
    assert machine.history(run["id"], "loss") == {n: 1.0 / (n + 1) for n in range(5)}


def test_a_plain_loop(machine: Machine) -> None:
    """As nanoGPT and its many descendants do it."""
    run = run_of(
        machine,
        "plain",
        """
        model = torch.nn.Linear(4, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        wandb.init(project="plain", name="gpt", config={"lr": 0.1})
        wandb.watch(model, log="all", log_freq=10)
        x = torch.randn(64, 4); y = x.sum(1, keepdim=True)
        for it in range(100):
            loss = torch.nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
            if it % 10 == 0:
                wandb.log({"iter": it, "train/loss": loss, "lr": wandb.config.lr,
                           "weights": model.weight, "mfu": loss.item() * 100})
        wandb.finish()
    """,
    )
    loss = machine.history(run["id"], "train/loss")
    assert list(loss) == list(range(10))
    assert loss[9] < loss[0]
    values = machine.get(f"/v1/runs/{run['id']}/history", max_points=1000)["values"]
    assert sum(value["key"] == "gradients/weight" for value in values) == 10


def test_with_the_shim_and_no_edit_at_all(machine: Machine) -> None:
    shim = machine.tracehouse("wandb-shim").out.strip()
    machine.environment["PYTHONPATH"] = shim
    run = run_of(machine, "shim", """
        from accelerate import Accelerator
        from lightning.pytorch.loggers import WandbLogger
        accelerator = Accelerator(log_with="wandb", cpu=True)
        accelerator.init_trackers("shim")
        accelerator.log({"loss": 1.0}, step=0)
        accelerator.end_training()
    """, head="")  # fmt: skip
    assert run["summary"] == {"loss": 1.0}
