"""Reinforcement learning with rollouts: every attempt message by message, with what it was worth.

Written for a tracer of rollouts: what it needed here was another import.
"""

import random

from tracehouse.rollouts import (
    Message,
    Reward,
    add_meta,
    add_tags,
    configure,
    flush,
    log,
    set_status,
    trace_run,
)

random.seed(5)
STEPS, GROUP = 3, 4
PROBLEMS = {"sum-1": (2, 3), "sum-2": (4, 9)}

configure(run_id="grpo-sums", phase="train", project="sums", env_name="calculator")
for step in range(STEPS):
    for name, (a, b) in PROBLEMS.items():
        for attempt in range(GROUP):
            with trace_run(
                {"datapoint_id": name, "step_number": step, "model_name": "tiny-policy"}
            ):
                add_meta({"attempt": attempt})
                add_tags("small" if a + b < 10 else "large")
                log(Message("system", "Use the calculator."))
                log(Message("user", f"What is {a} + {b}?"))
                call = {"id": "call-1", "name": "add", "arguments": {"a": a, "b": b}}
                log(Message("assistant", tool_calls=[call]))
                log(Message("tool", str(a + b), tool_call_id="call-1"))
                if random.random() < 0.1:
                    set_status("TRUNCATED", "no tokens left")
                    continue
                answer = a + b if random.random() < 0.4 + 0.2 * step else a - b
                usage = {"input_tokens": 40, "output_tokens": 3}
                log(Message("assistant", str(answer), usage=usage))
                log(Reward(1.0 if answer == a + b else 0.0))
print("delivered" if flush(timeout=10) else "kept for later")
