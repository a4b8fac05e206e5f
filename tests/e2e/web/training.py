"""A user's training script, to be run as a program: three fine-tunes and a policy that learns.

python training.py <steps> [crash]
"""

import math
import random
import sys

from PIL import Image

import tracehouse as cm

STEPS, CRASH = int(sys.argv[1]), "crash" in sys.argv
for number, lr in enumerate((3e-4, 1e-4, 3e-5)):
    chance = random.Random(number)
    run = cm.init_run(
        project="tiny-lm",
        name=f"sft-lr{lr:g}",
        tags=["sft", "baseline"] if number else ["sft"],
        config={
            "lr": lr,
            "batch_size": 32,
            "optimizer": {"name": "adamw", "betas": [0.9, 0.999]},
            "model": "tiny-80m",
        },
        experiment="learning-rate",
        variant=f"{lr:g}",
    )
    for step in range(STEPS):
        t = step / STEPS
        loss = (
            3.2 * math.exp(-t * (2 + number))
            + 0.4
            + 0.12 * number
            + chance.gauss(0, 0.06 * (1.2 - t))
        )
        run.log(
            {
                "train/loss": loss,
                "train/grad_norm": abs(chance.gauss(1, 0.3)) * (3 if step % 97 == 0 else 1),
                "train/lr": lr * min(1, step / 50) * (1 + math.cos(math.pi * t)) / 2,
            },
            step=step,
        )
        if step % 20 == 0:
            run.log(
                {
                    "eval/loss": loss + 0.08,
                    "eval/accuracy": 1 - math.exp(-3 * t) * 0.9 + chance.gauss(0, 0.01),
                },
                step=step,
            )
        if step % max(1, STEPS // 4) == 0:
            picture = Image.new("RGB", (96, 96))
            picture.putdata(
                [(int(255 * t), x * 2, (x * y) % 255) for y in range(96) for x in range(96)]
            )
            run.log({"samples": cm.Image(picture, caption=f"step {step}")}, step=step)
            print(f"\x1b[32mstep {step}\x1b[0m loss {loss:.4f}")
    if number == 2 and CRASH:
        run.finish(status="failed")
    else:
        run.add_artifact("weights", data={"layers": 12, "lr": lr})
        run.finish()
run = cm.init_run(
    project="tiny-lm", name="grpo-policy", tags=["rl"], config={"lr": 1e-6, "group_size": 6}
)
for step in range(8):
    rewards = []
    for sample in range(6):
        with run.rollout(step=step) as trace:
            reward = max(
                0.0, min(1.0, step / 9 + random.Random(step * 10 + sample).gauss(0.1, 0.18))
            )
            trace.log_user("What is 17 * 23?")
            trace.log_assistant("391" if reward > 0.5 else "I think it is 381.")
            trace.finish(
                outcome="good" if reward > 0.5 else "bad", metadata={"reward": round(reward, 3)}
            )
            rewards.append(reward)
    run.log({"reward/mean": sum(rewards) / 6, "reward/best": max(rewards)}, step=step)
run.finish()
