"""What the other faces cost the caller, beside a plain OpenTelemetry span."""

from __future__ import annotations

from bench import logging

_SETUPS = {
    "rollouts: a message": """
from tracehouse.rollouts import Message, flush, log as log_message, trace_run
entered = trace_run(datapoint_id="bench", phase="eval")
entered.__enter__()
def log(step): log_message(Message("user", "What is 2 + 3?"))
def finish():
    entered.__exit__(None, None, None)
    flush(60)
""",
    "rollouts: one with two messages": """
from tracehouse.rollouts import Message, flush, log as log_message, trace_run
def log(step):
    with trace_run(datapoint_id="bench", phase="eval", step_number=step):
        log_message(Message("user", "What is 2 + 3?"))
        log_message(Message("assistant", "5"))
def finish(): flush(60)
""",
    "agenttrace: an observed call": """
from tracehouse.agenttrace import AgentTrace, observe
at = AgentTrace()
around = at.trace("bench").__enter__()
@observe()
def observed(x, y=2): return x + y
def log(step): observed(step)
def finish():
    around.__exit__(None, None, None)
    at.flush(60)
""",
    "tracelet: a metric": """
import tracehouse.tracelet as tracelet
experiment = tracelet.start_logging("bench", config={
    "track_env": False, "track_git": False, "track_system": False, "track_stdout": False})
def log(step): experiment.log_metric("loss", 0.1 * step, step)
finish = tracelet.stop_logging
""",
    "OpenTelemetry span": logging.SETUPS["OpenTelemetry span"],
}


def measure(count: int) -> list[logging.Logged]:
    """All of them, one after another, against a real server."""
    return logging.measure(count, _SETUPS)
