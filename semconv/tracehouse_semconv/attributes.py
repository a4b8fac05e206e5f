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
GEN_AI_EVALUATION_NAME: Final = "gen_ai.evaluation.name"
"""What was judged."""
GEN_AI_EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
"""The judgement as a number."""
GEN_AI_EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
"""The judgement as a word."""
GEN_AI_EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"
"""Why."""
GEN_AI_PROMPT_NAME: Final = "gen_ai.prompt.name"
"""The prompt that was used."""
GEN_AI_PROMPT_VERSION: Final = "gen_ai.prompt.version"
"""Its version."""

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
TRACEHOUSE_TEXT: Final = "tracehouse.text"
"""The text of the step, as it was logged."""
TRACEHOUSE_TOOL_INPUT: Final = "tracehouse.tool.input"
"""The input of a tool call, as JSON."""
TRACEHOUSE_TOOL_RESULT: Final = "tracehouse.tool.result"
"""What a tool returned, as it was logged."""
TRACEHOUSE_OUTCOME: Final = "tracehouse.outcome"
"""How a conversation ended, in the judgement of whoever logged it."""
TRACEHOUSE_TASK_NAME: Final = "tracehouse.task.name"
"""What the conversation was about."""
TRACEHOUSE_METADATA: Final = "tracehouse.metadata"
"""What else was said of a conversation, as a JSON object."""

# Training runs
TRACEHOUSE_RUN_ID: Final = "tracehouse.run.id"
"""The run that a span, a log record or a metric point belongs to."""
TRACEHOUSE_STEP: Final = "tracehouse.step"
"""The training step. Any order; the last write of a (run, key, step) wins."""
TRACEHOUSE_RUN_NAME: Final = "tracehouse.run.name"
"""The run's name; need not be unique."""
TRACEHOUSE_RUN_CLIENT_ID: Final = "tracehouse.run.client_id"
"""The caller's own identifier of the run. The same one resumes the same run."""
TRACEHOUSE_RUN_STATUS: Final = "tracehouse.run.status"
"""The state of the run."""
TRACEHOUSE_RUN_CONFIG: Final = "tracehouse.run.config"
"""The run's configuration, as a JSON object."""
TRACEHOUSE_RUN_SUMMARY: Final = "tracehouse.run.summary"
"""Values set by hand as the run's result, as a JSON object."""
TRACEHOUSE_RUN_TAGS: Final = "tracehouse.run.tags"
"""The run's tags."""
TRACEHOUSE_RUN_NOTES: Final = "tracehouse.run.notes"
"""The run's description."""
TRACEHOUSE_RUN_GROUP: Final = "tracehouse.run.group"
"""The group of runs that this one belongs to."""
TRACEHOUSE_RUN_JOB_TYPE: Final = "tracehouse.run.job_type"
"""What the run does in its group."""
TRACEHOUSE_SWEEP_ID: Final = "tracehouse.sweep.id"
"""The sweep that chose the run's configuration."""
TRACEHOUSE_RUN_UPDATED: Final = "tracehouse.run.updated"
"""When this version of the run's span was made, in Unix nanoseconds. The latest counts."""
TRACEHOUSE_RUN_HEARTBEAT: Final = "tracehouse.run.heartbeat"
"""Seconds after which a living run is exported again."""
TRACEHOUSE_DATASET_NAME: Final = "tracehouse.dataset.name"
"""The dataset that the run used, as the Hugging Face Hub names it."""
TRACEHOUSE_DATASET_SPLIT: Final = "tracehouse.dataset.split"
"""The split of that dataset."""
TRACEHOUSE_MODEL_NAME: Final = "tracehouse.model.name"
"""The model repository that the run writes to, as the Hugging Face Hub names it."""
TRACEHOUSE_MODEL_REVISION: Final = "tracehouse.model.revision"
"""The revision of that repository."""

# What a run logs beside its scalars
TRACEHOUSE_KEY: Final = "tracehouse.key"
"""What the record is called inside its run."""
TRACEHOUSE_INDEX: Final = "tracehouse.index"
"""The place among records of one kind, key and step, from 0."""

# Cohorts
TRACEHOUSE_SUBJECT_ID: Final = "tracehouse.subject.id"
"""The subject (a person, an account, a task) that the work was done for."""
TRACEHOUSE_EXPERIMENT_NAME: Final = "tracehouse.experiment.name"
"""The experiment that a span or run takes part in."""
TRACEHOUSE_EXPERIMENT_VARIANT: Final = "tracehouse.experiment.variant"
"""The arm of the experiment."""

# Evaluations
TRACEHOUSE_DATASET_ITEM_ID: Final = "tracehouse.dataset.item.id"
"""The item that is tried."""
TRACEHOUSE_EVALUATION_RUN_NAME: Final = "tracehouse.evaluation.run.name"
"""The run over the dataset that this belongs to."""
TRACEHOUSE_EVALUATION_INPUT: Final = "tracehouse.evaluation.input"
"""What the task was given, as JSON."""
TRACEHOUSE_EVALUATION_OUTPUT: Final = "tracehouse.evaluation.output"
"""What the task returned, as JSON."""
TRACEHOUSE_EVALUATION_EXPECTED_OUTPUT: Final = "tracehouse.evaluation.expected_output"
"""What it should have returned, as JSON."""

# Scores
TRACEHOUSE_SCORE_ID: Final = "tracehouse.score.id"
"""The score's identity; the same again replaces it."""
TRACEHOUSE_SCORE_DATA_TYPE: Final = "tracehouse.score.data_type"
"""What kind of value it has."""
TRACEHOUSE_SCORE_SOURCE: Final = "tracehouse.score.source"
"""Where it comes from."""
TRACEHOUSE_SCORE_AUTHOR: Final = "tracehouse.score.author"
"""Who gave it."""
TRACEHOUSE_SCORE_METADATA: Final = "tracehouse.score.metadata"
"""A JSON object of what else is known of it."""
TRACEHOUSE_SCORE_DELETED: Final = "tracehouse.score.deleted"
"""Whether it was taken back."""


class SpanKind(StrEnum):
    """What the step is."""

    user_msg = "user_msg"
    assistant_msg = "assistant_msg"
    tool_use = "tool_use"
    tool_result = "tool_result"
    thinking = "thinking"
    attachment = "attachment"


class Outcome(StrEnum):
    """How a conversation ended, in the judgement of whoever logged it."""

    good = "good"
    bad = "bad"
    neutral = "neutral"


class RunStatus(StrEnum):
    """The state of the run."""

    running = "running"
    finished = "finished"
    failed = "failed"
    crashed = "crashed"
    killed = "killed"


class ScoreDataType(StrEnum):
    """What kind of value it has."""

    numeric = "numeric"
    boolean = "boolean"
    categorical = "categorical"
    text = "text"


class ScoreSource(StrEnum):
    """Where it comes from."""

    api = "api"
    annotation = "annotation"
    eval = "eval"
