"""A training loop written for tracelet: hyper-parameters are found, and an artifact is kept.

What it would write to TensorBoard or log in a Lightning module is captured, too.
Run it with a server on this machine: `python examples/sdk/tracelet_training.py`.
"""

import random

import tracehouse.tracelet as tracelet


def train(experiment: tracelet.Experiment, learning_rate: float = 0.1, epochs: int = 20) -> float:
    """Gradient descent on a parabola, with momentum and noise."""
    momentum = 0.5
    position, speed = 5.0, 0.0
    for epoch in range(epochs):
        gradient = 2 * position + random.gauss(0, 0.1)
        speed = momentum * speed - learning_rate * gradient
        position += speed
        experiment.log_metric("train/loss", position**2, epoch)
    return position


with tracelet.start_logging(
    "parabola", project="tracelet", config={"automagic": True, "artifacts": True}
) as experiment:
    random.seed(0)
    found = train(experiment)
    result = experiment.create_artifact("minimum", tracelet.ArtifactType.SAMPLE, "where it ended")
    experiment.log_artifact(result.add_object({"position": found}, "position"))

print(experiment.backends[0].get_status()["url"])
