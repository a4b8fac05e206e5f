"""A dataset, a model and its evaluation, written for wandb: artifacts lead from one to the next."""

from __future__ import annotations

import math
import random
import tempfile
from statistics import fmean
from typing import Any

import tracehouse.wandb as wandb

from .clock import Clock
from .pictures import confusion, spoken

PROJECT = "speech-commands"
WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off")
EPOCHS = 30


def train_and_evaluate(clock: Clock) -> None:
    """Three runs of yesterday: one makes the dataset, one trains on it, one evaluates the model."""
    clock.set(clock.ago(days=1.6))
    with tempfile.TemporaryDirectory(prefix="tracehouse-wandb-") as folder:
        dataset = _prepare(clock, folder)
        clock.pass_(900)
        model = _train(clock, folder, dataset)
        clock.pass_(600)
        _evaluate(clock, folder, dataset, model)


def _prepare(clock: Clock, folder: str) -> wandb.Artifact:
    dataset = wandb.Artifact("spoken-words", type="dataset", metadata={"clips": 8_000})
    with wandb.init(project=PROJECT, dir=folder, name="prepare", job_type="dataset") as run:
        with dataset.new_file("words.txt", mode="w") as file:
            file.write("\n".join(WORDS))
        clock.pass_(240)
        run.log({"clips": 8_000, "hours": 2.2})
        run.log_artifact(dataset)
    return dataset


def _train(clock: Clock, folder: str, dataset: wandb.Artifact) -> wandb.Artifact:
    chance = random.Random(4)
    model = wandb.Artifact("conv-5", type="model", metadata={"parameters": 182_000})
    config = {"lr": 2e-3, "epochs": EPOCHS, "architecture": "conv-5", "augment": True}
    with wandb.init(
        project=PROJECT, dir=folder, name="conv-5", job_type="train", config=config
    ) as run:
        run.use_artifact(dataset)
        wandb.define_metric("val/accuracy", summary="max")
        for epoch in range(EPOCHS):
            clock.pass_(95)
            accuracy = 0.94 - 0.82 * math.exp(-epoch / 6) + chance.gauss(0, 0.008)
            told: dict[str, Any] = {
                "train/loss": 2.1 * math.exp(-epoch / 7) + 0.08,
                "val/accuracy": accuracy,
            }
            if epoch % 10 == 9:
                told["confusion"] = wandb.Image(
                    confusion(accuracy, WORDS), caption=f"epoch {epoch}"
                )
                told["heard"] = wandb.Audio(
                    spoken(140 + 9 * epoch), sample_rate=8_000, caption="up"
                )
            wandb.log(told)
        with model.new_file("model.json", mode="w") as file:
            file.write('{"layers": 5}')
        run.log_artifact(model)
    return model


def _evaluate(clock: Clock, folder: str, dataset: wandb.Artifact, model: wandb.Artifact) -> None:
    with wandb.init(project=PROJECT, dir=folder, name="test-set", job_type="evaluate") as run:
        run.use_artifact(dataset)
        run.use_artifact(model)
        clock.pass_(130)
        chance = random.Random(9)
        accuracies = {word: round(min(0.99, chance.gauss(0.93, 0.03)), 3) for word in WORDS}
        by_word = wandb.Table(columns=["word", "accuracy"], data=[*map(list, accuracies.items())])
        run.log({"test/accuracy": fmean(accuracies.values()), "by word": by_word})
