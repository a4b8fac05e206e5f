"""Attribute names.

Generated from semconv/registry by `make generate`. Do not edit.
"""

from enum import StrEnum
from typing import Final

# OpenTelemetry's, used here
GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
"""The session that a span or log record belongs to."""
SESSION_ID: Final = "session.id"
"""The session, where a GenAI-unaware emitter names it."""
GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
"""What the span does; `invoke_agent` for the root of a chat trace."""
GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
"""The model that was asked for."""
GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
"""The model that answered."""
GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
"""The tool that was called."""
GEN_AI_TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
"""The arguments of the tool call."""
GEN_AI_TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
"""What the tool call returned."""
GEN_AI_INPUT_MESSAGES: Final = "gen_ai.input.messages"
"""The messages that went in."""
GEN_AI_OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
"""The messages that came out."""
GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""Tokens in."""
GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
"""Tokens out."""
SERVICE_NAME: Final = "service.name"
"""The service that sent it."""
HOST_ID: Final = "host.id"
"""The machine it ran on."""

# Resource
TRACEHOUSE_PROJECT: Final = "tracehouse.project"
"""The project that traces and runs are filed under; `default` when it is not sent."""
TRACEHOUSE_MACHINE_ID: Final = "tracehouse.machine.id"
"""A stable, random identifier of the machine, where `host.id` is not known."""
TRACEHOUSE_SCAFFOLD: Final = "tracehouse.scaffold"
"""The agent harness that produced the telemetry."""

# Chat traces
TRACEHOUSE_SPAN_KIND: Final = "tracehouse.span.kind"
"""What the step is."""

# Training runs
TRACEHOUSE_RUN_ID: Final = "tracehouse.run.id"
"""The run that a span, a log record or a metric point belongs to."""
TRACEHOUSE_STEP: Final = "tracehouse.step"
"""The training step. Any order; the last write of a (run, key, step) wins."""

# Cohorts
TRACEHOUSE_SUBJECT_ID: Final = "tracehouse.subject.id"
"""The subject (a person, an account, a task) that the work was done for."""
TRACEHOUSE_EXPERIMENT_NAME: Final = "tracehouse.experiment.name"
"""The experiment that a span or run takes part in."""
TRACEHOUSE_EXPERIMENT_VARIANT: Final = "tracehouse.experiment.variant"
"""The arm of the experiment."""


class SpanKind(StrEnum):
    """What the step is."""

    user_msg = "user_msg"
    assistant_msg = "assistant_msg"
    tool_use = "tool_use"
    tool_result = "tool_result"
    thinking = "thinking"
    attachment = "attachment"
