"""Reinforcement learning: the run has the metrics, and every rollout is a trace of its own."""

import random

import tracehouse as cm

random.seed(3)
STEPS, ROLLOUTS, TARGET = 10, 4, 7

run = cm.init_run(project="guessing", name="policy", config={"rollouts": ROLLOUTS})
policy = [1.0] * 10
for step in range(STEPS):
    rewards = []
    for _ in range(ROLLOUTS):
        with run.rollout(step=step) as trace:
            guess = random.choices(range(10), weights=policy)[0]
            reward = 1.0 - abs(guess - TARGET) / 10
            trace.log_user("Which number do I think of?")
            trace.log_assistant(str(guess))
            trace.finish(outcome="good" if guess == TARGET else "bad", metadata={"reward": reward})
        policy[guess] *= 0.5 + reward
        rewards.append(reward)
    run.log({"reward/mean": sum(rewards) / ROLLOUTS, "reward/best": max(rewards)}, step=step)
run.finish()
print(run.url)
