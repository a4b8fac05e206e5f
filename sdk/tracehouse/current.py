"""The module-level surface: one current chat trace and one current training run per process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracehouse.chat import Run, Span
from tracehouse.errors import ClaudeMonitorError
from tracehouse.recorder.lifetimes import at_end
from tracehouse.training import TrainingRun

_chat: Run | None = None
_FINISHING = 20  # before the recorders are closed
_training: TrainingRun | None = None


def init(**arguments: Any) -> Run:
    """Begin the current chat trace; arguments as for `Run`. An earlier one is finished first, and
    this one at the exit of the process at the latest."""
    global _chat
    if _chat is not None:
        _chat.finish()
    _chat = Run(**arguments)
    at_end(finish, _FINISHING)
    return _chat


def current() -> Run:
    """The current chat trace. Raises ClaudeMonitorError when there is none."""
    if _chat is None:
        raise ClaudeMonitorError("there is no current trace: call tracehouse.init() first")
    return _chat


def log(**arguments: Any) -> Span:
    """Log a step to the current trace; arguments as for `Run.log`."""
    return current().log(**arguments)


def log_user(text: str, **more: Any) -> Span:
    """What the user said."""
    return current().log_user(text, **more)


def log_assistant(text: str, **more: Any) -> Span:
    """What the assistant said."""
    return current().log_assistant(text, **more)


def log_thinking(text: str, **more: Any) -> Span:
    """What the assistant thought."""
    return current().log_thinking(text, **more)


def log_tool_use(tool: str, input: Any = None, **more: Any) -> Span:
    """A tool call. It lasts until its result is logged."""
    return current().log_tool_use(tool, input, **more)


def log_tool_result(text: str, **more: Any) -> Span:
    """What a tool returned."""
    return current().log_tool_result(text, **more)


def log_attachment(name: str, attributes: Mapping[str, Any] | None = None) -> Span:
    """A file or image that belongs to the conversation."""
    return current().log_attachment(name, attributes)


def finish(**arguments: Any) -> None:
    """End the current trace, if there is one; arguments as for `Run.finish`."""
    global _chat
    if _chat is not None:
        _chat.finish(**arguments)
        _chat = None


def init_run(**arguments: Any) -> TrainingRun:
    """Begin the current training run; arguments as for `TrainingRun`. An earlier one that is still
    running is marked `killed`."""
    global _training
    if _training is not None:
        _training.finish(status="killed")
    _training = TrainingRun(**arguments)
    return _training


def current_run() -> TrainingRun:
    """The current training run. Raises ClaudeMonitorError when there is none."""
    if _training is None:
        raise ClaudeMonitorError("there is no current run: call tracehouse.init_run() first")
    return _training


def run_log(values: Mapping[str, Any], **more: Any) -> None:
    """Log values to the current training run; arguments as for `TrainingRun.log`."""
    current_run().log(values, **more)


def run_finish(**arguments: Any) -> None:
    """End the current training run, if there is one; arguments as for `TrainingRun.finish`."""
    global _training
    if _training is not None:
        _training.finish(**arguments)
        _training = None
