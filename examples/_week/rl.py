"""Reinforcement learning: rollouts, message by message, whose rewards rise with the steps."""

from __future__ import annotations

import random

import tracehouse as cm
from tracehouse.rollouts import (
    Message,
    Reward,
    add_tags,
    configure,
    flush,
    log,
    set_status,
    trace_run,
)

from .clock import Clock
from .prices import OWN_MODEL
from .sweep import MACHINE

PROJECT, NAME = "grpo-math", "grpo-tiny-80m"
STEPS, GROUP = 14, 4
PROBLEMS = (
    ("gsm-104", "A shop sells 17 ropes at 23 € each. What do they cost together?", 391, 0.25),
    ("gsm-231", "Lea walks 4 km in 50 minutes. How many metres is that per minute?", 80, 0.05),
    (
        "gsm-377",
        "Half of 90 tents are sold, then a third of the rest. How many are left?",
        30,
        -0.2,
    ),
)


def learn(clock: Clock) -> None:
    """Train the policy from yesterday evening on, a step every nine minutes."""
    chance = random.Random(11)
    clock.set(clock.ago(days=0.7))
    run = cm.init_run(
        project=PROJECT,
        name=NAME,
        client_run_id=f"week-{clock.real_now_ns}-grpo",
        tags=["rl", "grpo"],
        config={"lr": 1e-6, "group_size": GROUP, "kl": 0.02, "policy": "tiny-80m"},
        hostname=MACHINE,
        machine_id=f"{MACHINE}-linux",
        system_metrics=False,
    )
    configure(run_id=run.id, phase="train", project=PROJECT, env_name="word-problems")
    for step in range(STEPS):
        rewards: list[float] = []
        for problem in PROBLEMS:
            rewards += [_attempt(clock, chance, step, *problem) for _ in range(GROUP)]
        clock.pass_(540 - 14 * len(rewards))
        mean = sum(rewards) / len(rewards)
        run.log(
            {
                "reward/mean": mean,
                "reward/std": (sum((r - mean) ** 2 for r in rewards) / len(rewards)) ** 0.5,
                "kl": 0.002 + 0.0011 * step + abs(chance.gauss(0, 0.0004)),
                "completion/length": 94 - 2.2 * step + chance.gauss(0, 4),
            },
            step=step,
        )
        print(f"step {step:2d}  reward {mean:.3f}")
    flush()
    run.finish()


def _attempt(
    clock: Clock, chance: random.Random, step: int, name: str, asked: str, right: int, ease: float
) -> float:
    """One rollout, and its reward."""
    with trace_run({"datapoint_id": name, "step_number": step, "model_name": OWN_MODEL}):
        log(Message("system", "Think step by step. Use the calculator. End with the number."))
        log(Message("user", asked))
        clock.pass_(4)
        known = min(0.97, max(0.04, 0.12 + ease + 0.07 * step))
        solved = chance.random() < known
        call = {"id": "call-1", "name": "calculator", "arguments": {"expression": _term(name)}}
        log(Message("assistant", tool_calls=[call]))
        clock.pass_(1)
        log(Message("tool", str(right), tool_call_id="call-1"))
        clock.pass_(5)
        if not solved and chance.random() < 0.12:
            add_tags("too long")
            set_status("TRUNCATED", "512 tokens were not enough")
            log(Reward(0.0))
            return 0.0
        number = right if solved else right + chance.choice((-10, 10, 1, -1))
        usage = {"input_tokens": 96, "output_tokens": chance.randint(40, 110)}
        log(Message("assistant", f"The calculator says so: **{number}**", usage=usage))
        reward = 1.0 if solved else 0.1
        log(Reward(reward))
        return reward


def _term(name: str) -> str:
    return {"gsm-104": "17 * 23", "gsm-231": "4000 / 50", "gsm-377": "90 / 2 * 2 / 3"}[name]
