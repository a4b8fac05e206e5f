"""Rollouts: attempts of an environment's datapoints, message by message.

from tracehouse.rollouts import Message, Reward, configure, log, trace_run

configure(run_id="grpo-7", phase="train")
with trace_run({"datapoint_id": "gsm8k-17", "step_number": 3}) as trace_id:
    log(Message("user", "2 + 2?"))
    log(Message("assistant", "4"))
    log(Reward(1.0))
"""

from tracehouse.rollouts.current import (
    add_meta,
    add_tags,
    configure,
    flush,
    increment_intra,
    increment_turn,
    log,
    set_error,
    set_intra_index,
    set_status,
    set_turn_index,
    shutdown,
    trace_run,
)
from tracehouse.rollouts.messages import Message, Reward, ToolCall
from tracehouse_semconv.attributes import RolloutPhase, RolloutStatus

__all__ = [
    "Message",
    "Reward",
    "RolloutPhase",
    "RolloutStatus",
    "ToolCall",
    "add_meta",
    "add_tags",
    "configure",
    "flush",
    "increment_intra",
    "increment_turn",
    "log",
    "set_error",
    "set_intra_index",
    "set_status",
    "set_turn_index",
    "shutdown",
    "trace_run",
]
