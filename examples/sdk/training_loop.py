"""A training loop in plain Python: scalars, a histogram, pictures, an artifact."""

import math
import random

from PIL import Image

import tracehouse as cm

random.seed(7)
POINTS = [(x, y, int(x * x + y * y < 0.5)) for x, y in
          ((random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(200))]  # fmt: skip


def predict(weights: list[float], x: float, y: float) -> float:
    score = weights[0] + weights[1] * x * x + weights[2] * y * y
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def picture(weights: list[float], size: int = 64) -> Image.Image:
    image = Image.new("L", (size, size))
    for row in range(size):
        for column in range(size):
            x, y = 2 * column / size - 1, 2 * row / size - 1
            image.putpixel((column, row), int(255 * predict(weights, x, y)))
    return image


run = cm.init_run(
    project="circles",
    name="logistic",
    config={"lr": 0.5, "steps": 200, "features": ["1", "x²", "y²"]},
    experiment="learning-rate",
    variant="high",
)
weights = [0.0, 0.0, 0.0]
for step in range(run.config["steps"]):
    gradient, loss, right = [0.0, 0.0, 0.0], 0.0, 0
    for x, y, label in POINTS:
        p = predict(weights, x, y)
        loss -= math.log(p if label else 1 - p) / len(POINTS)
        right += (p > 0.5) == bool(label)
        for place, feature in enumerate((1.0, x * x, y * y)):
            gradient[place] += (p - label) * feature / len(POINTS)
    weights = [w - run.config["lr"] * 10 * g for w, g in zip(weights, gradient, strict=True)]
    run.log({"train/loss": loss, "train/accuracy": right / len(POINTS)}, step=step)
    if step % 50 == 0:
        run.log(
            {
                "boundary": cm.Image(picture(weights), caption=f"step {step}"),
                "gradient": cm.Histogram(gradient, bins=8),
            },
            step=step,
        )
        print(f"step {step}: loss {loss:.3f}")

run.add_artifact("weights", data={"bias": weights[0], "x²": weights[1], "y²": weights[2]})
run.finish()
print(run.url)
