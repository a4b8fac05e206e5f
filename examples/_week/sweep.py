"""A sweep over the learning rate with the SDK: one run is best, one diverges, one crashes."""

from __future__ import annotations

import math
import random
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import tracehouse as cm

from .clock import Clock
from .otlp import Door, Json, attributes
from .pictures import attention, tokens

PROJECT, SWEEP, MACHINE = "tiny-lm", "sweep-lr", "gpu-1"
STEPS, STEP_SECONDS = 600, 4.0
LEARNING_RATES = (1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3, 1.5e-3, 2e-3, 3e-3, 1e-2, 1e-1)
BEST, DIVERGES, CRASHES = 1e-3, 1e-1, 6e-4
_READINGS_SECONDS = 60
_PROMPTS = (
    ("The fox ran into the", "forest and hid behind a tree."),
    ("Lily wanted to share her", "apple with the small bird."),
    ("After the rain, the sun", "came out and the snail was happy."),
)


class OutOfMemoryError(RuntimeError):
    """As torch names it."""

    __module__ = "torch"


def name_of(lr: float) -> str:
    """What people call the run."""
    return f"lr-{lr:g}"


def sweep(clock: Clock, door: Door) -> None:
    """Train all of them, one after another, from five days ago on."""
    for number, lr in enumerate(LEARNING_RATES):
        clock.set(clock.ago(days=5.2 - 0.28 * number))
        with suppress(OutOfMemoryError):
            _train(clock, door, lr)


def _train(clock: Clock, door: Door, lr: float) -> None:
    batch_size = 256 if lr == CRASHES else 64
    with cm.TrainingRun(
        project=PROJECT,
        name=name_of(lr),
        client_run_id=f"week-{clock.real_now_ns}-{lr:g}",
        config={
            "lr": lr,
            "batch_size": batch_size,
            "warmup_steps": 50,
            "optimizer": {"name": "adamw", "betas": [0.9, 0.95], "weight_decay": 0.1},
            "model": {"name": "tiny-80m", "layers": 12, "heads": 8, "width": 512},
            "dataset": "tiny-stories",
        },
        tags=["sweep", "baseline"] if lr == 3e-4 else ["sweep"],
        notes="Diverged after warm-up." if lr == DIVERGES else None,
        group="lr",
        sweep_id=SWEEP,
        hostname=MACHINE,
        machine_id=f"{MACHINE}-linux",
        system_metrics=False,  # read by an exporter of the machine's: see `_readings`
    ) as run:
        began = clock.now_ns
        try:
            _steps(clock, run, lr, batch_size)
        except OutOfMemoryError as error:
            _print_traceback(error)
            raise
        finally:
            _readings(door, run.id, began, clock.now_ns, batch_size)
        if lr != DIVERGES:
            weights = {"layers": 12, "width": 512, "lr": lr, "step": STEPS}
            run.add_artifact(f"tiny-80m-{name_of(lr)}", data=weights)


def _steps(clock: Clock, run: cm.TrainingRun, lr: float, batch_size: int) -> None:
    chance = random.Random(round(lr * 1e7))
    print(f"\x1b[1mtiny-80m\x1b[0m  lr {lr:g}  batch {batch_size}  {STEPS} steps on {MACHINE}")
    for step in range(STEPS):
        clock.pass_(STEP_SECONDS * chance.uniform(0.9, 1.15))
        loss = _loss(lr, step / STEPS, chance)
        run.log(
            {
                "train/loss": loss,
                "train/grad_norm": _gradient(lr, step, chance),
                "train/lr": _scheduled(lr, step),
                "train/tokens_per_second": chance.gauss(118_000, 1_500) * min(1, batch_size / 64),
            },
            step=step,
        )
        if step % 50 == 49:
            held_out = loss + 0.06 + chance.gauss(0, 0.004)
            run.log(
                {"eval/loss": held_out, "eval/accuracy": _accuracy(held_out)},
                step=step,
            )
            print(f"\x1b[36meval {step + 1:4d}\x1b[0m loss {held_out:8.4f}")
        elif step % 10 == 9:
            colour = 31 if loss > 6 else 32
            rate = _scheduled(lr, step)
            print(f"\x1b[{colour}mstep {step + 1:4d}\x1b[0m loss {loss:8.4f}  lr {rate:.2e}")
        if step % 150 == 149 and lr != DIVERGES:
            _show(run, step, loss, chance)
        if lr == CRASHES and step == 262:
            raise OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of "
                "23.69 GiB of which 1.21 GiB is free"
            )
        if lr == DIVERGES and step == 180:
            print("loss is not finite, stopping", file=sys.stderr)
            run.finish(status="failed")
            return


def _print_traceback(error: OutOfMemoryError) -> None:
    """As Python does, in the folder that the training would be in."""
    told = traceback.TracebackException.from_exception(error)
    for frame in told.stack:
        frame.filename = f"/srv/train/{Path(frame.filename).name}"
    print("".join(told.format()), end="", file=sys.stderr)


def _loss(lr: float, progress: float, chance: random.Random) -> float:
    """Falls faster the nearer the learning rate is to the best; grows where it is far above."""
    if lr == DIVERGES:
        return min(220.0, 9.2 + 0.6 * math.exp(progress * 19) + abs(chance.gauss(0, 1.5)))
    distance = math.log10(lr / BEST)
    reached = 1.62 + 0.34 * distance**2 + (0.5 * distance if distance > 0 else 0)
    speed = 7.5 * math.exp(-0.45 * distance**2)
    noise = chance.gauss(0, 0.045 * (1.3 - progress) * (1 + max(0.0, distance)))
    return reached + (9.1 - reached) * math.exp(-speed * progress) + noise


def _accuracy(held_out: float) -> float:
    """Of the next token; guessing is right once in 4,096 times."""
    return 1 / 4096 + 0.72 / (1 + math.exp(1.6 * min(held_out, 20) - 4))


def _gradient(lr: float, step: int, chance: random.Random) -> float:
    spike = 6.0 if step % 173 == 171 else 1.0
    return abs(chance.gauss(1.0, 0.18)) * spike * (40 if lr == DIVERGES and step > 60 else 1)


def _scheduled(lr: float, step: int) -> float:
    return lr * min(1.0, (step + 1) / 50) * (1 + math.cos(math.pi * step / STEPS)) / 2


def _show(run: cm.TrainingRun, step: int, loss: float, chance: random.Random) -> None:
    """What the model attends to, its gradients, and what it writes."""
    progress = (step + 1) / STEPS
    maps = [cm.Image(attention(progress, head), caption=f"head {head}") for head in range(4)]
    gradients = [chance.gauss(0, 0.02 + 0.06 * (1 - progress)) for _ in range(600)]
    rows = [[start, _written(end, loss, chance), end] for start, end in _PROMPTS]
    run.log(
        {
            "attention/layer 6": maps,
            "embedding/tokens": cm.Image(tokens(progress), caption="verbs, nouns, names"),
            "gradients/layer 6": cm.Histogram(gradients, bins=40),
            "samples": cm.Table(columns=["prompt", "written", "expected"], data=rows),
        },
        step=step,
    )


def _written(expected: str, loss: float, chance: random.Random) -> str:
    """The better the model, the more of the expected words it finds."""
    found = 1 / (1 + math.exp(4 * (loss - 2.2)))
    words = ("and", "the", "was", "so", "big")
    return " ".join(
        w if chance.random() < found else chance.choice(words) for w in expected.split()
    )


def _readings(door: Door, run_id: str, began: int, ended: int, batch_size: int) -> None:
    """What the machine did meanwhile: gauges of the run without a step."""
    chance = random.Random(began)
    moments = range(began, ended, _READINGS_SECONDS * 10**9)
    used = {
        "system/gpu.0.util_pct": lambda: min(100.0, chance.gauss(94, 3)),
        "system/gpu.0.mem_used_pct": lambda: min(99.5, 31 + batch_size / 4 + chance.gauss(0, 0.6)),
        "system/gpu.0.temp_c": lambda: chance.gauss(71, 1.5),
        "system/gpu.0.power_w": lambda: chance.gauss(312, 14),
        "system/cpu.util_pct": lambda: chance.gauss(38, 6),
        "system/ram.used_pct": lambda: chance.gauss(46, 0.8),
    }
    told = attributes({"tracehouse.run.id": run_id})
    metrics: list[Json] = [
        {
            "name": name,
            "gauge": {
                "dataPoints": [
                    {"timeUnixNano": str(at), "asDouble": reading(), "attributes": told}
                    for at in moments
                ]
            },
        }
        for name, reading in used.items()
    ]
    door.metrics(
        {"service.name": PROJECT, "tracehouse.project": PROJECT, "host.name": MACHINE}, metrics
    )
